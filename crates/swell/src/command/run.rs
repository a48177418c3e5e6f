//! `swell run`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use swell_core::diagnosis::{diagnose, distrust};
use swell_core::report::Report;
use swell_core::seed::Seed;
use swell_core::snapshot::Snapshot;
use swell_core::target::{KeyRef, Target};
use swell_core::trace::TraceSampler;
use swell_engine::{RunError, RunHandles, RunSetup, SetupFacts};
use swell_journeys::AnyJourney;
use swell_net::clock::RunClock;
use swell_net::resources::ResourceMeter;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

use super::place::{Begun, Place};
use super::stops::Stops;
use crate::check::money::may_be_real;
use crate::config::{Layer, Settings};
use crate::connection::{Connection, ConnectionError, compute, sentence};
use crate::exit::Exit;
use crate::interrupts::Interrupts;
use crate::live::{Live, resumed_sentence};
use crate::resume::{Earlier, ResumeRefusal};
use crate::store::{RunStore, StoreError};
use crate::terminal_ui::TerminalUi;
use crate::views::{self, Views};
use crate::{check, consent, results, terminal};

/// Threads that run journeys.
const WORKERS: usize = 2;

/// How long the end waits for what a disk holds up.
const HANGING_MAX: Duration = Duration::from_secs(1);

/// Wishes that may wait for the run: it takes each at once.
const COMMANDS_MAX: usize = 16;

/// Runs the load test that `settings` describe.
#[must_use]
pub fn run(settings: Settings) -> Exit {
    let _all_told = terminal::Unhurried;
    told(begin(settings, None))
}

/// Goes on with the run called `id`; `options` are those given.
#[must_use]
pub fn resume(id: &str, options: &Layer) -> Exit {
    let _all_told = terminal::Unhurried;
    let found = RunStore::open(|name| std::env::var(name).ok())
        .map_err(Refusal::from)
        .and_then(|store| Ok(Earlier::find(&store, id, options)?));
    told(found.and_then(|(earlier, settings)| begin(settings, Some(earlier))))
}

fn begin(settings: Settings, earlier: Option<Earlier>) -> Result<Exit, Refusal> {
    let runtime =
        runtime(settings.virtual_time).map_err(|error| Refusal::new(Exit::Failed, &error))?;
    let finished = runtime.block_on(perform(settings, earlier));
    // What hangs on a disk now must not keep the program from ending.
    runtime.shutdown_timeout(HANGING_MAX);
    finished
}

fn told(finished: Result<Exit, Refusal>) -> Exit {
    finished.unwrap_or_else(|refusal| {
        terminal::complain(&format!("error: {}\n", refusal.words));
        refusal.exit
    })
}

/// The runtime of a run: two workers, or one thread on paused time.
///
/// # Errors
/// The system gives no threads.
pub(super) fn runtime(is_virtual: bool) -> std::io::Result<Runtime> {
    if is_virtual {
        return Builder::new_current_thread().enable_time().start_paused(true).build();
    }
    Builder::new_multi_thread().worker_threads(WORKERS).thread_name("swell").enable_all().build()
}

/// The run's clock: it begins when this is called.
pub(super) fn clock(is_virtual: bool) -> RunClock {
    if is_virtual { RunClock::virtual_time() } else { RunClock::real() }
}

/// Why a run ended without a report.
pub(super) struct Refusal {
    pub(super) exit: Exit,
    pub(super) words: String,
}

