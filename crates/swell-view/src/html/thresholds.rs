//! Every threshold with its number, and what was known before the run to limit it.

use maud::{Markup, html};
use swell_core::report::{Ceiling, ThresholdResult};

use super::Section;
use super::parts::facts;
use super::view::RunView;
use crate::human::{measure, number};

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    let ceilings = run.report.map_or(&[][..], |report| &report.ceilings);
    // In virtual time reports do not have what differs from host to host.
    let is_apart = run.virtual_time && run.report.is_some();
    if run.thresholds.is_empty() && ceilings.is_empty() && !is_apart {
        return None;
    }
    let body = html! {
        @if !run.thresholds.is_empty() {
            div .scroll tabindex="0" {
                table {
                    thead { tr { th scope="col" { "threshold" } th scope="col" { "measured" } th scope="col" { "limit" } } }
                    tbody { @for threshold in run.thresholds { (row(threshold, run.report.is_none())) } }
                }
            }
        }
        @if is_apart {
            p .muted {
                "The run was virtual: thresholds on the host, such as Swell's own memory, are in host.json, "
                "and the verdict counts them too."
            }
        }
        @if !ceilings.is_empty() { h3 { "Ceilings known before the run" } (told(ceilings)) }
    };
    Some(Section { id: "thresholds", title: "Thresholds", body })
}

/// While the run goes on, what was not measured may still be.
fn row(threshold: &ThresholdResult, is_live: bool) -> Markup {
    let unit = &threshold.unit;
    let measured = threshold.value.map_or_else(|| "–".into(), |value| measure(value, unit));
    html! {
        tr {
            th scope="row" {
                @if is_live && threshold.value.is_none() { span .muted { "? not known yet" } }
                @else if threshold.pass { span .good { "✓ met" } }
                @else { span .bad { "✗ missed" } }
                " " (threshold.expr)
                @if let Some(note) = &threshold.note { br; small { (note) } }
            }
            td { (measured) }
            td { (measure(threshold.limit, unit)) }
        }
    }
}

fn told<'a>(ceilings: &'a [Ceiling]) -> Markup {
    let row = |ceiling: &'a Ceiling| {
        let words = html! {
            @if ceiling.fits { span .good { "✓ fits" } } @else { span .bad { "✗ too much" } }
            " " (number(ceiling.asked)) " asked, " (number(ceiling.allows)) " " (ceiling.unit) " allowed"
            br;
            small .muted {
                (ceiling.because) @if let Some(advice) = &ceiling.advice { "; " (advice) }
            }
        };
        (ceiling.what.as_str(), words)
    };
    facts(ceilings.iter().map(row).collect())
}
