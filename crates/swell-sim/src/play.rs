//! Plays one storm from its first block to the sweep behind it.

use std::path::Path;
use std::time::Duration;

use swell_core::command::{Action, Command, Origin};
use swell_core::event::RunEvent;
use swell_core::report::Report;
use swell_core::trace::TraceSampler;
use swell_engine::journey::Journey;
use swell_engine::ledger::{LEDGER_FILE, Ledger, read_ledger};
use swell_engine::sweep::{SweepRange, SweepSetup, SweepStatement, sweep_run};
use swell_engine::{EndpointRows, EventSink, Listener, RunHandles, RunSetup, SetupFacts, Wants};
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::resources::ResourceMeter;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::capture::Capture;
use crate::evidence::Evidence;
use crate::storm::Storm;
use crate::troubles::carry_out;
use crate::world::World;

/// No run takes longer, in virtual time; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// More than any storm's run tells.
const EVENTS_MAX: usize = 1 << 18;

/// The base fee while the sweep goes on, in wei per gas: what is dust must not depend on the storm.
pub(crate) const SWEEP_BASE_FEE: u64 = 1_000_000_000;

/// Plays `storm` to its end, with the run's files in `folder`. `aloud`: the log goes to standard
/// error as it comes.
///
/// # Panics
/// When the run cannot begin although nothing is wrong yet, or never ends: defects, all of them.
#[must_use]
pub fn play(storm: &Storm, folder: &Path, aloud: bool) -> Evidence {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("the system gives one more runtime");
    runtime.block_on(async {
        let clock = RunClock::virtual_time();
        let log = Capture::new(aloud);
        let _logging = tracing::subscriber::set_default(log.subscriber(clock.clone()));
        let world = World::new(storm, clock, &folder.join(LEDGER_FILE));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (sandbox, token) = (world.sandbox.clone(), stop.clone());
        tasks.spawn(async move { sandbox.run(token).await });
        let evidence = live_through(storm, &world, folder).await;
        stop.cancel();
        tasks.close();
        tasks.wait().await;
        Evidence { log: log.text(), ..evidence }
    })
}

async fn live_through(storm: &Storm, world: &World, folder: &Path) -> Evidence {
    let (report, events) = run(storm, world, folder).await;
    let at_end = world.holdings();
    let marks = read_ledger(&folder.join(LEDGER_FILE)).expect("the ledger can be read").marks;
    let range = match storm.seed.0 % 8 {
        // By the marks of the ledger, as a rule; that looks at a thousand wallets.
        0 => SweepRange::Below(marks),
        // The search that needs no ledger is quicker for so few.
        _ => SweepRange::UntilUntouched(u64::from(Accounts::WALLETS) / 2),
    };
    let statement = sweep(world, range).await;
    let head = world.sandbox.chain().head().hash;
    let (accepted, unreserved) = world.testimony();
    Evidence {
        storm: storm.clone(),
        report,
        events,
        at_end,
        statement,
        holdings: world.holdings(),
        mined: world.mined(),
        accepted,
        unreserved,
        marks,
        pooled: world.sandbox.chain().read(swell_sandbox::chain::Chain::pooled),
        results_delivered: world.sandbox.stats().results_delivered,
        head,
        files: files(folder),
        log: String::new(),
    }
}

/// The run, in the storm.
async fn run(storm: &Storm, world: &World, folder: &Path) -> (Report, Vec<RunEvent>) {
    let chain = world.connect().await;
    let journey = world.journey(&chain).await;
    let needs = journey.needs(&chain).await.expect("a calm chain estimates");
    let ledger = Ledger::create(folder, &world.ledger_header()).expect("a ledger can be made");
    let setup = RunSetup {
        plan: storm.plan.clone(),
        journey,
        needs,
        funding: world.funding(&chain, &storm.plan).await,
        resumption: None,
        chain,
        relayer: world.relayer.clone(),
        run_id: world.run_id,
        ledger,
        compute: Compute::inline(world.clock.clone()),
        clock: world.clock.clone(),
        secrets: storm.seed,
        meter: ResourceMeter::new("sandbox"),
        facts: facts(world),
    };
    let (snapshots, _watching) = watch::channel(None);
    let (commanding, commands) = mpsc::channel(4);
    let (tasks, over) = (TaskTracker::new(), CancellationToken::new());
    tasks.spawn(over.clone().run_until_cancelled_owned(carry_out(
        storm.troubles.clone(),
        world.sandbox.chain().clone(),
        world.clock.clone(),
        world.clock.now(),
        storm.seed,
        storm.finality_blocks,
    )));
    let (times, clock) = (storm.stops.clone(), world.clock.clone());
    let start = clock.now();
    tasks.spawn(over.clone().run_until_cancelled_owned(async move {
        for at in times {
            clock.sleep_until(start + at).await;
            // Full means that the run has been told often enough.
            let _told =
                commanding.try_send(Command { action: Action::Drain, origin: Origin::Signal });
        }
        std::future::pending::<()>().await;
    }));
    let (listener, mut told) = Listener::new(Wants::All, EVENTS_MAX);
    world.weather.set_calm(false);
    let running = swell_engine::run(
        setup,
        RunHandles {
            snapshots,
            commands,
            endpoints: EndpointRows::none(),
            watched: false,
            exports: false,
            events: EventSink::new(vec![listener]),
            traces: TraceSampler::new(0.5, storm.seed, "storm"),
        },
    );
    let report = tokio::time::timeout(PATIENCE, running).await.expect("the run ends");
    let mut report = report.expect("the run begins");
    report.resources = None;
    world.weather.set_calm(true);
    over.cancel();
    tasks.close();
    tasks.wait().await;
    (report, std::iter::from_fn(|| told.try_next()).collect())
}

fn facts(world: &World) -> SetupFacts {
    SetupFacts {
        target: "storm".into(),
        block_time: world.sandbox.config().block_time,
        includes_sandbox: true,
        workers: 1,
        ceilings: Vec::new(),
        notes: Vec::new(),
    }
}

/// The sweep behind it, in fair weather.
async fn sweep(world: &World, range: SweepRange) -> SweepStatement {
    let chain = world.sandbox.chain();
    chain.pause_mining(false);
    chain.pin_base_fee(Some(SWEEP_BASE_FEE));
    // Blocks are made again before anybody asks.
    world.clock.sleep(world.sandbox.config().block_time * 3).await;
    let (progress, _watching) = watch::channel(None);
    let setup = SweepSetup {
        chain: world.connect().await,
        relayer: world.relayer.clone(),
        run_id: world.run_id,
        range,
        progress,
    };
    let sweeping = tokio::time::timeout(PATIENCE, sweep_run(setup)).await;
    sweeping.expect("the sweep ends").expect("the sweep goes on")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).collect()
}
