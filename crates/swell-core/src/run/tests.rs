//! Random stories of a run: whatever happens, everybody is accounted for and every wallet goes home.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::arrival::Arrival;
use crate::plan::{Limits, WhenFull};
use crate::report::Ended;
use crate::snapshot::Phase;
use crate::spend::SpendFacts;
use crate::submit::SubmitMode;
use crate::time::RunOffset;
use crate::units::{Rate, Wei};

fn facts(to_come: u64) -> DemandFacts {
    DemandFacts {
        rate: Rate::new(3.0).unwrap(),
        to_come,
        funding_latency_p99: Duration::from_secs(2),
        block_time: Duration::from_secs(1),
        payable_per_block: 100,
        spend: SpendFacts { per_wallet_max: Wei::new(10), ..SpendFacts::default() },
    }
}

fn limits(places: u32, pool: u32) -> Limits {
    Limits {
        in_flight_max: NonZeroU32::new(places).unwrap(),
        pool_max: NonZeroU32::new(pool).unwrap(),
        backlog_max: 5,
        ..Limits::default()
    }
}

/// Plays the part of the driver: keeps what was asked for and answers in an order drawn by proptest.
struct Stage {
    state: RunState,
    users: u64,
    arrived: u64,
    funding: Vec<u64>,
    journeys: BTreeSet<u64>,
    sweeping: Vec<u64>,
    leased: BTreeSet<u64>,
    due: u64,
    started: u64,
    shed: u64,
    abandoned: u64,
    lanes_asked: u32,
    finished: bool,
}

impl Stage {
    fn new(limits: Limits, users: u64) -> Self {
        let mut stage = Self {
            state: RunState::new(limits, 0),
            users,
            arrived: 0,
            funding: Vec::new(),
            journeys: BTreeSet::new(),
            sweeping: Vec::new(),
            leased: BTreeSet::new(),
            due: 0,
            started: 0,
            shed: 0,
            abandoned: 0,
            lanes_asked: 0,
            finished: false,
        };
        stage.tell(if limits.submit.funds_users() { Event::LanesReady } else { Event::Tick });
        stage
    }

    fn tell(&mut self, event: Event) {
        let facts = facts(self.users - self.arrived);
        for effect in self.state.handle(RunOffset::ZERO, event, &facts) {
            self.take(effect);
        }
    }

    fn take(&mut self, effect: Effect) {
        match effect {
            Effect::StartJourney { arrival, .. } => {
                self.started += 1;
                assert!(self.journeys.insert(arrival.seq), "a user starts once");
            }
            Effect::RecordShed { .. } => self.shed += 1,
            Effect::RecordAbandoned(count) => self.abandoned += count,
            Effect::Fund(index) => self.funding.push(index),
            Effect::Lease { index, .. } => {
                assert!(self.leased.insert(index), "a wallet is leased once");
            }
            Effect::Lend { index, .. } => {
                assert!(self.leased.insert(index), "a wallet is leased once");
            }
            Effect::Sweep { index, .. } => {
                assert!(!self.sweeping.contains(&index), "a wallet is swept once");
                self.sweeping.push(index);
            }
            Effect::SweepLanes => self.lanes_asked += 1,
            Effect::Finish => self.finished = true,
            Effect::StopArrivals => self.users = self.arrived,
            Effect::Enter(_) | Effect::StopFunding | Effect::AbortJourneys => {}
        }
    }

    fn arrive(&mut self) {
        if self.state.phase() == Phase::Load && self.arrived < self.users {
            let arrival = Arrival { seq: self.arrived, due: RunOffset::ZERO };
            self.arrived += 1;
            self.due += 1;
            self.tell(Event::ArrivalDue(arrival));
            if self.arrived == self.users {
                self.tell(Event::ArrivalsEnded);
            }
        }
    }

    fn fund(&mut self, end: FundingEnd) {
        if !self.funding.is_empty() {
            let index = self.funding.remove(0);
            self.tell(Event::FundingEnded { index, end });
        }
    }

    fn end_journey(&mut self, in_doubt: bool) {
        if let Some(seq) = self.journeys.pop_first() {
            self.tell(Event::JourneyEnded(JourneyEnd { seq, in_doubt }));
        }
    }

    fn close(&mut self) {
        if let Some(index) = self.sweeping.pop() {
            self.tell(Event::WalletClosed { index });
        }
    }

