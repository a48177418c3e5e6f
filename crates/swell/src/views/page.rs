//! The page of a run, while it goes on.

use std::sync::Arc;
use std::time::Duration;

use swell_core::report::Report;
use swell_view::web::{LiveRun, Shows, Site, Viewers, serve};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Stage;
use crate::config::view::ListenAddress;
use crate::connection::sentence;
use crate::page::{Doorway, TOKEN_VARIABLE};
use crate::terminal;

/// What cannot be served is lost under this name.
const VIEW: &str = "page";

/// How long the end waits for browsers to fetch the report.
const FAREWELL: Duration = Duration::from_secs(3);

/// The page of a run, while it goes on. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Page {
    report: watch::Sender<Option<Arc<Report>>>,
    viewers: Viewers,
    stop: CancellationToken,
}

impl Page {
    /// Serves it, and says where. An address that is not to be had is a loss.
    pub(super) fn open(address: ListenAddress, configuration: &str, stage: &Stage) -> Option<Self> {
        let token = std::env::var(TOKEN_VARIABLE).ok();
        let Doorway { listener, guard, url, warnings } = Doorway::open(address.0, token.as_deref())
            .map_err(|error| stage.losses.lost(VIEW, 1, "address", &sentence(&error)))
            .ok()?;
        terminal::complain(&format!("page: {url}\n"));
        for warning in warnings {
            terminal::complain(&format!("warning: {warning}\n"));
        }
        let (report, reports) = watch::channel(None);
        let viewers = Viewers::default();
        let run = LiveRun {
            snapshots: stage.snapshots.clone(),
            report: reports,
            configuration: configuration.into(),
            commands: stage.commands.clone(),
            viewers: viewers.clone(),
        };
        let site = Site { guard, shows: Shows::Run(Box::new(run)) };
        let stop = CancellationToken::new();
        // Not one of the stage's tasks: those end before the report is whole, and this shows it.
        tokio::spawn(serve(listener, site, stop.clone()));
        Some(Self { report, viewers, stop })
    }

    /// Shows `report` to everybody who watches, and waits a little until they have it.
    pub(super) async fn end(self, report: &Report) {
        self.report.send_replace(Some(Arc::new(report.clone())));
        self.viewers.all_gone(FAREWELL).await;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
