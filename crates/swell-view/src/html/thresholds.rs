//! Every threshold with its number, and what was known before the run to limit it.

use maud::{Markup, html};
use swell_core::report::{Ceiling, ThresholdResult};

use super::Section;
use super::parts::facts;
use super::view::RunView;
use crate::human::number;

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    let ceilings = run.report.map_or(&[][..], |report| &report.ceilings);
    if run.thresholds.is_empty() && ceilings.is_empty() {
        return None;
    }
    let body = html! {
        @if !run.thresholds.is_empty() {
            div .scroll tabindex="0" {
                table {
                    thead { tr { th scope="col" { "threshold" } th scope="col" { "measured" } th scope="col" { "limit" } } }
                    tbody { @for threshold in run.thresholds { (row(threshold)) } }
                }
            }
        }
        @if !ceilings.is_empty() { h3 { "Ceilings known before the run" } (told(ceilings)) }
    };
    Some(Section { id: "thresholds", title: "Thresholds", body })
}

fn row(threshold: &ThresholdResult) -> Markup {
    let measured = threshold.value.map_or_else(|| "–".into(), |value| measure(threshold, value));
    html! {
        tr {
            th scope="row" {
                @if threshold.pass { span .good { "✓ met" } } @else { span .bad { "✗ missed" } }
                " " (threshold.expr)
                @if let Some(note) = &threshold.note { br; small { (note) } }
            }
            td { (measured) }
            td { (measure(threshold, threshold.limit)) }
        }
    }
}

fn measure(threshold: &ThresholdResult, value: f64) -> String {
    let unit = threshold.unit.as_str();
    let gap = if unit.is_empty() || unit.starts_with(['/', '%']) { "" } else { " " };
    format!("{}{gap}{unit}", number(value))
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
