//! Puts a run together, and closes its books when it is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{AccountKey, BlockTag, ChainHandle, KeyTree, Lane, LaneOptions, RunId};
use swell_core::annotation::Annotations;
use swell_core::arrival::{Arrivals, RateProfile, Rest, arrivals};
use swell_core::command::Command;
use swell_core::event::{RunBegan, RunEnded, RunEvent};
use swell_core::funding::{FundingStrategy, LaneShare, StrategyChoice, lane_share, paid_at_once};
use swell_core::journey::JourneySpec;
use swell_core::plan::{Limits, RunPlan};
use swell_core::progress::ProgressTrack;
use swell_core::report::{ArrivalCounts, Report, Resumed};
use swell_core::run::RunState;
use swell_core::snapshot::RunIdentity;
use swell_core::stats::Totals;
use swell_core::submit::SubmitMode;
use swell_core::timeline::Timeline;
use swell_core::units::Wei;
use swell_core::wallet::WalletSizing;
use swell_net::resources::ResourceMeter;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::books::Books;
use crate::driver::{Driver, Inbox, Pace};
use crate::executor::Executor;
use crate::finish::{Finished, money, report};
use crate::foreign::Foreign;
use crate::funder::{Funder, TopUps};
use crate::gas_budget::GasBudget;
use crate::journey::{Journey, JourneyPorts};
use crate::ledger::{HighWater, Ledger};
use crate::live::{Conditions, Host, LiveView};
use crate::payer::{BatchPlan, Payer};
use crate::progress::Progress;
use crate::reader::AccountReader;
use crate::recorder::Recorder;
use crate::recount::recount;
use crate::refiller::{RefillPlan, Refills};
use crate::run::{RunError, RunHandles, RunSetup, SetupFacts};
use crate::schedule::Schedule;
use crate::sizing::{Sizing, renew_fees};
use crate::sweeper::Sweeper;
use crate::treasury::{Calls, Treasury};

/// A run put together.
pub(crate) struct Assembly<J> {
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
    /// The block after which others may have touched the relayer.
    first_block: u64,
    wallet_size: Wei,
    choice: StrategyChoice,
    multicall: Option<Address>,
    budget: Arc<GasBudget>,
    is_virtual: bool,
    resumed: Option<Resumed>,
}

/// What nearly every part of a run is built on.
struct Ground {
    chain: ChainHandle,
    tasks: TaskTracker,
    stop: CancellationToken,
    reader: AccountReader,
    sizing: Arc<Sizing>,
    books: Arc<Books>,
    budget: Arc<GasBudget>,
}

impl<J: Journey> Assembly<J> {
    /// Looks into all accounts, while transactions may still move what is in them.
    const RECOUNTS_MAX: u32 = 3;

