//! What the page shows at one moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use swell_core::report::{Report, VerdictOutcome};
use swell_core::snapshot::{Phase, Snapshot};

use super::controls;
use super::sections::{self, Piece, Place};
use crate::html::RunView;

/// What the page shows at one moment.
#[derive(Clone, Debug)]
pub struct Picture {
    title: String,
    pieces: Vec<Piece>,
    is_over: bool,
}

/// What has to be told of a picture to somebody who has seen an earlier one.
#[derive(Debug, Serialize)]
pub(super) struct Changes<'a> {
    title: &'a str,
    /// The ids of all pieces, in order, by place.
    order: BTreeMap<Place, Vec<&'a str>>,
    /// Those that look different, by id.
    pieces: BTreeMap<&'a str, &'a str>,
}

impl Picture {
    /// Of a run that goes on; `None` is one that has not begun.
    #[must_use]
    pub fn of_run(snapshot: Option<&Snapshot>) -> Self {
        let Some(snapshot) = snapshot else {
            let pieces = vec![controls::before()];
            return Self { title: "The run begins · Swell".into(), pieces, is_over: false };
        };
        let mut pieces = vec![controls::of_run(snapshot)];
        pieces.extend(sections::pieces(&RunView::from(snapshot)));
        Self { title: title(snapshot), pieces, is_over: false }
    }

    /// Of a run that has ended. `configuration` is the resolved one, as a run file.
    #[must_use]
    pub fn of_report(report: &Report, configuration: Option<&str>) -> Self {
        let mut pieces = vec![controls::of_report(report)];
        let run = RunView { configuration, ..RunView::from(report) };
        pieces.extend(sections::pieces(&run));
        let title = format!("{} · run {} · Swell", outcome(report.verdict.outcome), report.run.id);
        Self { title, pieces, is_over: true }
    }

    /// The page's title.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Its pieces at `place`, in order.
    pub(super) fn at(&self, place: Place) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| piece.place == place)
    }

    /// Whether the run is over in it.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// What is different from `earlier`.
    pub(super) fn since<'a>(&'a self, earlier: Option<&Self>) -> Changes<'a> {
        let was_there =
            |piece: &Piece| earlier.is_some_and(|earlier| earlier.pieces.contains(piece));
        let mut changes =
            Changes { title: &self.title, order: BTreeMap::new(), pieces: BTreeMap::new() };
        for piece in &self.pieces {
            changes.order.entry(piece.place).or_default().push(&piece.id);
            if !was_there(piece) {
                changes.pieces.insert(&piece.id, &piece.html);
            }
        }
        changes
    }
}

/// The share of the arrivals that are done stands first: a tab shows little more.
fn title(snapshot: &Snapshot) -> String {
    let where_it_is = match snapshot.phase {
        Phase::Load if snapshot.paused => "paused".to_owned(),
        Phase::Load => format!("{:.0} %", controls::done_percent(snapshot)),
        phase => phase.label().to_owned(),
    };
    format!("{where_it_is} · run {} · Swell", snapshot.run.id)
}

const fn outcome(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Passed => "passed",
        VerdictOutcome::Failed => "failed",
        VerdictOutcome::Inconclusive => "inconclusive",
        VerdictOutcome::Stopped => "stopped",
    }
}

/// The latest picture, painted once however many watch.
#[derive(Debug, Default)]
pub(super) struct Easel(Mutex<Option<(Arc<Snapshot>, Arc<Picture>)>>);

impl Easel {
    /// The picture of `snapshot`.
    pub(super) fn paint(&self, snapshot: &Arc<Snapshot>) -> Arc<Picture> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, picture)) = &*latest
            && Arc::ptr_eq(of, snapshot)
        {
            return Arc::clone(picture);
        }
        let picture = Arc::new(Picture::of_run(Some(snapshot)));
        *latest = Some((Arc::clone(snapshot), Arc::clone(&picture)));
        picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn only_what_looks_different_is_told() {
        let mut snapshot = sample::snapshot();
        let earlier = Picture::of_run(Some(&snapshot));
        let all = earlier.since(None);
        assert_eq!(all.order.values().flatten().count(), all.pieces.len());
        assert!(earlier.since(Some(&earlier)).pieces.is_empty());
        snapshot.paused = true;
        let later = Picture::of_run(Some(&snapshot));
        let changed = later.since(Some(&earlier));
        assert!(changed.pieces.contains_key("piece-controls"), "{changed:?}");
        assert!(changed.pieces.len() < all.pieces.len(), "{changed:?}");
    }

    #[test]
    fn the_title_says_how_far_the_run_is() {
        let mut snapshot = sample::snapshot();
        (snapshot.planned, snapshot.due) = (1_000.0, 420);
        let title = |snapshot: &Snapshot| Picture::of_run(Some(snapshot)).title;
        assert!(title(&snapshot).starts_with("42 % · run "), "{}", title(&snapshot));
        snapshot.paused = true;
        assert!(title(&snapshot).starts_with("paused · "));
        snapshot.phase = Phase::Sweep;
        assert!(title(&snapshot).starts_with("sweep · "));
        assert!(Picture::of_report(&sample::report(), None).title.starts_with("failed · "));
    }

    #[test]
    fn a_picture_is_painted_once() {
        let easel = Easel::default();
        let snapshot = Arc::new(sample::snapshot());
        let first = easel.paint(&snapshot);
        assert!(Arc::ptr_eq(&first, &easel.paint(&snapshot)));
        let next = Arc::new(sample::snapshot());
        assert!(!Arc::ptr_eq(&first, &easel.paint(&next)));
    }
}
