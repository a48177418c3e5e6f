//! What held the run back, and what to know before trusting a number.

use maud::{Markup, html};

use super::Section;
use super::view::{RunState, RunView};
use crate::human::{count, money};

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    if !run.is_over() && run.diagnosis.is_empty() {
        return None;
    }
    let body = html! {
        @if run.diagnosis.is_empty() {
            p { "Nothing held the run back." }
        }
        @for finding in run.diagnosis {
            div .finding {
                p { strong { (finding.what) } ": " (sentence(&finding.evidence)) }
                p { "To change it: " (sentence(&finding.advice)) }
            }
        }
    };
    Some(Section { id: "diagnosis", title: "What held the run back", body })
}

/// `text` with one full stop, what stands between backticks as code.
fn sentence(text: &str) -> Markup {
    html! {
        @for (at, piece) in text.trim_end_matches('.').split('`').enumerate() {
            @if at % 2 == 1 { code { (piece) } } @else { (piece) }
        }
        "."
    }
}

pub(super) fn notes(run: &RunView<'_>) -> Option<Section> {
    let resumed = match run.state {
        RunState::Over { resumed, .. } => resumed,
        RunState::Going { .. } => None,
    };
    if run.notes.is_empty() && resumed.is_none() && !run.virtual_time {
        return None;
    }
    let says_virtual = run.notes.iter().any(|note| note.contains("virtual"));
    let body = html! {
        ul .notes {
            @if run.virtual_time && !says_virtual {
                li { "Time was virtual: latencies are those of the sandbox's model." }
            }
            @for note in run.notes { li { (note) } }
            @if let Some(resumed) = resumed {
                li {
                    "This is part " (resumed.part) " of a run. " (count(resumed.arrivals_before))
                    " arrivals came in earlier parts and are in no number here; "
                    (money(resumed.swept_wei)) " came home from them, for " (money(resumed.fees_wei)) " of fees."
                    @if let Some(earlier) = &resumed.earlier_report {
                        " The part before it has a report of its own: " code { (earlier) } "."
                    }
                }
            }
        }
    };
    Some(Section { id: "notes", title: "Before you trust a number", body })
}