    fn step(&mut self, choice: u8) {
        match choice {
            0..=3 => self.arrive(),
            4..=6 => self.fund(FundingEnd::Funded { balance: Wei::new(1) }),
            7 => self.fund(FundingEnd::Unknown),
            8..=10 => self.end_journey(choice == 10),
            11 => self.close(),
            _ => self.tell(Event::Block),
        }
    }

    /// Everything that is still open ends.
    fn play_out(&mut self) {
        for _ in 0..10_000 {
            if self.finished {
                return;
            }
            self.tell(Event::LanesReady);
            self.arrive();
            self.fund(FundingEnd::Funded { balance: Wei::new(1) });
            self.end_journey(false);
            self.close();
            self.tell(Event::Block);
            if self.lanes_asked > 0 && !self.finished {
                self.tell(Event::LanesClosed);
            }
        }
    }
}

proptest! {
    #[test]
    fn everybody_is_accounted_for_and_every_wallet_goes_home(
        choices in proptest::collection::vec(0u8..14, 0..300),
        stop_at in proptest::option::of(0usize..300),
        places in 1u32..6,
        pool in 1u32..8,
        shed in any::<bool>(),
        submit in prop::sample::select(vec![
            SubmitMode::Own, SubmitMode::Own, SubmitMode::Relayed, SubmitMode::Endpoint,
        ]),
    ) {
        let mut limits = Limits { submit, ..limits(places, pool) };
        limits.when_full = if shed { WhenFull::Shed } else { WhenFull::Queue };
        let mut stage = Stage::new(limits, 40);
        for (position, choice) in choices.iter().enumerate() {
            if stop_at == Some(position) {
                stage.tell(Event::Stop(StopReason::Interrupt));
            }
            stage.step(*choice);
            prop_assert!(stage.state.in_flight() <= places);
            let counts = stage.state.pool();
            prop_assert!(counts.ready + counts.funding <= u64::from(pool));
            prop_assert!(submit.funds_users() || counts.leased == u64::from(stage.state.in_flight()));
        }
        stage.play_out();
        prop_assert!(stage.finished);
        prop_assert_eq!(stage.due, stage.started + stage.shed + stage.abandoned);
        prop_assert_eq!(stage.lanes_asked, 1);
        prop_assert_eq!(stage.state.pool(), crate::snapshot::PoolCounts::default());
    }
}

#[test]
fn load_begins_when_the_forecast_is_met() {
    let mut stage = Stage::new(limits(5, 10), 100);
    assert_eq!(stage.state.pool().funding, 10);
    for _ in 0..10 {
        assert_eq!(stage.state.phase(), Phase::Prime);
        stage.fund(FundingEnd::Funded { balance: Wei::new(1) });
    }
    assert_eq!(stage.state.phase(), Phase::Load);
}

#[test]
fn no_more_is_asked_for_than_two_blocks_can_pay() {
    let mut state = RunState::new(limits(500, 500), 0);
    state.handle(RunOffset::ZERO, Event::LanesReady, &facts(0));
    let facts = DemandFacts { rate: Rate::new(300.0).unwrap(), ..facts(10_000) };
    let asked = |effects: Vec<Effect>| {
        effects.into_iter().filter(|effect| matches!(effect, Effect::Fund(_))).count()
    };
    assert_eq!(asked(state.handle(RunOffset::ZERO, Event::Tick, &facts)), 200);
    assert_eq!(asked(state.handle(RunOffset::ZERO, Event::Block, &facts)), 0);
    let end = FundingEnd::Funded { balance: Wei::new(1) };
    let funded = Event::FundingEnded { index: 0, end };
    assert_eq!(asked(state.handle(RunOffset::ZERO, funded, &facts)), 1);
}

#[test]
fn what_could_not_be_funded_is_asked_for_again_before_load_begins() {
    let mut stage = Stage::new(limits(5, 1), 100);
    stage.fund(FundingEnd::NotSent);
    assert_eq!((stage.state.phase(), stage.state.pool().funding), (Phase::Prime, 1));
    stage.fund(FundingEnd::Funded { balance: Wei::new(1) });
    assert_eq!(stage.state.phase(), Phase::Load);
}

#[test]
fn nobody_is_funded_where_others_send_users_calls() {
    for submit in [SubmitMode::Relayed, SubmitMode::Endpoint] {
        let mut stage = Stage::new(Limits { submit, ..limits(2, 10) }, 5);
        let waits = submit == SubmitMode::Relayed;
        assert_eq!(stage.state.phase() == Phase::Prime, waits, "lanes are filled first");
        stage.tell(Event::LanesReady);
        assert_eq!(stage.state.phase(), Phase::Load);
        stage.arrive();
        stage.arrive();
        assert_eq!(stage.leased.len(), 2, "a wallet comes with the place");
        stage.play_out();
        assert!(stage.finished && stage.funding.is_empty() && stage.sweeping.is_empty());
        assert_eq!((stage.started, stage.leased.len()), (5, 5));
    }
}

