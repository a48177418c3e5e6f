//! Puts a run together, drives it and closes its books.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use swell_chain::{
    AccountKey, BlockTag, ChainError, ChainHandle, KeyTree, Lane, LaneOptions, RelayerKey, RunId,
};
use swell_core::arrival::{RateProfile, arrivals};
use swell_core::plan::RunPlan;
use swell_core::report::{ArrivalCounts, Ceiling, Report};
use swell_core::run::{RunState, StopReason};
use swell_core::seed::Seed;
use swell_core::snapshot::Snapshot;
use swell_core::stats::Totals;
use swell_core::units::Wei;
use swell_core::wallet::WalletSizing;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::resources::ResourceMeter;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::books::Books;
use crate::driver::{Driver, Inbox, Pace};
use crate::error::StepError;
use crate::executor::Executor;
use crate::finish::{Finished, report};
use crate::funder::{Funder, TopUps};
use crate::journey::{Journey, JourneyNeeds, JourneyPorts};
use crate::ledger::{Ledger, LedgerError};
use crate::live::{Host, LiveView};
use crate::reader::AccountReader;
use crate::recorder::Recorder;
use crate::schedule::Schedule;
use crate::sizing::Sizing;
use crate::sweeper::Sweeper;
use crate::treasury::Treasury;

/// Everything a run needs. What is in it has been checked.
#[derive(Debug)]
pub struct RunSetup<J> {
    /// What to do.
    pub plan: RunPlan,
    /// What one user does.
    pub journey: J,
    /// What one user's wallet must pay for.
    pub needs: JourneyNeeds,
    /// The chain, connected and not yet followed.
    pub chain: ChainHandle,
    /// Who pays.
    pub relayer: RelayerKey,
    /// With the relayer's key it recovers every wallet.
    pub run_id: RunId,
    /// What remembers which keys may hold money.
    pub ledger: Ledger,
    /// Where CPU work goes.
    pub compute: Compute,
    /// The one clock.
    pub clock: RunClock,
    /// Root of initialisation vectors, salts and ephemeral keys.
    pub secrets: Seed,
    /// What the load side uses of its machine is read here.
    pub meter: ResourceMeter,
    /// What the report says of the run beyond its numbers.
    pub facts: SetupFacts,
}

/// What the report says of a run beyond its numbers.
#[derive(Clone, Debug)]
pub struct SetupFacts {
    /// The target's name.
    pub target: String,
    /// Time between blocks, as expected.
    pub block_time: Duration,
    /// Whether an embedded sandbox shares the process.
    pub includes_sandbox: bool,
    /// Threads that run journeys.
    pub workers: usize,
    /// What the check found to limit the run.
    pub ceilings: Vec<Ceiling>,
    /// What the reader must know before trusting a number.
    pub notes: Vec<String>,
}

/// How the world watches and steers a run.
#[derive(Debug)]
pub struct RunHandles {
    /// A snapshot a second.
    pub snapshots: watch::Sender<Option<Arc<Snapshot>>>,
    /// Reasons to stop.
    pub stops: mpsc::Receiver<StopReason>,
}