    pub(crate) async fn new(
        setup: RunSetup<J>,
        handles: RunHandles,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, RunError> {
        let relayer = setup.relayer.account().clone();
        let start = setup.chain.rpc().balance(relayer.address(), BlockTag::Latest).await?;
        let ground = Ground::new(&setup, tasks, stop).await?;
        let keys = KeyTree::new(&setup.relayer, &setup.run_id);
        let treasury = ground.treasury(&setup, &keys, relayer.clone())?;
        let payer = ground.payer(&setup, &treasury);
        let timer = setup.clock.precise_timer().map_err(RunError::Timer)?;
        let profile = RateProfile::new(&setup.plan.load);
        let begin = Begin::new(&setup, &profile, &ground.books);
        let planned = begin.planned;
        let abort = CancellationToken::new();
        let ports = ground.ports(&setup, &handles, &treasury, abort.clone());
        let closing = ClosingParts {
            run_id: setup.run_id,
            facts: setup.facts,
            relayer,
            books: Arc::clone(&ground.books),
            start,
            first_block: setup.chain.follower().head().number + 1,
            wallet_size: ground.sizing.wallet_size(),
            multicall: setup.funding.multicall.map(|(address, _)| address),
            choice: setup.funding.choice,
            budget: Arc::clone(&ground.budget),
            is_virtual: setup.clock.is_virtual(),
            resumed: setup.resumption.map(|earlier| earlier.facts),
            chain: setup.chain,
            plan: setup.plan,
        };
        let spec = setup.journey.spec();
        let (live, commands) = closing.live(&spec, &begin, profile, setup.meter, handles);
        let (plan, pace) = (&closing.plan, closing.pace(&begin));
        let ledger = Arc::new(setup.ledger);
        let (ended_tx, ended) = mpsc::channel(plan.limits.in_flight_max.get() as usize);
        let (messages_tx, messages) = mpsc::channel(messages_max(&plan.limits));
        let tasks = ground.tasks.clone();
        let driver = Driver {
            state: begin.state,
            schedule: Schedule::new(begin.schedule, timer),
            progress: Progress::new(Arc::clone(&ledger), setup.clock.clone(), begin.from),
            executor: Executor::new(setup.journey, Arc::clone(&ports), tasks.clone(), ended_tx),
            ports,
            totals: Totals::new(&spec),
            counts: ArrivalCounts { planned, ..ArrivalCounts::default() },
            funding_failed: 0,
            live,
            funder: ground.funder(payer, keys, ledger),
            sweeper: ground.sweeper(),
            treasury,
            tasks,
            messages: messages_tx,
            waiting: BTreeMap::new(),
            abort,
            pace,
            drain_timeout: plan.limits.drain_timeout,
            plan_spend: plan.limits.spend_max.is_some(),
            clock: setup.clock,
        };
        let heads = ground.chain.follower().heads();
        let inbox = Inbox { commands, ended, messages, heads };
        Ok(Self { driver, inbox, closing })
    }

    /// Drives the run to its end, and reports.
    pub(crate) async fn play(mut self) -> Report {
        self.tell_begin();
        let report = self.conclude().await;
        let driver = &self.driver;
        let ended = || RunEvent::RunEnded(RunEnded::of(&report, driver.clock.now()));
        driver.ports.events.tell(ended);
        report
    }

    fn tell_begin(&self) {
        let Driver { ports, live, clock, pace, .. } = &self.driver;
        let began = || RunBegan {
            at: clock.now(),
            run: live.identity.clone(),
            steps: ports.spec.steps.iter().map(|step| step.name).collect(),
            planned: pace.planned,
        };
        ports.events.tell_of(true, || RunEvent::RunBegan(Box::new(began())));
    }

    async fn conclude(&mut self) -> Report {
        self.driver.drive(&mut self.inbox).await;
        wait_until_final(&self.closing.chain).await;
        self.driver.look();
        let relayer = self.closing.relayer.address();
        let nobody = Foreign::default();
        let mut end = self.read_end(relayer).await;
        for _ in 0..Self::RECOUNTS_MAX {
            if self.closes(end) || !self.recount().await {
                break;
            }
            end = self.read_end(relayer).await;
        }
        if self.closes(end) {
            return report(self.finished(end, &nobody));
        }
        let foreign = self.read_foreign(relayer).await;
        report(self.finished(end, &foreign))
    }

    /// Whether every wei is accounted for when the relayer holds `end`.
    fn closes(&self, end: Wei) -> bool {
        money(&self.finished(end, &Foreign::default())).unexplained_wei == "0"
    }

    /// Looks into the run's accounts: a payment that nobody waited for any more may have arrived.
    /// `false` when they cannot be read.
    async fn recount(&self) -> bool {
        let (sweeper, keys) = (&self.driver.sweeper, &self.driver.funder.keys);
        // Between two looks a transaction may move what was just counted.
        sweeper.next_block().await;
        let wallets = self.driver.state.next_wallet();
        // An earlier part of the run may have worked with more of them.
        let limits = &self.closing.plan.limits;
        let lanes =
            if limits.submit == SubmitMode::Endpoint { 0 } else { limits.funding_workers.get() };
        let lanes = u64::from(lanes);
        match recount(sweeper, keys, HighWater { wallets, lanes }).await {
            Ok(counted) => {
                self.closing.books.recount(counted.dust, counted.worth);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the run's accounts could not be looked into");
                false
            }
        }
    }

    /// The relayer's balance. A chain that has died leaves it in doubt: the report is written all
    /// the same.
    async fn read_end(&self, relayer: Address) -> Wei {
        const ATTEMPTS_MAX: u32 = 5;
        const PAUSE: Duration = Duration::from_secs(2);
        const TIMEOUT: Duration = Duration::from_secs(5);
        for _ in 0..ATTEMPTS_MAX {
            let rpc = self.closing.chain.rpc().by(self.driver.clock.now() + TIMEOUT);
            match rpc.balance(relayer, BlockTag::Latest).await {
                Ok(balance) => return balance,
                Err(error) => {
                    tracing::warn!(%error, "the relayer's balance could not be read at the end");
                    if self.driver.sweeper.is_chain_dead() {
                        break;
                    }
                    self.driver.clock.sleep(PAUSE).await;
                }
            }
        }
        self.closing.books.lose_sight();
        Wei::ZERO
    }

    /// Looks for what others did to the relayer; finding nothing leaves it unexplained.
    async fn read_foreign(&self, relayer: Address) -> Foreign {
        let chain = &self.closing.chain;
        let blocks = self.closing.first_block..=chain.follower().head().number;
        let mut ours = self.driver.treasury.addresses();
        // Refills of several lanes go through it.
        ours.extend(self.closing.multicall);
        Foreign::read(chain.rpc(), blocks, relayer, &ours).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "transactions of others could not be looked for");
            Foreign::default()
        })
    }

    fn finished<'a>(&'a self, end: Wei, foreign: &'a Foreign) -> Finished<'a> {
        let (parts, driver) = (&self.closing, &self.driver);
        Finished {
            plan: &parts.plan,
            run_id: &parts.run_id,
            facts: parts.facts.clone(),
            chain_id: parts.chain.chain_id(),
            fees: parts.chain.follower().fee_totals(),
            inclusion: parts.chain.follower().inclusion_rows(),
            books: &parts.books,
            start: parts.start,
            end,
            foreign,
            wallet_size: parts.wallet_size,
            choice: &parts.choice,
            gas_per_block: parts.budget.per_block(),
            ports: &driver.ports,
            treasury: &driver.treasury,
            is_virtual: parts.is_virtual,
            now: driver.clock.now(),
            state: &driver.state,
            totals: &driver.totals,
            counts: &driver.counts,
            live: &driver.live,
            load_clock: driver.schedule.load_clock(),
            funding_failed: driver.funding_failed,
            resumed: parts.resumed.as_ref(),
        }
    }
}

