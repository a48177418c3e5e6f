//! Pages about a run: the sections that the report and the live page share, and the report itself.
//!
//! Every section is drawn from a [`RunView`], which both a finished run and one that goes on can be
//! seen as. All text of a run is escaped; nothing here is a script.

mod configuration;
mod diagnosis;
mod document;
mod endpoints;
mod failures;
mod finance;
mod latencies;
mod parts;
mod steps;
mod swell;
mod thresholds;
mod timeline;
mod verdict;
mod view;

#[cfg(test)]
mod tests;

use maud::Markup;

pub use document::{report_html, style_hash};
pub use view::{Detail, RunState, RunView, StepView};

/// One section of a page.
#[derive(Clone, Debug)]
pub struct Section {
    /// Where links to it lead; unique on the page.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Everything below the heading.
    pub body: Markup,
}

/// The sections of a page about `run`, in order. What has nothing to show is left out.
#[must_use]
pub fn sections(run: &RunView<'_>) -> Vec<Section> {
    let all = [
        diagnosis::section(run),
        diagnosis::notes(run),
        timeline::section(run),
        latencies::section(run),
        steps::section(run),
        failures::section(run),
        endpoints::section(run),
        finance::section(run),
        thresholds::section(run),
        swell::section(run),
        configuration::section(run),
    ];
    all.into_iter().flatten().collect()
}

pub use verdict::{headline, tiles};
