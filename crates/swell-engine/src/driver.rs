//! One task owns the run: it waits for the next event, lets the state handle it, performs the effects.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use swell_chain::HeadReceiver;
use swell_core::annotation::AnnotationKind;
use swell_core::arrival::{Arrival, Arrivals, Rest};
use swell_core::command::Command;
use swell_core::event::RunEvent;
use swell_core::report::ArrivalCounts;
use swell_core::run::{DemandFacts, Effect, Event, FundingEnd, JourneyEnd, RunState, StopReason};
use swell_core::snapshot::Phase;
use swell_core::spend::SpendFacts;
use swell_core::stats::{Distribution, Totals};
use swell_core::submit::SubmitMode;
use swell_core::time::RunOffset;
use swell_core::units::{Rate, Wei};
use swell_core::wallet::WalletIndex;
use swell_net::clock::RunClock;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::executor::Executor;
use crate::funder::Funder;
use crate::journey::{Journey, JourneyPorts, UserStart};
use crate::lease::Lease;
use crate::live::{LiveView, Picture};
use crate::progress::Progress;
use crate::schedule::Schedule;
use crate::sweeper::Sweeper;
use crate::treasury::Treasury;

/// What a task of the run has to say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message {
    /// The funding of a wallet has ended.
    FundingEnded { index: WalletIndex, end: FundingEnd, asked: RunOffset },
    /// A wallet's residue is home, or what is left in it is known.
    WalletClosed { index: WalletIndex, returned: Wei },
    /// The lanes can pay, or have been waited for long enough.
    LanesReady,
    /// The lanes are home.
    LanesClosed,
}

/// Where events come from.
pub(crate) struct Inbox {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) ended: mpsc::Receiver<JourneyEnd>,
    pub(crate) messages: mpsc::Receiver<Message>,
    pub(crate) heads: HeadReceiver,
}

/// The task that owns the run.
pub(crate) struct Driver<J> {
    pub(crate) clock: RunClock,
    pub(crate) state: RunState,
    pub(crate) schedule: Schedule<Rest<Arrivals>>,
    pub(crate) progress: Progress,
    pub(crate) executor: Executor<J>,
    pub(crate) ports: Arc<JourneyPorts>,
    pub(crate) totals: Totals,
    pub(crate) counts: ArrivalCounts,
    pub(crate) funding_failed: u64,
    pub(crate) live: LiveView,
    pub(crate) funder: Funder,
    pub(crate) sweeper: Sweeper,
    pub(crate) treasury: Arc<Treasury>,
    pub(crate) tasks: TaskTracker,
    pub(crate) messages: mpsc::Sender<Message>,
    /// Where each user in flight without a wallet waits for one.
    pub(crate) waiting: BTreeMap<u64, oneshot::Sender<Lease>>,
    pub(crate) abort: CancellationToken,
    pub(crate) pace: Pace,
    pub(crate) drain_timeout: Duration,
    /// Whether there is a spend limit to keep.
    pub(crate) plan_spend: bool,
}

/// What the forecast needs to know of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Users the schedule expects in all.
    pub(crate) planned: f64,
    /// More than these never come.
    pub(crate) users: u64,
    /// Time between blocks, as expected before any was seen.
    pub(crate) block_time: Duration,
    /// Wallets that can be paid in one block.
    pub(crate) payable_per_block: u64,
    /// From demand to a usable wallet, as it stood at the last tick.
    pub(crate) funding_latency_p99: Duration,
    /// When the load began to be stopped.
    pub(crate) stopped_at: Option<RunOffset>,
    /// Whether a signal has been heard: the second one aborts.
    pub(crate) signalled: bool,
}

impl<J: Journey> Driver<J> {
    /// Between two snapshots.
    const TICK: Duration = Duration::from_secs(1);

    /// Drives the run to its end.
    pub(crate) async fn drive(&mut self, inbox: &mut Inbox) {
        let mut next_tick = self.clock.now();
        let mut arrivals_open = true;
        self.live.annotations.add(next_tick, AnnotationKind::Phase, self.state.phase().label());
        self.prime_lanes();
        self.keep_lanes_filled();
        loop {
            let event = tokio::select! {
                biased; // order is priority, and makes replays identical
                Some(command) = inbox.commands.recv() => match self.obey(command) {
                    Some(reason) => Event::Stop(reason),
                    None => continue,
                },
                arrival = self.schedule.next_due(), if arrivals_open => match arrival {
                    Some(arrival) => Event::ArrivalDue(arrival),
                    None => {
                        arrivals_open = false;
                        Event::ArrivalsEnded
                    }
                },
                Some(end) = inbox.ended.recv() => Event::JourneyEnded(end),
                Some(message) = inbox.messages.recv() => self.hear(message),
                () = self.clock.sleep_until(next_tick) => {
                    next_tick = next_tick + Self::TICK;
                    Event::Tick
                }
                head = inbox.heads.changed() => {
                    self.live.block(self.clock.now(), &head);
                    Event::Block
                }
            };
            self.before(&event);
            if self.handle(event) {
                return;
            }
        }
    }

