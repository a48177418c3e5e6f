//! The report as one file that needs nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, PreEscaped, html};
use sha2::{Digest, Sha256};
use swell_core::report::{Report, VerdictOutcome};

use super::view::RunView;
use super::{headline, sections, tiles};
use crate::charts::STYLE;

/// The report as one HTML file without scripts and without anything to load. `configuration` is the
/// resolved one, as a run file.
#[must_use]
pub fn report_html(report: &Report, configuration: Option<&str>) -> String {
    let run = RunView { configuration, ..RunView::from(report) };
    let sections = sections(&run);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (outcome(report.verdict.outcome)) ": " (run.journey) " on " (run.target) ", run " (run.id) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                div .page {
                    header {
                        (headline(&run))
                        (tiles(&run))
                    }
                    nav .contents aria-label="Contents" {
                        ul { @for section in &sections { li { a href=(format!("#{}", section.id)) { (section.title) } } } }
                    }
                    main {
                        @for section in &sections {
                            section id=(section.id) aria-labelledby=(format!("{}-heading", section.id)) {
                                h2 id=(format!("{}-heading", section.id)) { (section.title) }
                                (section.body)
                            }
                        }
                    }
                    footer { "Written by swell " (run.version) ". The same numbers for machines are in report.json." }
                }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

const fn outcome(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Passed => "Passed",
        VerdictOutcome::Failed => "Failed",
        VerdictOutcome::Inconclusive => "Inconclusive",
        VerdictOutcome::Stopped => "Stopped",
    }
}

/// What a browser may do with the page: show it, in this style alone.
fn policy() -> String {
    let style = style_hash();
    format!(
        "default-src 'none'; style-src '{style}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

/// The hash of [`STYLE`] as a Content-Security-Policy names it: `sha256-…`.
#[must_use]
pub fn style_hash() -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(STYLE)))
}
