//! What a page that stays open hears: a picture a second, and the last one.
//!
//! A browser that reads slowly misses pictures and never a change: what it is sent next is compared with
//! what it was sent last.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use swell_core::report::Report;
use swell_core::snapshot::Snapshot;
use tokio::sync::watch;

use super::LiveRun;
use super::picture::{Easel, Picture};
use super::viewers::Viewer;

/// A picture a second.
const PICTURE: &str = "picture";
/// The last picture: the run is over.
const OVER: &str = "over";

struct Watching {
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    report: watch::Receiver<Option<Arc<Report>>>,
    configuration: Arc<str>,
    easel: Arc<Easel>,
    sent: Option<Arc<Picture>>,
    _viewer: Viewer,
}

/// What happens next.
enum Next {
    Snapshot(Arc<Snapshot>),
    Over(Arc<Report>),
    /// The run ended without a report.
    Nothing,
}

/// The events for one who watches. After the last the stream stays open until the browser leaves: it may
/// fetch the report first.
pub(super) fn events(
    run: &LiveRun,
    easel: Arc<Easel>,
    viewer: Viewer,
) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<> {
    let mut snapshots = run.snapshots.clone();
    // The latest is news to this one.
    snapshots.mark_changed();
    let report = run.report.clone();
    let configuration = Arc::clone(&run.configuration);
    let watching =
        Watching { snapshots, report, configuration, easel, sent: None, _viewer: viewer };
    stream::unfold(watching, |mut watching| async move {
        let event = watching.next_event().await?;
        Some((Ok(event), watching))
    })
}

impl Watching {
    async fn next_event(&mut self) -> Option<Event> {
        let (name, picture) = match self.next().await {
            Next::Snapshot(snapshot) => (PICTURE, self.easel.paint(&snapshot)),
            Next::Over(report) => {
                (OVER, Arc::new(Picture::of_report(&report, Some(&self.configuration))))
            }
            Next::Nothing => return None,
        };
        // A picture holds nothing that JSON cannot say.
        let event = Event::default().event(name).json_data(picture.since(self.sent.as_deref()));
        self.sent = Some(picture);
        event.ok()
    }

    async fn next(&mut self) -> Next {
        if self.sent.as_ref().is_some_and(|picture| picture.is_over()) {
            return std::future::pending().await;
        }
        loop {
            let report = self.report.borrow_and_update().clone();
            if let Some(report) = report {
                return Next::Over(report);
            }
            let changed = tokio::select! {
                biased;
                changed = self.report.changed() => match changed {
                    Ok(()) => continue,
                    Err(_gone) => return Next::Nothing,
                },
                // Between the last snapshot and the report there is nothing to see.
                changed = changed_or_never(&mut self.snapshots) => changed,
            };
            if let Some(snapshot) = changed {
                return Next::Snapshot(snapshot);
            }
        }
    }
}

async fn changed_or_never(
    snapshots: &mut watch::Receiver<Option<Arc<Snapshot>>>,
) -> Option<Arc<Snapshot>> {
    match snapshots.changed().await {
        Ok(()) => snapshots.borrow_and_update().clone(),
        Err(_ended) => std::future::pending().await,
    }
}