    /// Fills the lanes while the run primes. Where the relayer has too little for all, those that are
    /// filled begin.
    fn prime_lanes(&self) {
        if !self.ports.sizing.submit().funds_users() {
            return;
        }
        let (treasury, messages) = (Arc::clone(&self.treasury), self.messages.clone());
        let ready = async move {
            // The run may be over.
            let _over = messages.send(Message::LanesReady).await;
        };
        let priming = async move {
            let filling = treasury.prime();
            tokio::pin!(filling);
            tokio::select! {
                biased;
                () = &mut filling => return ready.await,
                () = treasury.drought().begun() => ready.await,
            }
            // Not given up: what a refill has sent must be put into the lane's purse.
            filling.await;
        };
        self.tasks.spawn(self.treasury.under_way(priming));
    }

    /// Handles one event; true when the run is over.
    pub(crate) fn handle(&mut self, event: Event) -> bool {
        let now = self.clock.now();
        let facts = self.facts(now);
        for effect in self.state.handle(now, event, &facts) {
            if self.perform(now, effect) {
                return true;
            }
        }
        false
    }

    /// What must be written down before the state hears of the event.
    pub(crate) fn before(&mut self, event: &Event) {
        match event {
            Event::ArrivalDue(arrival) => {
                self.progress.pass(arrival.seq);
                self.counts.due += 1;
                self.totals.record_due(arrival.due);
            }
            Event::ArrivalsEnded => self.progress.settle(),
            Event::Tick => self.tick(),
            Event::Stop(_) => {
                self.pace.stopped_at.get_or_insert(self.clock.now());
            }
            _ => {}
        }
    }

    /// Looks at everything once. True when a threshold with `abort` is broken.
    pub(crate) fn look(&mut self) -> bool {
        self.ports.recorder.drain_into(&mut self.totals);
        let recent = self.totals.take_recent();
        let picture = Picture {
            state: &self.state,
            totals: &self.totals,
            counts: &self.counts,
            ports: &self.ports,
            load_clock: self.schedule.load_clock(),
            spent: self.spent(),
            funding_failed: self.funding_failed,
            relayer_needs: self.treasury.drought().needed(),
        };
        self.live.publish(self.clock.now(), &picture, recent)
    }

    fn tick(&mut self) {
        let breached = self.look();
        self.pace.funding_latency_p99 = self.funding_latency_p99();
        self.treasury.expect_users(self.users_left());
        let now = self.clock.now();
        if breached && self.state.phase() == Phase::Load {
            self.stop_later(StopReason::Threshold);
        }
        self.mark_ahead(now);
        let draining = self.pace.stopped_at.map(|at| now.saturating_since(at));
        if self.state.phase() == Phase::Drain && draining.is_some_and(|d| d > self.drain_timeout) {
            self.stop_later(StopReason::DrainTimeout);
        }
    }

    /// Before load and while it lasts, the ledger knows of arrivals before they are due.
    fn mark_ahead(&self, now: RunOffset) {
        if matches!(self.state.phase(), Phase::Prime | Phase::Load)
            && let Some(write) = self.progress.ahead(self.schedule.rate_at(now))
        {
            self.tasks.spawn(async move { write() });
        }
    }

    /// A stop that the run gives itself.
    fn stop_later(&mut self, reason: StopReason) {
        let now = self.clock.now();
        self.pace.stopped_at.get_or_insert(now);
        let facts = self.facts(now);
        for effect in self.state.handle(now, Event::Stop(reason), &facts) {
            self.perform(now, effect);
        }
    }

    fn hear(&mut self, message: Message) -> Event {
        match message {
            Message::FundingEnded { index, end, asked } => {
                let now = self.clock.now();
                self.tell_of_funding(now, index, end, asked);
                match end {
                    FundingEnd::Funded { .. } => {
                        let latency = now.saturating_since(asked);
                        self.ports.recorder.shard().record_funding_latency(now, latency);
                    }
                    FundingEnd::NotSent | FundingEnd::Unknown => self.funding_failed += 1,
                }
                Event::FundingEnded { index, end }
            }
            Message::WalletClosed { index, returned } => {
                let at = self.clock.now();
                let swept = || RunEvent::WalletSwept { at, wallet: index, returned_wei: returned };
                self.ports.events.tell(swept);
                Event::WalletClosed { index }
            }
            Message::LanesReady => Event::LanesReady,
            Message::LanesClosed => Event::LanesClosed,
        }
    }

