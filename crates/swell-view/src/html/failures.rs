//! What failed, with samples.

use maud::{Markup, html};
use swell_core::report::{FailureRow, FailureSample};

use super::Section;
use super::view::{Detail, RunView};
use crate::human::{count, length};

/// Kinds of failures shown while the run goes on.
const BRIEF_MAX: usize = 8;
/// Octets of what targets said that a page shows: with more, it would be too large to share.
const QUOTED_MAX: usize = 400_000;

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
        @let mut room = QUOTED_MAX;
        @for failure in run.failures.iter().take(shown) { (kind(failure, &mut room)) }
        @if run.failures.len() > shown {
            p .muted { "and " (run.failures.len() - shown) " more kinds" }
        }
    };
    Some(Section { id: "failures", title: "Failures", body })
}

fn kind(failure: &FailureRow, room: &mut usize) -> Markup {
    html! {
        h3 {
            span .bad { (count(failure.count)) " × " (failure.class) } " in " (failure.step)
            span .muted { ", first after " (length(failure.first_at_s)) }
        }
        @for row in failure.samples.iter().take(1) { (sample(row, room)) }
        @let others = failure.samples.len().saturating_sub(1) + usize::from(failure.last.is_some());
        @if others > 0 {
            details {
                summary { (others) " more " @if others == 1 { "sample" } @else { "samples" } }
                @for row in failure.samples.iter().skip(1) { (sample(row, room)) }
                @if let Some(last) = &failure.last {
                    p .muted { "The latest:" }
                    (sample(last, room))
                }
            }
        }
    }
}

fn sample(sample: &FailureSample, room: &mut usize) -> Markup {
    let detail = &sample.detail;
    let quoted = detail.body.as_ref().map(|body| html! { pre { (body) } });
    let length = quoted.as_ref().map_or(0, |quoted| quoted.0.len());
    let has_room = length <= *room;
    *room -= if has_room { length } else { 0 };
    html! {
        p .muted {
            "user " (sample.seq)
            @if let Some(status) = detail.status { " · status " (status) }
            @if let Some(operation) = &detail.operation_id { " · operation " code { (operation) } }
            @if let Some(tx) = &detail.tx { " · transaction " code { (tx) } }
            @if let Some(wallet) = &sample.wallet { " · wallet " code { (wallet) } }
        }
        @if has_room { @if let Some(quoted) = quoted { (quoted) } }
        @else { p .muted { "What came back is in report.json: there is no more room here." } }
    }
}