impl ClosingParts {
    fn identity(&self, spec: &JourneySpec) -> RunIdentity {
        RunIdentity {
            id: self.run_id.to_string(),
            seed: self.plan.seed.0,
            version: env!("CARGO_PKG_VERSION").into(),
            journey: spec.name.into(),
            target: self.facts.target.clone(),
            chain_id: self.chain.chain_id(),
            virtual_time: self.is_virtual,
            places: u64::from(self.plan.limits.in_flight_max.get()),
        }
    }

    /// What everybody sees who watches, and what they wish.
    fn live(
        &self,
        spec: &JourneySpec,
        begin: &Begin,
        profile: RateProfile,
        meter: ResourceMeter,
        handles: RunHandles,
    ) -> (LiveView, mpsc::Receiver<Command>) {
        let RunHandles { snapshots, commands, endpoints, watched, exports, events, traces: _ } =
            handles;
        let live = LiveView {
            identity: self.identity(spec),
            snapshots,
            endpoints,
            watched,
            exports,
            events,
            host: Host::new(meter, self.facts.includes_sandbox),
            thresholds: self.plan.thresholds.clone(),
            planned: begin.planned,
            profile,
            load_start: None,
            skipped: begin.schedule.skipped(),
            timeline: Timeline::default(),
            annotations: Annotations::default(),
            conditions: Conditions::default(),
            progress: ProgressTrack::default(),
        };
        (live, commands)
    }