    fn tell_of_funding(
        &self,
        at: RunOffset,
        wallet: WalletIndex,
        end: FundingEnd,
        asked: RunOffset,
    ) {
        self.ports.events.tell(|| match end {
            FundingEnd::Funded { balance } => {
                RunEvent::WalletFunded { at, wallet, asked, balance_wei: balance }
            }
            FundingEnd::NotSent => RunEvent::FundingFailed { at, wallet, asked, in_doubt: false },
            FundingEnd::Unknown => RunEvent::FundingFailed { at, wallet, asked, in_doubt: true },
        });
    }

    fn facts(&self, now: RunOffset) -> DemandFacts {
        let latency = self.pace.funding_latency_p99;
        let horizon = now + latency + self.pace.block_time;
        let rate = self.schedule.rate_at(now).per_second();
        let ahead = self.schedule.rate_at(horizon).per_second();
        let to_come = self.to_come();
        let spend = self.plan_spend.then(|| SpendFacts {
            spent: self.spent(),
            per_wallet_max: self.treasury.wallet_cost_max(),
            lanes_max: self.treasury.lanes_cost_max(),
        });
        DemandFacts {
            spend: spend.unwrap_or_default(),
            rate: Rate::new(rate.max(ahead)).unwrap_or_default(),
            to_come,
            funding_latency_p99: latency,
            block_time: self.pace.block_time,
            payable_per_block: self.pace.payable_per_block,
        }
    }

    /// What is gone, as far as is known; the target's relay's money is guarded like the relayer's.
    fn spent(&self) -> Wei {
        let ours = self.ports.chain.follower().fee_totals().fee() + self.ports.books.gone();
        match self.ports.sizing.submit() {
            SubmitMode::Own | SubmitMode::Relayed => ours,
            SubmitMode::Endpoint => ours + self.ports.calls.stats().fees_at_most(),
        }
    }

