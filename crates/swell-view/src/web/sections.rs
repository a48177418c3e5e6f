//! The pieces of the page: what steers the run, and the sections of the report.

use maud::{Markup, html};
use serde::Serialize;

use crate::html::{RunView, headline, sections, tiles};

/// Where a piece stands on the page. Its name is its element's id.
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

/// One piece of the page: what is replaced as a whole when it looks different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it stands.
    pub(super) place: Place,
    /// The id of its element.
    pub(super) id: String,
    /// What is in it.
    pub(super) html: String,
}

impl Piece {
    pub(super) fn new(place: Place, name: &str, html: Markup) -> Self {
        Self { place, id: format!("piece-{name}"), html: html.into_string() }
    }
}

/// How the run goes, the contents, and every section that has something to show.
pub(super) fn pieces(run: &RunView<'_>) -> Vec<Piece> {
    let sections = sections(run);
    let contents = html! {
        ul { @for section in &sections { li { a href={ "#" (section.id) } { (section.title) } } } }
    };
    let mut pieces = vec![
        Piece::new(Place::Head, "head", html! { (headline(run)) (tiles(run)) }),
        Piece::new(Place::Contents, "contents", contents),
    ];
    pieces.extend(sections.into_iter().map(|section| {
        let heading = format!("{}-heading", section.id);
        let html = html! {
            section id=(section.id) aria-labelledby=(heading) {
                h2 id=(heading) { (section.title) }
                (section.body)
            }
        };
        Piece::new(Place::Sections, section.id, html)
    }));
    pieces
}
