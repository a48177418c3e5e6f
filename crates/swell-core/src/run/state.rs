//! The sole owner of places, wallets and phases.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Effect, Event, FundingEnd, JourneyEnd, StopReason};
use crate::admission::{Admission, Admitted};
use crate::arrival::Arrival;
use crate::funding::{Demand, wallets_wanted};
use crate::plan::Limits;
use crate::progress::WorkLeft;
use crate::report::Ended;
use crate::snapshot::{Phase, PoolCounts};
use crate::spend::SpendFacts;
use crate::submit::SubmitMode;
use crate::time::RunOffset;
use crate::units::{Rate, Wei};
use crate::wallet::{Pool, WalletIndex};

/// Facts the state does not own, as they stand when an event is handled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DemandFacts {
    /// Rate of arrivals within the funding horizon.
    pub rate: Rate,
    /// Arrivals the schedule still expects.
    pub to_come: u64,
    /// 99th percentile of the funding latency so far, or a first guess.
    pub funding_latency_p99: Duration,
    /// Time between blocks.
    pub block_time: Duration,
    /// Wallets that can be paid in one block.
    pub payable_per_block: u64,
    /// What has been spent, and what a wallet can.
    pub spend: SpendFacts,
}

/// The sole owner of places, wallets and phases.
#[derive(Debug)]
pub struct RunState {
    limits: Limits,
    phase: Phase,
    admission: Admission,
    pool: Pool,
    /// Users that hold a place and have no wallet yet, in order of their start.
    waiting: VecDeque<u64>,
    arrivals_open: bool,
    ended: Ended,
    settle_blocks: u32,
    /// When settling must be over, even if no block comes any more.
    settle_until: Option<RunOffset>,
    lanes_closing: bool,
    /// Whether the lanes hold what wallets or users' calls will cost.
    lanes_ready: bool,
    /// Wallets that were asked for first of all: with so many the load begins.
    prime_target: Option<u64>,
}

impl RunState {
    /// Blocks the phase settle waits at most for what was submitted.
    pub const SETTLE_BLOCKS_MAX: u32 = 10;
    /// Wallets on their way home at most, as a multiple of places and pool: beyond it no new
    /// wallet is funded, so that memory stays O(in flight + pool) when sweeping is slow.
    const CLOSING_FACTOR: u64 = 8;
    /// Blocks whose worth of wallets is asked for at a time: one that is being made, and one that is
    /// being sent. What was asked for beyond would only wait.
    const BLOCKS_UNDERWAY: u64 = 2;

    /// A run about to prime. Wallets are derived from `first_wallet` on.
    #[must_use]
    pub fn new(limits: Limits, first_wallet: WalletIndex) -> Self {
        Self {
            limits,
            phase: Phase::Prime,
            admission: Admission::new(&limits),
            pool: Pool::starting_at(first_wallet),
            waiting: VecDeque::new(),
            arrivals_open: true,
            ended: Ended::Completed,
            settle_blocks: 0,
            settle_until: None,
            lanes_closing: false,
            lanes_ready: false,
            prime_target: None,
        }
    }

    /// Takes in a wallet that an earlier part of the run funded and did not use.
    pub fn adopt(&mut self, index: WalletIndex, balance: Wei) {
        self.pool.adopt(index, balance);
    }

    /// Where the run is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// How the run came, or will come, to its end.
    #[must_use]
    pub const fn ended(&self) -> Ended {
        self.ended
    }