    /// Arrivals that the schedule still expects: one more than are planned may always come, as long as
    /// there are users left.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an expected count is not negative, and a float cast saturates"
    )]
    fn to_come(&self) -> u64 {
        let due = self.counts.due;
        let planned = (self.pace.planned.ceil() as u64).saturating_sub(due).max(1);
        planned.min(self.pace.users.saturating_sub(due))
    }

    /// Users that may still want something sent.
    fn users_left(&self) -> u64 {
        let here = self.state.backlog() as u64 + u64::from(self.state.in_flight());
        let is_open = self.state.phase() <= Phase::Load && self.pace.stopped_at.is_none();
        here + if is_open { self.to_come() } else { 0 }
    }

    /// As measured; before that, two blocks: one to pay a lane, one to pay a wallet.
    fn funding_latency_p99(&self) -> Duration {
        if self.totals.funded() == 0 {
            return self.pace.block_time * 2;
        }
        let p99_us = self.totals.distribution(Distribution::FundingLatency).percentile_us(99.0);
        Duration::from_micros(p99_us)
    }

    /// Performs one effect; true when the run is over.
    fn perform(&mut self, now: RunOffset, effect: Effect) -> bool {
        match effect {
            Effect::StartJourney { arrival, waited } => {
                let (sender, lease) = oneshot::channel();
                self.waiting.insert(arrival.seq, sender);
                self.record_start(now.saturating_since(arrival.due), waited);
                let Arrival { seq, due } = arrival;
                self.ports.events.tell(|| RunEvent::UserStarted { at: now, seq, due, waited });
                let start = UserStart { seq, due, sent: now, lease };
                self.executor.start(start);
            }
            Effect::RecordShed { arrival: Arrival { seq, due }, reason } => {
                let reason = reason.label();
                self.ports.events.tell(|| RunEvent::Shed { at: now, seq, due, reason });
                self.counts.shed += 1;
                *self.counts.shed_by_reason.entry(reason.into()).or_default() += 1;
            }
            Effect::RecordAbandoned(count) => {
                self.counts.abandoned += count;
                self.ports.events.tell(|| RunEvent::Abandoned { at: now, count });
            }
            Effect::Fund(index) => self.fund(now, index),
            Effect::StopFunding => self.funder.stop.cancel(),
            Effect::Lease { seq, index, balance } => {
                let key = self.funder.key(index);
                if let Some(waiting) = self.waiting.remove(&seq) {
                    // A user that has just given up ends without it; its wallet is swept then.
                    let _gave_up = waiting.send(Lease { index, key, balance });
                }
            }
            Effect::Lend { seq, index } => self.lend(seq, index),
            Effect::Sweep { index, in_doubt } => self.sweep(index, in_doubt),
            Effect::SweepLanes => self.sweep_lanes(),
            Effect::Enter(phase) => {
                tracing::info!(phase = phase.label(), at = %now, "phase");
                self.ports.events.tell(|| RunEvent::Phase { at: now, phase });
                self.live.annotate(now, AnnotationKind::Phase, phase.label());
                match phase {
                    Phase::Load => {
                        self.schedule.begin(&self.clock);
                        self.live.load_start = Some(now);
                    }
                    Phase::Sweep => self.funder.give_up.cancel(),
                    _ => {}
                }
            }
            Effect::StopArrivals => self.schedule.stop(),
            Effect::AbortJourneys => self.abort.cancel(),
            Effect::Finish => return true,
        }
        false
    }

    /// Lateness counts only where a place was free: whoever waited for one did not wait for us.
    fn record_start(&mut self, lag: Duration, waited: bool) {
        self.counts.started += 1;
        if waited {
            self.counts.waited_for_place += 1;
        } else {
            let us = u64::try_from(lag.as_micros()).unwrap_or(u64::MAX);
            self.ports.recorder.shard().record_lag(us);
        }
    }

    /// Hands out a wallet that holds nothing, once the ledger knows of it.
    fn lend(&mut self, seq: u64, index: WalletIndex) {
        let Some(mut waiting) = self.waiting.remove(&seq) else { return };
        let funder = self.funder.clone();
        self.tasks.spawn(async move {
            let key = tokio::select! {
                biased;
                () = waiting.closed() => return,
                key = funder.reserve(index) => key,
            };
            // A user that has just given up ends without it.
            let _gave_up = waiting.send(Lease { index, key, balance: Wei::ZERO });
        });
    }

    /// Fills the lanes for users' calls, and keeps them ahead of demand while users come.
    fn keep_lanes_filled(&self) {
        if self.ports.sizing.submit() != SubmitMode::Relayed {
            return;
        }
        let (treasury, stop) = (Arc::clone(&self.treasury), self.funder.stop.clone());
        let mut heads = self.ports.chain.follower().heads();
        let messages = self.messages.clone();
        let filling = async move {
            treasury.top_up_lanes().await;
            // Closed means that the run is over.
            let _over = messages.send(Message::LanesReady).await;
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    _ = heads.changed() => treasury.top_up_lanes().await,
                }
            }
        };
        self.tasks.spawn(self.treasury.under_way(filling));
    }

    fn fund(&self, asked: RunOffset, index: WalletIndex) {
        let funder = self.funder.clone();
        let amount = self.ports.sizing.wallet_size();
        let messages = self.messages.clone();
        self.tasks.spawn(async move {
            let end = funder.fund(index, amount).await;
            // Closed means that the run is over.
            let _over = messages.send(Message::FundingEnded { index, end, asked }).await;
        });
    }

    fn sweep(&self, index: WalletIndex, in_doubt: bool) {
        let sweeper = self.sweeper.clone();
        let treasury = Arc::clone(&self.treasury);
        // Nobody pays any more, and a last payment may be on its way to this wallet.
        let payment_in_doubt = in_doubt && self.state.phase() == Phase::Sweep;
        let key = self.funder.key(index);
        let messages = self.messages.clone();
        self.tasks.spawn(async move {
            let home = treasury.lane_of(index);
            if payment_in_doubt {
                let lanes = treasury.addresses().into_iter();
                let settling = lanes.map(|lane| sweeper.let_doubt_pass(lane));
                futures_util::future::join_all(settling).await;
            }
            let amount = sweeper.sweep(&key, home, in_doubt).await;
            treasury.returned(index, amount);
            let _over = messages.send(Message::WalletClosed { index, returned: amount }).await;
        });
    }

    fn sweep_lanes(&self) {
        let sweeper = self.sweeper.clone();
        let treasury = Arc::clone(&self.treasury);
        let messages = self.messages.clone();
        self.tasks.spawn(async move {
            treasury.close(&sweeper).await;
            let _over = messages.send(Message::LanesClosed).await;
        });
    }
}
