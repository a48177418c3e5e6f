//! Everybody who watches a run besides the terminal: pages, metrics, traces, files.
//!
//! A view never holds the run up. What one cannot open or deliver is warned of once, counted, and told
//! in the report's notes.

mod events;
pub mod files;
mod metrics;
mod otlp_client;
mod page;
mod push;
mod traces;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use swell_core::command::Command;
use swell_core::report::Report;
use swell_core::snapshot::Snapshot;
use swell_core::time::RunOffset;
use swell_engine::{EventSink, Listener, Wants};
use swell_net::clock::RunClock;
use swell_view::{EventFile, FileLimits, Losses};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::otlp_client::OtlpClient;
use self::page::Page;
use crate::config::Settings;
use crate::config::print::print_config;
use crate::interrupts::Interrupts;
use crate::redact::redact;
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
    /// The run's clock.
    pub clock: RunClock,
    /// Cancelled when the run is over and its report is made.
    pub over: CancellationToken,
    /// Cancelled a while after that: what is not delivered now is lost.
    pub late: CancellationToken,
    /// Where tasks of views run; they end once the run is over.
    pub tasks: TaskTracker,
    /// The run's id.
    pub run: String,
    /// What could not be delivered.
    pub losses: Arc<Losses>,
}

/// The views of one run.
#[derive(Debug)]
pub struct Views {
    stage: Stage,
    events: EventSink,
    page: Option<Page>,
}

impl Views {
    /// Opens every view that `settings` ask for, of the run called `run`.
    pub fn open(
        settings: &Settings,
        snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
        commands: mpsc::Sender<Command>,
        folder: PathBuf,
        clock: RunClock,
        run: String,
    ) -> Self {
        let losses = Losses::new(|words| terminal::complain(&format!("warning: {words}\n")));
        let stage = Stage {
            snapshots,
            commands,
            folder,
            clock,
            over: CancellationToken::new(),
            late: CancellationToken::new(),
            tasks: TaskTracker::new(),
            run,
            losses: Arc::new(losses),
        };
        let views = &settings.views;
        if let Some(address) = views.metrics {
            metrics::open(address, &stage);
        }
        if let Some(url) = &views.remote_write {
            push::open_remote_write(url, views.remote_write_authorization.as_ref(), &stage);
        }
        if let Some(url) = &views.otlp {
            push::open_otlp(url, views.otlp_authorization.as_ref(), &stage);
        }
        let events = EventSink::new(listeners(settings, &stage));
        let configuration = print_config(settings);
        let page =
            views.web.and_then(|address| Page::open(address, &redact(&configuration), &stage));
        Self { stage, events, page }
    }

    /// Where the run tells what happens. Once it is given away, its end is the run's.
    pub fn take_events(&mut self) -> EventSink {
        std::mem::take(&mut self.events)
    }

    /// What views hold on to.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Lets every view deliver what it holds, for a few seconds or until somebody interrupts, and notes
    /// in `report` what was lost.
    pub async fn close(self, report: &mut Report, interrupts: &mut Interrupts) {
        let Stage { over, late, tasks, clock, .. } = &self.stage;
        over.cancel();
        tasks.close();
        let is_late = async {
            // Virtual time moves on as soon as everybody waits, which is no measure of a view.
            if clock.is_virtual() {
                std::future::pending::<()>().await;
            }
            clock.sleep(END_MAX).await;
        };
        let mut is_cut = false;
        tokio::select! {
            biased;
            () = tasks.wait() => {}
            () = interrupts.next() => is_cut = true,
            () = is_late => {}
        }
        // From here they only count what they still hold.
        late.cancel();
        tasks.wait().await;
        report.notes.extend(self.stage.losses.notes());
        // Last: the page shows the report as it will be read.
        if let Some(page) = self.page {
            let interrupted = async {
                if !is_cut {
                    interrupts.next().await;
                }
            };
            tokio::select! {
                biased;
                () = page.end(report) => {}
                () = interrupted => {}
            }
        }
    }
}

/// How long views may deliver what they hold once the run is over, all of them together.
const END_MAX: Duration = Duration::from_secs(5);
/// Why that is lost which they could not.
const TOO_LATE: &str = "there was no answer within the time that the end gives";

/// Events that may wait for a view: two seconds' worth of a fast run, and a burst of everybody's.
const EVENTS_ROOM: usize = 16_384;

/// Opens the views that live on events.
fn listeners(settings: &Settings, stage: &Stage) -> Vec<Listener> {
    let views = &settings.views;
    let room = EVENTS_ROOM + 2 * settings.plan.limits.in_flight_max.get() as usize;
    let mut listeners = Vec::new();
    if let Some(path) = &views.events {
        let (listener, stream) = Listener::new(Wants::All, room);
        listeners.push(listener);
        let clock = &stage.clock;
        let began = (!clock.is_virtual()).then(|| clock.unix_at(RunOffset::ZERO).as_secs_f64());
        let file = EventFile::new(path.clone(), FileLimits::default(), stage.run.as_str(), began);
        stage.tasks.spawn(events::write(stream, file, stage.clone()));
    }
    if let Some(url) = views.otlp.as_ref().filter(|_| views.traces.0 > 0.0) {
        let (listener, stream) = Listener::new(Wants::Traced, room);
        listeners.push(listener);
        let authorization = views.otlp_authorization.clone();
        let clock = stage.clock.clone();
        let client = OtlpClient::new(&url.0, traces::PATH, authorization, clock);
        stage.tasks.spawn(traces::send(stream, client, stage.clone()));
    }
    listeners
}
