//! What failed, with samples.

use maud::{Markup, html};
use swell_core::report::{FailureRow, FailureSample};

use super::Section;
use super::view::{Detail, RunView};
use crate::human::{count, length};

/// Kinds of failures shown while the run goes on.
const BRIEF_MAX: usize = 8;

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    if run.failures.is_empty() {
        return None;
    }
    let shown = match run.detail {
        Detail::Full => run.failures.len(),
        Detail::Brief => BRIEF_MAX,
    };
    let body = html! {
        p .muted { (count(run.failed)) " of " (count(run.started)) " users that started failed." }
        @for failure in run.failures.iter().take(shown) { (kind(failure)) }
        @if run.failures.len() > shown {
            p .muted { "and " (run.failures.len() - shown) " more kinds" }
        }
    };
    Some(Section { id: "failures", title: "Failures", body })
}

fn kind(failure: &FailureRow) -> Markup {
    html! {
        h3 {
            span .bad { (count(failure.count)) " × " (failure.class) } " in " (failure.step)
            span .muted { ", first after " (length(failure.first_at_s)) }
        }
        @for row in failure.samples.iter().take(1) { (sample(row)) }
        @let others = failure.samples.len().saturating_sub(1) + usize::from(failure.last.is_some());
        @if others > 0 {
            details {
                summary { (others) " more " @if others == 1 { "sample" } @else { "samples" } }
                @for row in failure.samples.iter().skip(1) { (sample(row)) }
                @if let Some(last) = &failure.last {
                    p .muted { "The latest:" }
                    (sample(last))
                }
            }
        }
    }
}

fn sample(sample: &FailureSample) -> Markup {
    let detail = &sample.detail;
    html! {
        p .muted {
            "user " (sample.seq)
            @if let Some(status) = detail.status { " · status " (status) }
            @if let Some(operation) = &detail.operation_id { " · operation " code { (operation) } }
            @if let Some(tx) = &detail.tx { " · transaction " code { (tx) } }
            @if let Some(wallet) = &sample.wallet { " · wallet " code { (wallet) } }
        }
        @if let Some(body) = &detail.body { pre { (body) } }
    }
}
