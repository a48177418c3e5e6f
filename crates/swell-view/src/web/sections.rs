//! The parts of the page: what steers the run, and the sections of the report.

use maud::{Markup, html};
use serde::Serialize;

use crate::html::{RunView, headline, sections, tiles};

/// Where a part stands on the page. Its name is its element's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Place {
    /// At the top: what steers the run.
    Steer,
    /// Below it: how it goes, and the numbers to know first.
    Head,
    /// Beside the sections: where they are.
    Contents,
    /// The sections.
    Sections,
}

/// One part of the page: what is replaced as a whole when it looks different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Where it stands.
    pub(super) place: Place,
    /// The id of its element.
    pub(super) id: String,
    /// What is in it.
    pub(super) html: String,
}

impl Part {
    pub(super) fn new(place: Place, name: &str, html: Markup) -> Self {
        Self { place, id: format!("part-{name}"), html: html.into_string() }
    }
}

/// How the run goes, the contents, and every section that has something to show.
pub(super) fn parts(run: &RunView<'_>) -> Vec<Part> {
    let sections = sections(run);
    let contents = html! {
        ul { @for section in &sections { li { a href={ "#" (section.id) } { (section.title) } } } }
    };
    let mut parts = vec![
        Part::new(Place::Head, "head", html! { (headline(run)) (tiles(run)) }),
        Part::new(Place::Contents, "contents", contents),
    ];
    parts.extend(sections.into_iter().map(|section| {
        let heading = format!("{}-heading", section.id);
        let html = html! {
            section id=(section.id) aria-labelledby=(heading) {
                h2 id=(heading) { (section.title) }
                (section.body)
            }
        };
        Part::new(Place::Sections, section.id, html)
    }));
    parts
}