impl Refusal {
    pub(super) fn new(exit: Exit, error: &(dyn std::error::Error + 'static)) -> Self {
        Self { exit, words: sentence(error) }
    }
}

impl From<ConnectionError> for Refusal {
    fn from(error: ConnectionError) -> Self {
        Self::new(Exit::Check, &error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::Check, &error)
    }
}

impl From<RunError> for Refusal {
    fn from(error: RunError) -> Self {
        Self::new(Exit::Failed, &error)
    }
}

impl From<ResumeRefusal> for Refusal {
    fn from(error: ResumeRefusal) -> Self {
        Self::new(Exit::Usage, &error)
    }
}

async fn perform(settings: Settings, earlier: Option<Earlier>) -> Result<Exit, Refusal> {
    views::files::check_folders(&settings).map_err(|words| Refusal { exit: Exit::Usage, words })?;
    let clock = clock(settings.virtual_time);
    let place = Place::prepare(&settings, earlier, &clock)?;
    let mut connection = Connection::open(&settings, clock.clone()).await?;
    let live = Live::new(settings.ui, settings.virtual_time);
    live.begin(&settings, &place.id, &connection.target.name);
    let checked = check::examine(&connection, &settings).await;
    live.checked(&checked);
    if checked.refuses() {
        return Ok(Exit::Check);
    }
    consent(&settings, &connection.target)?;
    let _lock = place.lock(&connection)?;
    results::write_config(&place.folder, &settings)
        .map_err(|error| Refusal::new(Exit::Check, &error))?;
    let begun = place.begin(&settings, &connection, checked.needs).await?;
    connection
        .begin_uploads(&settings, &place.id.to_string(), &place.folder)
        .map_err(|error| Refusal::new(Exit::Failed, &error))?;
    if let Some(resumption) = &begun.resumption {
        live.resumed(&resumption.facts);
    }
    if !settings.virtual_time {
        // Virtual time waits for a reader, too: there nothing is late, and no line need be left out.
        terminal::hurry();
    }
    let (mut report, views, mut interrupts) =
        drive(&settings, &connection, checked, begun, &live, &place.folder).await?;
    report.endpoints = connection.endpoint_rows();
    report.storage = connection.storage.rows();
    connection.close().await;
    report.diagnosis = diagnose(&report, &settings.plan);
    report.notes.extend(distrust(&report));
    // Before the views end: whoever they wait for must not hold the result up.
    let write = |report: &Report| {
        let written = results::write(&place.folder, &settings, report);
        (written, results::write_page(&place.folder, &settings, report))
    };
    let (mut written, mut page) = write(&report);
    let notes = report.notes.len();
    views.close(&mut report, &mut interrupts).await;
    if report.notes.len() > notes {
        (written, page) = write(&report);
    }
    // Said in any case: a full disk must not take the result along.
    live.end(&report, &place.folder, page.is_ok());
    let mut sentences = views::files::write(&settings, &place.folder, &report);
    sentences.extend(page.err().map(|error| sentence(&error)));
    for sentence in sentences {
        terminal::complain(&format!("warning: {sentence}\n"));
    }
    written.map_err(|error| Refusal::new(Exit::Check, &error))?;
    Ok(Exit::of(&report))
}

/// Wants a person's word before real money is spent.
fn consent(settings: &Settings, target: &Target) -> Result<(), Refusal> {
    // The check has refused real money without a limit.
    let Some(limit) = settings.plan.limits.spend_max.filter(|_| may_be_real(target)) else {
        return Ok(());
    };
    if settings.yes_real_money {
        return Ok(());
    }
    // What is typed is read from where a key may have come.
    let can_be_asked = target.keys.relayer != KeyRef::Stdin;
    consent::ask(target.chain.id, limit, can_be_asked)
        .map_err(|error| Refusal::new(Exit::Check, &error))
}

/// What the engine is given.
fn setup(
    settings: &Settings,
    connection: &Connection,
    checked: check::Checked,
    begun: Begun,
) -> Result<RunSetup<AnyJourney>, Refusal> {
    let Begun { id, ledger, resumption } = begun;
    let mut notes = notes(settings, connection);
    notes.extend(resumption.as_ref().map(|earlier| resumed_sentence(&earlier.facts)));
    Ok(RunSetup {
        plan: settings.plan.clone(),
        journey: connection.journey(settings),
        needs: checked.needs,
        funding: checked.funding,
        chain: connection.chain.clone(),
        relayer: connection.relayer.clone(),
        run_id: id,
        ledger,
        compute: compute(settings, &connection.clock)
            .map_err(|error| Refusal::new(Exit::Failed, &error))?,
        clock: connection.clock.clone(),
        secrets: secrets(settings)?,
        meter: ResourceMeter::new("sandbox"),
        facts: SetupFacts {
            target: connection.target.name.clone(),
            block_time: connection.block_time(),
            includes_sandbox: connection.is_embedded(),
            workers: WORKERS,
            ceilings: checked.report.ceilings,
            notes,
        },
        resumption,
    })
}

async fn drive(
    settings: &Settings,
    connection: &Connection,
    checked: check::Checked,
    begun: Begun,
    live: &Live,
    folder: &Path,
) -> Result<(Report, Views, Interrupts), Refusal> {
    let id = begun.id;
    let setup = setup(settings, connection, checked, begun)?;
    let (snapshots, watching) = watch::channel(None);
    let (commanding, commands) = mpsc::channel(COMMANDS_MAX);
    let endpoints = connection.endpoint_rows_later();
    // Before the views: what they have to say shows on the screen, too.
    let mut ui =
        TerminalUi::open(settings.ui, watching.clone(), commanding.clone(), &connection.clock);
    let mut views = Views::open(
        settings,
        watching.clone(),
        commanding.clone(),
        folder.to_owned(),
        connection.clock.clone(),
        id.to_string(),
    );
    let handles = RunHandles {
        snapshots,
        commands,
        endpoints,
        watched: !settings.virtual_time || live.shows_lines(),
        exports: settings.views.export(),
        events: views.take_events(),
        traces: TraceSampler::new(settings.views.traces.0, settings.plan.seed, id.to_string()),
    };
    let running = swell_engine::run::<AnyJourney>(setup, handles);
    tokio::pin!(running);
    let showing = show(live, watching, &connection.clock, ui.is_up());
    tokio::pin!(showing);
    let mut stops =
        Stops::listen(settings.virtual_time).map_err(|error| Refusal::new(Exit::Failed, &error))?;
    let mut lost = None;
    loop {
        tokio::select! {
            biased;
            stop = stops.next(&mut ui) => {
                lost = lost.or(stop.tell(live));
                // Full means that the run has been told often enough.
                let _told = stop.wish().map(|wish| commanding.try_send(wish));
            }
            report = &mut running => {
                drop(ui);
                let mut report = report?;
                report.notes.extend(lost);
                return Ok((report, views, stops.into_interrupts()));
            }
            () = &mut showing => {}
        }
    }
}

/// Shows a line every two seconds, unless a screen does it all. Never ends.
async fn show(
    live: &Live,
    watching: watch::Receiver<Option<Arc<Snapshot>>>,
    clock: &RunClock,
    is_covered: Arc<AtomicBool>,
) {
    const EVERY: Duration = Duration::from_secs(2);
    if !live.shows_lines() {
        return std::future::pending().await;
    }
    loop {
        clock.sleep(EVERY).await;
        let snapshot = watching.borrow().clone();
        if let Some(snapshot) = snapshot {
            live.line(&snapshot, is_covered.load(Ordering::Acquire));
        }
    }
}

fn secrets(settings: &Settings) -> Result<Seed, Refusal> {
    if settings.virtual_time {
        return Ok(settings.plan.seed);
    }
    let seed = SysRng.try_next_u64().map_err(|error| Refusal::new(Exit::Failed, &error))?;
    Ok(Seed(seed))
}

fn notes(settings: &Settings, connection: &Connection) -> Vec<String> {
    use crate::config::choice::{JourneyKind, S2kMode};
    let mut notes = Vec::new();
    if settings.virtual_time {
        notes.push("time was virtual: latencies are those of the sandbox's model".to_owned());
    }
    if settings.journey == JourneyKind::DataPortability {
        let words = match settings.s2k {
            S2kMode::Fast => {
                "s2k was fast: encrypting, and decrypting on the server, cost less than in real life"
            }
            S2kMode::Faithful => {
                "s2k was faithful: encrypting, and decrypting on the server, cost what they do in life"
            }
        };
        notes.push(words.to_owned());
    }
    if connection.is_embedded() {
        notes.push("the sandbox shared the process: memory includes it".to_owned());
    }
    notes
}