    fn pace(&self, begin: &Begin) -> Pace {
        let block_time = self.facts.block_time;
        Pace {
            planned: begin.planned,
            users: self.plan.load.users.get().saturating_sub(begin.from),
            block_time,
            payable_per_block: self.choice.wallets_per_block,
            funding_latency_p99: block_time * 2,
            stopped_at: None,
            signalled: false,
        }
    }
}

/// Where a run begins: at its beginning, or where an earlier part of it was interrupted.
struct Begin {
    /// The first arrival.
    from: u64,
    planned: f64,
    schedule: Rest<Arrivals>,
    state: RunState,
}

impl Begin {
    fn new<J>(setup: &RunSetup<J>, profile: &RateProfile, books: &Books) -> Self {
        let plan = &setup.plan;
        let earlier = setup.resumption.as_ref();
        let from = earlier.map_or(0, |earlier| earlier.facts.arrivals_before);
        let mut state = RunState::new(plan.limits, earlier.map_or(0, |it| it.first_wallet));
        for (index, balance) in earlier.iter().flat_map(|earlier| &earlier.wallets) {
            state.adopt(*index, *balance);
            books.inherit(*balance);
        }
        if let Some(earlier) = earlier {
            books.inherit(earlier.dust);
            books.leave(earlier.dust);
        }
        #[expect(clippy::cast_precision_loss, reason = "an expected count is a rough number")]
        let planned = (profile.planned() - from as f64).max(0.0);
        let schedule = Rest::new(arrivals(&plan.load, plan.seed), from);
        Self { from, planned, schedule, state }
    }
}