/// Why a run could not begin, or its report not be made. What was paid out is home or in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The chain could not be read.
    #[error("the relayer's account could not be read")]
    Chain(#[from] ChainError),
    /// The ledger could not be kept; nothing was sent.
    #[error("the run's ledger could not be kept")]
    Ledger(#[from] LedgerError),
    /// What a user costs could not be told; nothing was sent.
    #[error("what one user costs could not be estimated: {0:?}")]
    Needs(StepError),
    /// No timer for arrivals; nothing was sent.
    #[error("the timer for arrivals could not be made")]
    Timer(#[source] std::io::Error),
}

/// Runs to the end, whatever that is, and reports.
///
/// # Errors
/// [`RunError`], all of them before money leaves the relayer but for `Chain`, which can also mean
/// that its balance could not be read at the end.
pub async fn run<J: Journey>(setup: RunSetup<J>, handles: RunHandles) -> Result<Report, RunError> {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let follower = setup.chain.clone();
    let following = stop.clone();
    tasks.spawn(async move { follower.run(following).await });
    let result = Assembly::new(setup, handles, tasks.clone(), stop.clone()).await;
    let report = match result {
        Ok(assembly) => assembly.play().await,
        Err(error) => Err(error),
    };
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    report
}

/// A run put together.
struct Assembly<J> {
    driver: Driver<J>,
    inbox: Inbox,
    closing: ClosingParts,
}

/// What is needed once the driver is done.
struct ClosingParts {
    plan: RunPlan,
    run_id: RunId,
    facts: SetupFacts,
    chain: ChainHandle,
    relayer: AccountKey,
    books: Arc<Books>,
    start: Wei,
    wallet_size: Wei,
    is_virtual: bool,
}

impl<J: Journey> Assembly<J> {
    async fn new(
        setup: RunSetup<J>,
        handles: RunHandles,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, RunError> {
        let RunSetup { plan, journey, chain, clock, facts, .. } = setup;
        let relayer = setup.relayer.account().clone();
        let start = chain.rpc().balance(relayer.address(), BlockTag::Latest).await?;
        let quote = chain.fees().quote().await?;
        let sizing = Arc::new(Sizing::new(wallet_sizing(&setup.needs), quote));
        let books = Arc::new(Books::default());
        let keys = KeyTree::new(&setup.relayer, &setup.run_id);
        let (reader, reading) = AccountReader::new(chain.rpc().clone());
        tasks.spawn(reading.run(stop.clone()));
        let treasury = {
            let lanes = u64::from(plan.limits.funding_workers.get());
            setup.ledger.reserve_lanes(lanes)?;
            let keys = (0..plan.limits.funding_workers.get()).map(|index| keys.lane(0, index));
            let opening = Opening { chain: &chain, tasks: &tasks, stop: &stop };
            let relayer = opening.lane(relayer.clone());
            let open = keys.map(|key| (opening.lane(key.clone()), key)).collect();
            let share = wallets_per_lane(&plan);
            Arc::new(Treasury::new(
                relayer,
                open,
                share,
                Arc::clone(&books),
                Arc::clone(&sizing),
                clock.clone(),
            ))
        };
        let spec = journey.spec();
        let abort = CancellationToken::new();
        let ports = Arc::new(JourneyPorts {
            clock: clock.clone(),
            chain: chain.clone(),
            compute: setup.compute,
            seed: plan.seed,
            secrets: setup.secrets,
            recorder: Recorder::new(&spec, facts.workers),
            sizing: Arc::clone(&sizing),
            top_ups: TopUps::new(Arc::clone(&treasury)),
            books: Arc::clone(&books),
            journey_timeout: plan.limits.journey_timeout,
            funding_timeout: plan.limits.funding_timeout,
            abort: abort.clone(),
        });
        let places = plan.limits.in_flight_max.get() as usize;
        let (ended_tx, ended) = mpsc::channel(places);
        let (messages_tx, messages) = mpsc::channel(places + plan.limits.pool_max.get() as usize);
        let profile = RateProfile::new(&plan.load);
        let planned = profile.planned();
        let timer = clock.precise_timer().map_err(RunError::Timer)?;
        let funder = Funder {
            treasury: Arc::clone(&treasury),
            keys,
            ledger: Arc::new(setup.ledger),
            reader: reader.clone(),
            clock: clock.clone(),
            agent: 0,
            stop: CancellationToken::new(),
        };
        let sweeper = Sweeper { chain: chain.clone(), reader, books: Arc::clone(&books) };
        let live = LiveView {
            snapshots: handles.snapshots,
            host: Host::new(setup.meter, facts.includes_sandbox),
            thresholds: plan.thresholds.clone(),
            profile,
            planned,
            load_start: None,
        };
        let driver = Driver {
            clock: clock.clone(),
            state: RunState::new(plan.limits, 0),
            schedule: Schedule::new(arrivals(&plan.load, plan.seed), timer),
            executor: Executor::new(Arc::new(journey), Arc::clone(&ports), tasks.clone(), ended_tx),
            ports,
            totals: Totals::new(&spec),
            counts: ArrivalCounts { planned, ..ArrivalCounts::default() },
            funding_failed: 0,
            live,
            funder,
            sweeper,
            treasury,
            tasks,
            messages: messages_tx,
            waiting: BTreeMap::new(),
            abort,
            pace: Pace { planned, block_time: facts.block_time, stopped_at: None },
            drain_timeout: plan.limits.drain_timeout,
        };
        let inbox =
            Inbox { stops: handles.stops, ended, messages, heads: chain.follower().heads() };
        let closing = ClosingParts {
            wallet_size: sizing.wallet_size(),
            plan,
            run_id: setup.run_id,
            facts,
            chain,
            relayer,
            books,
            start,
            is_virtual: clock.is_virtual(),
        };
        Ok(Self { driver, inbox, closing })
    }

    async fn play(mut self) -> Result<Report, RunError> {
        self.driver.drive(&mut self.inbox).await;
        let parts = self.closing;
        wait_until_final(&parts.chain).await;
        let end = parts.chain.rpc().balance(parts.relayer.address(), BlockTag::Latest).await?;
        self.driver.ports.recorder.drain_into(&mut self.driver.totals);
        self.driver.live.host.look(self.driver.clock.now());
        Ok(report(Finished {
            plan: &parts.plan,
            run_id: &parts.run_id,
            facts: parts.facts,
            chain_id: parts.chain.chain_id(),
            fees: parts.chain.follower().fee_totals(),
            books: &parts.books,
            start: parts.start,
            end,
            wallet_size: parts.wallet_size,
            is_virtual: parts.is_virtual,
            now: self.driver.clock.now(),
            state: &self.driver.state,
            totals: &self.driver.totals,
            counts: &self.driver.counts,
            live: &self.driver.live,
            funding_failed: self.driver.funding_failed,
        }))
    }
}

/// Opens lanes.
struct Opening<'a> {
    chain: &'a ChainHandle,
    tasks: &'a TaskTracker,
    stop: &'a CancellationToken,
}

impl Opening<'_> {
    fn lane(&self, key: AccountKey) -> Lane {
        let (lane, task) = Lane::new(self.chain.clone(), key, LaneOptions::default());
        self.tasks.spawn(task.run(self.stop.clone()));
        lane
    }
}

fn wallet_sizing(needs: &JourneyNeeds) -> WalletSizing {
    WalletSizing { value: needs.value, gas_limit: needs.gas.scaled(WalletSizing::GAS_MARGIN) }
}

/// Wallets one lane has to carry at a time: its share of places and pool, and never more than its
/// share of all users.
fn wallets_per_lane(plan: &RunPlan) -> u64 {
    let limits = &plan.limits;
    let lanes = u64::from(limits.funding_workers.get());
    let at_once = u64::from(limits.in_flight_max.get()) + u64::from(limits.pool_max.get());
    at_once.min(plan.load.users.get()).div_ceil(lanes)
}

/// Waits until what was sent last is as deep as the chain's finality asks.
async fn wait_until_final(chain: &ChainHandle) {
    let depth = chain.finality_blocks() - 1;
    let follower = chain.follower();
    let last = follower.head().number + depth;
    tokio::select! {
        biased;
        _ = follower.wait_for_block(last) => {}
        () = chain.clock().sleep(Duration::from_secs(120)) => {}
    }
}
