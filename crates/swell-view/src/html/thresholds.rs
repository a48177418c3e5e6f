//! Every threshold with its number, and what was known before the run to limit it.

use maud::{Markup, html};
use swell_core::report::{Ceiling, ThresholdResult};

use super::Section;
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
                    thead { tr { th scope="col" { "threshold" } th scope="col" { "measured" } th scope="col" { "limit" } th scope="col" { } } }
                    tbody { @for threshold in run.thresholds { (row(threshold)) } }
                }
            }
        }
        @if !ceilings.is_empty() { h3 { "Ceilings known before the run" } (table_of(ceilings)) }
    };
    Some(Section { id: "thresholds", title: "Thresholds", body })
}

fn row(threshold: &ThresholdResult) -> Markup {
    let measured = threshold.value.map_or_else(|| "–".into(), |value| measure(threshold, value));
    html! {
        tr {
            th scope="row" {
                (threshold.expr)
                @if let Some(note) = &threshold.note { br; small { (note) } }
            }
            td { (measured) }
            td { (measure(threshold, threshold.limit)) }
            td { @if threshold.pass { span .good { "✓ met" } } @else { span .bad { "✗ missed" } } }
        }
    }
}

fn measure(threshold: &ThresholdResult, value: f64) -> String {
    let unit = threshold.unit.as_str();
    let gap = if unit.is_empty() || unit.starts_with(['/', '%']) { "" } else { " " };
    format!("{}{gap}{unit}", number(value))
}

fn table_of(ceilings: &[Ceiling]) -> Markup {
    html! {
        div .scroll tabindex="0" {
            table {
                thead { tr { th scope="col" { "ceiling" } th scope="col" { "allows" } th scope="col" { "asked" } th scope="col" { } } }
                tbody {
                    @for ceiling in ceilings {
                        tr {
                            th scope="row" {
                                (ceiling.what)
                                br;
                                small { (ceiling.because) @if let Some(advice) = &ceiling.advice { "; " (advice) } }
                            }
                            td { (format!("{:.1} {}", ceiling.allows, ceiling.unit)) }
                            td { (format!("{:.1}", ceiling.asked)) }
                            td { @if ceiling.fits { span .good { "✓ fits" } } @else { span .bad { "✗ too much" } } }
                        }
                    }
                }
            }
        }
    }
}
