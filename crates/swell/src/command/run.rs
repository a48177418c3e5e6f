//! `swell run`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use swell_chain::RunId;
use swell_core::report::Report;
use swell_core::run::StopReason;
use swell_core::seed::Seed;
use swell_core::snapshot::Snapshot;
use swell_engine::ledger::{LEDGER_FORMAT, Ledger, LedgerHeader, TargetPlace};
use swell_engine::{RunError, RunHandles, RunSetup, SetupFacts};
use swell_journeys::data_portability::DataPortability;
use swell_net::clock::RunClock;
use swell_net::resources::ResourceMeter;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

use crate::config::{Settings, TargetChoice};
use crate::connection::{Connection, ConnectionError, compute, sentence};
use crate::exit::Exit;
use crate::live::Live;
use crate::store::{RelayerLock, RunStore, StoreError};
use crate::{check, log, results, terminal};

/// Threads that run journeys.
const WORKERS: usize = 2;

/// Runs the load test that `settings` describe.
#[must_use]
pub fn run(settings: Settings) -> Exit {
    let finished = runtime(settings.virtual_time)
        .map_err(|error| Refusal::new(Exit::Failed, &error))
        .and_then(|runtime| runtime.block_on(perform(settings)));
    match finished {
        Ok(exit) => exit,
        Err(refusal) => {
            terminal::complain(&format!("error: {}\n", refusal.words));
            refusal.exit
        }
    }
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

async fn perform(settings: Settings) -> Result<Exit, Refusal> {
    let clock = clock(settings.virtual_time);
    let place = Place::prepare(&settings, &clock)?;
    let connection = Connection::open(&settings, clock.clone()).await?;
    let live = Live::new(settings.ui, settings.virtual_time);
    live.begin(&settings, &place.id, &connection.target.name);
    let checked = check::examine(&connection, &settings).await;
    live.checked(&checked);
    if checked.refuses() {
        return Ok(Exit::Check);
    }
    let _lock = place.lock(&connection)?;
    let mut report = drive(&settings, &place, &connection, checked, &live).await?;
    report.endpoints = connection.endpoint_rows();
    connection.close().await;
    let report = results::write(&place.folder, &settings, report)
        .map_err(|error| Refusal::new(Exit::Failed, &error))?;
    live.end(&report, &place.folder);
    Ok(Exit::of(&report))
}

/// What a run is called and where it leaves things.
struct Place {
    id: RunId,
    store: RunStore,
    folder: PathBuf,
}

impl Place {
    fn prepare(settings: &Settings, clock: &RunClock) -> Result<Self, Refusal> {
        let id = run_id(settings)?;
        let store = RunStore::open(|name| std::env::var(name).ok())?;
        let folder = store.create_run(&id.to_string(), settings.out.as_deref())?;
        let subscriber = log::subscriber(&folder, settings.log, clock.clone())
            .map_err(|error| Refusal::new(Exit::Check, &error))?;
        // Set once a process; a second run in the same process keeps the first one's log.
        let _first = tracing::subscriber::set_global_default(subscriber);
        Ok(Self { id, store, folder })
    }

    /// An embedded sandbox is this run's alone; any other relayer must be.
    fn lock(&self, connection: &Connection) -> Result<Option<RelayerLock>, StoreError> {
        if connection.is_embedded() {
            return Ok(None);
        }
        let relayer = connection.relayer.account().address();
        self.store.lock_relayer(connection.genesis, relayer).map(Some)
    }

    fn ledger(&self, settings: &Settings, connection: &Connection) -> Result<Ledger, RunError> {
        let header = LedgerHeader {
            format: LEDGER_FORMAT,
            run: self.id.to_string(),
            relayer: connection.relayer.account().address().to_string(),
            chain_id: connection.target.chain.id,
            target: connection.target.name.clone(),
            place: Some(target_place(&settings.target)),
        };
        Ok(Ledger::create(&self.folder, &header)?)
    }
}

/// Where a sweep finds the target again, from whichever folder it is begun.
fn target_place(target: &TargetChoice) -> TargetPlace {
    match target {
        TargetChoice::Sandbox { .. } => TargetPlace::InProcess,
        TargetChoice::File { path, .. } => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            TargetPlace::File(path.to_string_lossy().into_owned())
        }
    }
}

async fn drive(
    settings: &Settings,
    place: &Place,
    connection: &Connection,
    checked: check::Checked,
    live: &Live,
) -> Result<Report, Refusal> {
    let setup = RunSetup {
        plan: settings.plan.clone(),
        journey: connection.journey(settings),
        needs: checked.needs,
        chain: connection.chain.clone(),
        relayer: connection.relayer.clone(),
        run_id: place.id,
        ledger: place.ledger(settings, connection)?,
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
            notes: notes(settings, connection),
        },
    };
    let (snapshots, watching) = watch::channel(None);
    let (stops_tx, stops) = mpsc::channel(4);
    let running = swell_engine::run::<DataPortability>(setup, RunHandles { snapshots, stops });
    tokio::pin!(running);
    let showing = show(live, watching, &connection.clock);
    tokio::pin!(showing);
    loop {
        tokio::select! {
            biased;
            () = interrupted(settings.virtual_time) => {
                live.stopping();
                // Full means that the run has been told often enough.
                let _told = stops_tx.try_send(StopReason::Interrupt);
            }
            report = &mut running => return Ok(report?),
            () = &mut showing => {}
        }
    }
}

/// Shows a line every two seconds. Never ends.
async fn show(live: &Live, watching: watch::Receiver<Option<Arc<Snapshot>>>, clock: &RunClock) {
    const EVERY: Duration = Duration::from_secs(2);
    if !live.shows_lines() {
        return std::future::pending().await;
    }
    loop {
        clock.sleep(EVERY).await;
        let snapshot = watching.borrow().clone();
        if let Some(snapshot) = snapshot {
            live.line(&snapshot);
        }
    }
}

/// Waits for Ctrl-C. In virtual time it ends the process, as it would any other computation.
async fn interrupted(is_virtual: bool) {
    if is_virtual || tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn run_id(settings: &Settings) -> Result<RunId, Refusal> {
    if settings.virtual_time {
        return Ok(RunId::from_seed(settings.plan.seed));
    }
    let mut rng = system_rng()?;
    Ok(RunId::random(&mut rng))
}

/// A generator that the operating system seeds: keys must not follow from the run's seed.
fn system_rng() -> Result<swell_core::seed::SeededRng, Refusal> {
    use rand::SeedableRng;
    let mut octets = <swell_core::seed::SeededRng as SeedableRng>::Seed::default();
    SysRng.try_fill_bytes(&mut octets).map_err(|error| Refusal::new(Exit::Failed, &error))?;
    Ok(swell_core::seed::SeededRng::from_seed(octets))
}

fn secrets(settings: &Settings) -> Result<Seed, Refusal> {
    if settings.virtual_time {
        return Ok(settings.plan.seed);
    }
    let seed = SysRng.try_next_u64().map_err(|error| Refusal::new(Exit::Failed, &error))?;
    Ok(Seed(seed))
}

fn notes(settings: &Settings, connection: &Connection) -> Vec<String> {
    use crate::config::choice::S2kMode;
    let mut notes = Vec::new();
    if settings.virtual_time {
        notes.push("time was virtual: latencies are those of the sandbox's model".to_owned());
    }
    if settings.s2k == S2kMode::Fast {
        notes.push(
            "s2k was fast: encrypting, and decrypting on the server, cost less than in real life"
                .to_owned(),
        );
    }
    if connection.is_embedded() {
        notes.push("the sandbox shared the process: memory includes it".to_owned());
    }
    notes
}