    /// Users in flight.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.admission.in_flight()
    }

    /// Arrivals that wait for a place.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.admission.backlog()
    }

    /// Wallets by state.
    #[must_use]
    pub const fn pool(&self) -> PoolCounts {
        self.pool.counts()
    }

    /// What the phase still has to work off; `None` where that is no number.
    #[must_use]
    pub fn work_left(&self) -> Option<WorkLeft> {
        let left = |what, count| Some(WorkLeft { what, count });
        match self.phase {
            Phase::Prime => {
                left("wallets funded", self.prime_target?.saturating_sub(self.pool.counts().ready))
            }
            Phase::Drain => {
                left("users ended", u64::from(self.in_flight()) + self.backlog() as u64)
            }
            Phase::Settle => {
                let blocks = Self::SETTLE_BLOCKS_MAX.saturating_sub(self.settle_blocks);
                left("blocks waited for at most", u64::from(blocks))
            }
            // The lanes go home last, together.
            Phase::Sweep => left("accounts swept", self.pool.len() as u64 + 1),
            Phase::Check | Phase::Load | Phase::Report => None,
        }
    }

    /// Index after the highest wallet ever handed out.
    #[must_use]
    pub const fn next_wallet(&self) -> WalletIndex {
        self.pool.next_index()
    }

    /// Takes an event and says what must be done about it, in order.
    pub fn handle(&mut self, now: RunOffset, event: Event, facts: &DemandFacts) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::ArrivalDue(arrival) => self.on_arrival(arrival, facts, &mut effects),
            Event::ArrivalsEnded => self.arrivals_open = false,
            Event::JourneyEnded(end) => self.on_journey_ended(end, facts, &mut effects),
            Event::FundingEnded { index, end } => self.on_funding_ended(index, end, &mut effects),
            Event::WalletClosed { index } => self.pool.forget(index),
            Event::LanesReady => self.lanes_ready = true,
            Event::LanesClosed => self.enter(Phase::Report, &mut effects),
            Event::Block => self.settle_blocks += u32::from(self.phase == Phase::Settle),
            Event::Tick => self.on_tick(now, facts, &mut effects),
            Event::Stop(reason) => self.on_stop(reason, &mut effects),
        }
        self.hand_out_wallets(&mut effects);
        self.ask_for_wallets(now, facts, &mut effects);
        self.advance_phase(&mut effects);
        effects
    }

    fn on_arrival(&mut self, arrival: Arrival, facts: &DemandFacts, effects: &mut Vec<Effect>) {
        if !self.affords_a_user(facts) {
            self.on_stop(StopReason::Limit, effects);
            effects.push(Effect::RecordAbandoned(1));
            return;
        }
        match self.admission.arrive(arrival) {
            Admitted::Started => self.start(arrival, false, effects),
            Admitted::Backlogged => {}
            Admitted::Shed(reason) => effects.push(Effect::RecordShed { arrival, reason }),
        }
    }

    fn start(&mut self, arrival: Arrival, waited: bool, effects: &mut Vec<Effect>) {
        effects.push(Effect::StartJourney { arrival, waited });
        self.waiting.push_back(arrival.seq);
    }

    fn on_journey_ended(
        &mut self,
        end: JourneyEnd,
        facts: &DemandFacts,
        effects: &mut Vec<Effect>,
    ) {
        self.waiting.retain(|waiting| *waiting != end.seq);
        if let Some(index) = self.pool.end_lease(end.seq, end.in_doubt) {
            if self.limits.submit.funds_users() {
                effects.push(Effect::Sweep { index, in_doubt: end.in_doubt });
            } else {
                // It never held anything.
                self.pool.forget(index);
            }
        }
        if self.backlog() > 0 && !self.affords_a_user(facts) {
            self.on_stop(StopReason::Limit, effects);
        }
        if let Some(next) = self.admission.leave() {
            self.start(next, true, effects);
        }
    }

    fn on_funding_ended(&mut self, index: WalletIndex, end: FundingEnd, effects: &mut Vec<Effect>) {
        match end {
            FundingEnd::Funded { balance } => {
                let funded = self.pool.funded(index, balance);
                debug_assert!(funded.is_ok(), "{funded:?}");
                self.sweep_late_wallets(effects);
            }
            FundingEnd::NotSent => self.pool.give_back(index),
            FundingEnd::Unknown => {
                let quarantined = self.pool.funding_unknown(index);
                debug_assert!(quarantined.is_ok(), "{quarantined:?}");
                effects.push(Effect::Sweep { index, in_doubt: true });
            }
        }
    }

    /// A wallet that becomes ready when nobody is left to use it goes straight home.
    fn sweep_late_wallets(&mut self, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Sweep {
            self.sweep_rest(effects);
        }
    }

    /// Without the wallets it asked for the load begins all the same once users would have lost
    /// patience: those without one then fail as `funding`, in the open.
    fn on_tick(&mut self, now: RunOffset, facts: &DemandFacts, effects: &mut Vec<Effect>) {
        if self.phase == Phase::Prime && now.since_start() >= self.limits.funding_timeout {
            self.enter(Phase::Load, effects);
        }
        if self.phase == Phase::Settle {
            // Twice the time that its blocks should take: then the chain has stopped making them.
            let patience = facts.block_time * (2 * Self::SETTLE_BLOCKS_MAX);
            let until = *self.settle_until.get_or_insert(now + patience);
            if now >= until {
                self.settle_blocks = Self::SETTLE_BLOCKS_MAX;
            }
        }
    }

    fn on_stop(&mut self, reason: StopReason, effects: &mut Vec<Effect>) {
        let second = self.ended != Ended::Completed;
        if self.phase >= Phase::Settle {
            return;
        }
        if second {
            if matches!(reason, StopReason::Interrupt | StopReason::DrainTimeout) {
                self.ended = Ended::Aborted;
                effects.push(Effect::AbortJourneys);
            }
            return;
        }
        self.ended = reason.ended();
        self.arrivals_open = false;
        effects.push(Effect::StopArrivals);
        effects.push(Effect::RecordAbandoned(self.admission.abandon_backlog()));
    }

    fn hand_out_wallets(&mut self, effects: &mut Vec<Effect>) {
        if !self.limits.submit.funds_users() {
            let lent = self.waiting.drain(..).map(|seq| (seq, self.pool.lend(seq)));
            effects.extend(lent.map(|(seq, index)| Effect::Lend { seq, index }));
            return;
        }
        while let Some(seq) = self.waiting.front().copied() {
            let Some((index, balance)) = self.pool.lease(seq) else { break };
            self.waiting.pop_front();
            effects.push(Effect::Lease { seq, index, balance });
        }
    }

    fn ask_for_wallets(&mut self, now: RunOffset, facts: &DemandFacts, out: &mut Vec<Effect>) {
        let may_ask = match self.phase {
            // A wallet that is asked for before could only wait for its lane.
            Phase::Prime => self.lanes_ready,
            Phase::Load | Phase::Drain => true,
            Phase::Check | Phase::Settle | Phase::Sweep | Phase::Report => false,
        };
        if !may_ask || !self.limits.submit.funds_users() {
            return;
        }
        let to_come = if self.arrivals_open { facts.to_come } else { 0 };
        let wanted = wallets_wanted(&Demand {
            rate: facts.rate,
            funding_latency_p99: facts.funding_latency_p99,
            block_time: facts.block_time,
            waiting: self.waiting.len() as u64,
            to_come: to_come + self.admission.backlog() as u64,
        })
        .min(u64::from(self.limits.pool_max.get()));
        let counts = self.pool.counts();
        let room = self.closing_max().saturating_sub(counts.sweeping + counts.quarantined);
        let affordable = self.wallets_affordable(facts);
        let underway = Self::BLOCKS_UNDERWAY * facts.payable_per_block;
        let missing = wanted
            .saturating_sub(counts.ready + counts.funding)
            .min(room)
            .min(affordable)
            .min(underway.saturating_sub(counts.funding));
        self.prime_target.get_or_insert((counts.ready + missing).max(1));
        if missing == 0 && counts.funding == 0 && counts.ready > 0 {
            // The forecast has come down, and what failed is not asked for again.
            self.prime_target = Some(counts.ready);
        }
        for _ in 0..missing {
            let Some(index) = self.pool.begin_funding(now) else { break };
            out.push(Effect::Fund(index));
        }
    }

    /// Whether the spend limit covers one more user, whatever those in flight still cost.
    fn affords_a_user(&self, facts: &DemandFacts) -> bool {
        let counts = self.pool.counts();
        let unserved = (self.waiting.len() as u64).saturating_sub(counts.ready + counts.funding);
        let at_hand = counts.ready + counts.funding > self.waiting.len() as u64;
        at_hand || self.wallets_affordable(facts) > unserved
    }

    fn wallets_affordable(&self, facts: &DemandFacts) -> u64 {
        facts.spend.wallets_affordable(self.limits.spend_max, self.pool.len() as u64)
    }

    fn closing_max(&self) -> u64 {
        let size = self.limits.in_flight_max.get() + self.limits.pool_max.get();
        Self::CLOSING_FACTOR * u64::from(size)
    }

    fn advance_phase(&mut self, effects: &mut Vec<Effect>) {
        let idle = !self.arrivals_open && self.in_flight() == 0 && self.backlog() == 0;
        if self.phase == Phase::Prime && (self.is_primed() || !self.arrivals_open) {
            self.enter(Phase::Load, effects);
        }
        if self.phase == Phase::Load && !self.arrivals_open {
            self.enter(Phase::Drain, effects);
        }
        if self.phase == Phase::Drain && idle {
            effects.push(Effect::StopFunding);
            self.enter(Phase::Settle, effects);
        }
        if self.phase == Phase::Settle && self.is_settled() {
            self.enter(Phase::Sweep, effects);
            self.sweep_rest(effects);
        }
        if self.phase == Phase::Sweep && self.pool.is_empty() && !self.lanes_closing {
            self.lanes_closing = true;
            effects.push(Effect::SweepLanes);
        }
    }

    /// Whether the first users find what they need.
    fn is_primed(&self) -> bool {
        match self.limits.submit {
            SubmitMode::Own => {
                self.prime_target.is_some_and(|target| self.pool.counts().ready >= target)
            }
            SubmitMode::Relayed => self.lanes_ready,
            SubmitMode::Endpoint => true,
        }
    }

    /// Nothing is in doubt any more, or it has had its blocks.
    const fn is_settled(&self) -> bool {
        let counts = self.pool.counts();
        counts.funding + counts.quarantined == 0 || self.settle_blocks >= Self::SETTLE_BLOCKS_MAX
    }

    fn sweep_rest(&mut self, effects: &mut Vec<Effect>) {
        for index in self.pool.sweep_rest() {
            effects.push(Effect::Sweep { index, in_doubt: false });
        }
    }

    fn enter(&mut self, phase: Phase, effects: &mut Vec<Effect>) {
        self.phase = phase;
        effects.push(Effect::Enter(phase));
        if phase == Phase::Report {
            effects.push(Effect::Finish);
        }
    }
}