#[test]
fn a_spend_limit_counts_the_calls_that_the_relayer_sends() {
    let limited =
        Limits { spend_max: Some(Wei::new(39)), submit: SubmitMode::Relayed, ..limits(10, 10) };
    let mut stage = Stage::new(limited, 10);
    stage.tell(Event::LanesReady);
    for _ in 0..5 {
        stage.arrive();
    }
    assert_eq!((stage.started, stage.abandoned), (3, 1));
    assert_eq!(stage.state.ended(), Ended::LimitReached);
}

#[test]
fn load_begins_without_a_wallet_once_patience_is_over() {
    let mut state = RunState::new(limits(5, 10), 0);
    let late = RunOffset::new(Limits::FUNDING_TIMEOUT_DEFAULT);
    state.handle(late, Event::Tick, &facts(100));
    assert_eq!(state.phase(), Phase::Load);
}

#[test]
fn the_first_interrupt_drains_and_the_second_aborts() {
    let mut stage = Stage::new(limits(1, 1), 100);
    stage.fund(FundingEnd::Funded { balance: Wei::new(1) });
    for _ in 0..3 {
        stage.arrive();
    }
    stage.tell(Event::Stop(StopReason::Interrupt));
    assert_eq!((stage.state.phase(), stage.state.ended()), (Phase::Drain, Ended::Drained));
    assert_eq!(stage.abandoned, 2);
    let effects =
        stage.state.handle(RunOffset::ZERO, Event::Stop(StopReason::Interrupt), &facts(0));
    assert!(effects.contains(&Effect::AbortJourneys));
    assert_eq!(stage.state.ended(), Ended::Aborted);
}

#[test]
fn settling_gives_doubt_its_blocks_and_no_more() {
    let mut stage = Stage::new(limits(1, 1), 1);
    stage.fund(FundingEnd::Funded { balance: Wei::new(1) });
    stage.arrive();
    stage.end_journey(true);
    assert_eq!(stage.state.phase(), Phase::Settle);
    for _ in 0..RunState::SETTLE_BLOCKS_MAX {
        assert_eq!(stage.state.phase(), Phase::Settle);
        stage.tell(Event::Block);
    }
    assert_eq!(stage.state.phase(), Phase::Sweep);
}

#[test]
fn settling_ends_when_the_chain_makes_no_blocks_any_more() {
    let mut stage = Stage::new(limits(1, 1), 1);
    stage.fund(FundingEnd::Funded { balance: Wei::new(1) });
    stage.arrive();
    stage.end_journey(true);
    let blocks = Duration::from_secs(u64::from(RunState::SETTLE_BLOCKS_MAX));
    for (after, phase) in [(0, Phase::Settle), (1, Phase::Settle), (2, Phase::Sweep)] {
        let now = RunOffset::new(blocks * after);
        stage.state.handle(now, Event::Tick, &facts(0));
        assert_eq!(stage.state.phase(), phase, "after {after} times ten blocks");
    }
}

#[test]
fn arrivals_stop_before_the_spend_limit_can_be_passed() {
    // Three wallets of 10 wei at most fit, and the fourth user's does not.
    let limited = Limits { spend_max: Some(Wei::new(39)), ..limits(10, 10) };
    let mut stage = Stage::new(limited, 10);
    for _ in 0..4 {
        stage.fund(FundingEnd::Funded { balance: Wei::new(10) });
    }
    for _ in 0..5 {
        stage.arrive();
    }
    assert_eq!((stage.started, stage.abandoned), (3, 1));
    assert_eq!(stage.state.ended(), Ended::LimitReached);
    assert_eq!(stage.due, stage.started + stage.abandoned, "nobody arrives after the stop");
}

#[test]
fn a_backlog_is_abandoned_when_the_limit_covers_nobody_more() {
    let limited = Limits { spend_max: Some(Wei::new(15)), ..limits(1, 1) };
    let mut stage = Stage::new(limited, 3);
    stage.fund(FundingEnd::Funded { balance: Wei::new(10) });
    stage.arrive();
    stage.arrive();
    assert_eq!((stage.started, stage.state.ended()), (1, Ended::LimitReached));
    assert_eq!(stage.due, stage.started + stage.abandoned);
}