impl Ground {
    async fn new<J: Journey>(
        setup: &RunSetup<J>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, RunError> {
        let (chain, clock) = (&setup.chain, setup.chain.clock().clone());
        let quote = chain.fees().quote().await?;
        let wallet = WalletSizing {
            value: setup.needs.value,
            gas_limit: setup.needs.gas.scaled(WalletSizing::GAS_MARGIN),
        };
        let share = setup.plan.limits.funding_gas;
        let budget = Arc::new(GasBudget::new(chain.follower().clone(), clock.clone(), share));
        let (reader, reading) = AccountReader::new(chain.rpc().clone(), clock);
        tasks.spawn(reading.run(stop.clone()));
        let submit = setup.plan.limits.submit;
        let sizing = Arc::new(Sizing::new(wallet, quote).submitted(submit));
        tasks.spawn(renew_fees(chain.clone(), Arc::clone(&sizing), stop.clone()));
        let (chain, books) = (chain.clone(), Arc::default());
        Ok(Self { chain, tasks, stop, reader, sizing, books, budget })
    }

    fn treasury<J>(
        &self,
        setup: &RunSetup<J>,
        keys: &KeyTree,
        relayer: AccountKey,
    ) -> Result<Arc<Treasury>, RunError> {
        let limits = &setup.plan.limits;
        let count = if limits.submit.uses_lanes() { limits.funding_workers.get() } else { 0 };
        setup.ledger.reserve_lanes(u64::from(count))?;
        let window = limits.lane_window() as usize;
        let clock = self.chain.clock();
        let plan = RefillPlan {
            multicall: setup.funding.multicall,
            gather: gather_time(&setup.facts),
            patience: limits.funding_timeout,
            lanes: count as usize,
        };
        let (account, sizing) = (self.lane(relayer, window), Arc::clone(&self.sizing));
        let stop = self.stop.clone();
        let refills = Refills::new(account, sizing, clock.clone(), plan, &self.tasks, stop);
        let batch = setup.funding.batch().map(|gas| gas.wallets_per_batch(self.budget.per_block()));
        let share = share_of_lanes(&setup.plan, setup.facts.block_time, batch);
        let lanes = (0..share.lanes).map(|index| keys.lane(0, index));
        Ok(Arc::new(Treasury::new(
            refills,
            lanes.map(|key| (self.lane(key.clone(), window), key)).collect(),
            share.wallets,
            Arc::clone(&self.books),
            Arc::clone(&self.sizing),
            clock.clone(),
        )))
    }

    fn payer<J>(&self, setup: &RunSetup<J>, treasury: &Arc<Treasury>) -> Payer {
        let (treasury, budget) = (Arc::clone(treasury), Arc::clone(&self.budget));
        match (setup.funding.choice.strategy, setup.funding.multicall) {
            (FundingStrategy::Batch, Some((multicall, gas))) => {
                let plan = BatchPlan {
                    multicall,
                    gas,
                    gather: gather_time(&setup.facts),
                    queue_max: setup.plan.limits.pool_max.get() as usize,
                };
                let clock = self.chain.clock().clone();
                Payer::batched(treasury, budget, clock, plan, &self.tasks, self.stop.clone())
            }
            _ => Payer::direct(treasury, budget),
        }
    }

    fn lane(&self, key: AccountKey, window: usize) -> Lane {
        let options = LaneOptions { window, ..LaneOptions::default() };
        let (lane, task) = Lane::new(self.chain.clone(), key, options);
        self.tasks.spawn(task.run(self.stop.clone()));
        lane
    }

    fn ports<J: Journey>(
        &self,
        setup: &RunSetup<J>,
        handles: &RunHandles,
        treasury: &Arc<Treasury>,
        abort: CancellationToken,
    ) -> Arc<JourneyPorts> {
        let limits = &setup.plan.limits;
        Arc::new(JourneyPorts {
            clock: setup.clock.clone(),
            chain: self.chain.clone(),
            compute: setup.compute.clone(),
            seed: setup.plan.seed,
            secrets: setup.secrets,
            recorder: Recorder::new(&setup.journey.spec(), setup.facts.workers),
            spec: setup.journey.spec(),
            events: handles.events.clone(),
            traces: handles.traces.clone(),
            sizing: Arc::clone(&self.sizing),
            calls: Calls::new(Arc::clone(treasury), self.tasks.clone()),
            top_ups: TopUps::new(Arc::clone(treasury)),
            books: Arc::clone(&self.books),
            journey_timeout: limits.journey_timeout,
            funding_timeout: limits.funding_timeout,
            abort,
        })
    }

    fn funder(&self, payer: Payer, keys: KeyTree, ledger: Arc<Ledger>) -> Funder {
        Funder {
            payer,
            keys,
            ledger,
            reader: self.reader.clone(),
            clock: self.chain.clock().clone(),
            agent: 0,
            stop: CancellationToken::new(),
            give_up: CancellationToken::new(),
        }
    }

    fn sweeper(&self) -> Sweeper {
        Sweeper {
            chain: self.chain.clone(),
            reader: self.reader.clone(),
            books: Arc::clone(&self.books),
            budget: Some(Arc::clone(&self.budget)),
        }
    }
}

/// Messages that may wait for the driver: one for every wallet that is being funded or swept.
fn messages_max(limits: &Limits) -> usize {
    (limits.in_flight_max.get() + limits.pool_max.get()) as usize
}

/// How long the first of a batch waits for others: enough for a batch, and little of a wallet's
/// latency.
fn gather_time(facts: &SetupFacts) -> Duration {
    const OF_A_BLOCK: u32 = 4;
    facts.block_time / OF_A_BLOCK
}

/// Which lanes work, and for how many wallets, or users' calls, each of them at a time.
fn share_of_lanes(plan: &RunPlan, block_time: Duration, batch: Option<u64>) -> LaneShare {
    let limits = &plan.limits;
    let lanes = limits.funding_workers.get();
    match limits.submit {
        SubmitMode::Own => lane_share(lanes, paid_at_once(plan, block_time), batch),
        SubmitMode::Relayed => lane_share(lanes, paid_at_once(plan, block_time), None),
        SubmitMode::Endpoint => LaneShare { lanes: 0, wallets: 0 },
    }
}

/// Waits until what was sent last is as deep as the chain's finality asks.
pub(crate) async fn wait_until_final(chain: &ChainHandle) {
    /// A chain that makes no blocks keeps its run waiting no longer.
    const PATIENCE: Duration = Duration::from_secs(120);
    let depth = chain.finality_blocks() - 1;
    let follower = chain.follower();
    let last = follower.head().number + depth;
    tokio::select! {
        biased;
        _ = follower.wait_for_block(last) => {}
        () = chain.clock().sleep(PATIENCE) => {}
    }
}
