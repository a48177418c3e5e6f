//! The page: the picture of a run in a browser, live over server-sent events.
//!
//! ```text
//! GET  /           the page, with the picture as it stands; reads without a script too
//! GET  /style.css  /swell.js  /login.js
//! GET  /events     a picture a second, and the last one when the run is over
//! POST /command    steers the run: {"action": "pause"}, with the page's token and from the page alone
//! GET  /report     the report as a file, once the run is over
//! GET  /login      POST /login   where the page is served to others than this machine
//! ```

mod attempts;
mod controls;
mod events;
mod guard;
mod headers;
mod picture;
mod secret;
mod sections;
mod server;
mod shell;
mod viewers;

pub use guard::Guard;
pub use picture::Picture;
pub use secret::Secret;
pub use server::serve;
pub use viewers::Viewers;

use std::sync::Arc;

use swell_core::command::Command;
use swell_core::report::Report;
use swell_core::snapshot::Snapshot;
use tokio::sync::{mpsc, watch};

/// A page, and who may see it.
#[derive(Debug)]
pub struct Site {
    /// Who may see it.
    pub guard: Guard,
    /// What it shows.
    pub shows: Shows,
}

/// What a page shows.
#[derive(Debug)]
pub enum Shows {
    /// A run that goes on.
    Run(Box<LiveRun>),
    /// A run that has ended.
    Report {
        /// Its report.
        report: Box<Report>,
        /// The resolved configuration, as a run file, if it is there.
        configuration: Option<String>,
    },
}

/// A run that goes on, as the page sees it.
#[derive(Debug)]
pub struct LiveRun {
    /// A snapshot a second; `None` before the first.
    pub snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    /// The report, once the run is over.
    pub report: watch::Receiver<Option<Arc<Report>>>,
    /// The resolved configuration, as a run file.
    pub configuration: Arc<str>,
    /// Where wishes go.
    pub commands: mpsc::Sender<Command>,
    /// Who watches.
    pub viewers: Viewers,
}
