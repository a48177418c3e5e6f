//! Everybody who watches a run besides the terminal: pages, metrics, traces, files.
//!
//! A view never holds the run up. What one cannot open or deliver is warned of once, counted, and told
//! in the report's notes.

pub mod files;
mod page;

use std::path::PathBuf;
use std::sync::Arc;

use swell_core::command::Command;
use swell_core::report::Report;
use swell_core::snapshot::Snapshot;
use swell_view::Losses;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::page::Page;
use crate::config::Settings;
use crate::config::print::print_config;
use crate::terminal;

/// What views are given to watch and to steer.
#[derive(Clone, Debug)]
pub struct Stage {
    /// A snapshot a second; `None` before the first.
    pub snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    /// Where wishes go.
    pub commands: mpsc::Sender<Command>,
    /// The run's folder.
    pub folder: PathBuf,
    /// Cancelled when the run is over and its report is made.
    pub over: CancellationToken,
    /// Where tasks of views run; they end once the run is over.
    pub tasks: TaskTracker,
    /// What could not be delivered.
    pub losses: Arc<Losses>,
}

/// The views of one run.
#[derive(Debug)]
pub struct Views {
    stage: Stage,
    page: Option<Page>,
}

impl Views {
    /// Opens every view that `settings` ask for.
    pub fn open(
        settings: &Settings,
        snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
        commands: mpsc::Sender<Command>,
        folder: PathBuf,
    ) -> Self {
        let losses = Losses::new(|words| terminal::complain(&format!("warning: {words}\n")));
        let stage = Stage {
            snapshots,
            commands,
            folder,
            over: CancellationToken::new(),
            tasks: TaskTracker::new(),
            losses: Arc::new(losses),
        };
        let page = settings
            .views
            .web
            .and_then(|address| Page::open(address, &print_config(settings), &stage));
        Self { stage, page }
    }

    /// What views hold on to.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Lets every view deliver what it holds, and notes in `report` what was lost.
    pub async fn close(self, report: &mut Report) {
        self.stage.over.cancel();
        self.stage.tasks.close();
        self.stage.tasks.wait().await;
        report.notes.extend(self.stage.losses.notes());
        // Last: the page shows the report as it will be read.
        if let Some(page) = self.page {
            page.end(report).await;
        }
    }
}
