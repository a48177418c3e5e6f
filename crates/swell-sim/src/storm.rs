//! What goes wrong under one seed: drawn before anything begins, so that it can be read.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use rand::RngExt;
use swell_core::arrival::RateProfile;
use swell_core::funding::{FundingStrategy, StrategyWish};
use swell_core::plan::{ArrivalKind, Limits, LoadPlan, RunPlan, WhenFull};
use swell_core::seed::{Seed, SeededRng};
use swell_core::submit::SubmitMode;
use swell_core::units::{Rate, Share};

/// What goes wrong under one seed, and what is run meanwhile.
#[derive(Clone, Debug)]
pub struct Storm {
    /// Where all of it comes from.
    pub seed: Seed,
    /// The load.
    pub plan: RunPlan,
    /// Blocks until a transaction counts as final. No reorganisation goes as deep.
    pub finality_blocks: u64,
    /// What happens to requests to the chain, the store and the personal server.
    pub parts: [PartStorm; 3],
    /// What happens to the chain, by time.
    pub troubles: Vec<(Duration, Trouble)>,
    /// When the run is told to stop; the second time it aborts.
    pub stops: Vec<Duration>,
}

/// The parts of the target, in the order of [`Storm::parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// JSON-RPC.
    Rpc,
    /// The object store.
    Store,
    /// The personal server.
    Server,
}

/// What happens to the requests to one part.
#[derive(Clone, Debug, Default)]
pub struct PartStorm {
    /// Faults drawn for each request, from one instant to another.
    pub showers: Vec<Shower>,
    /// Intervals in which nothing is answered.
    pub outages: Vec<(Duration, Duration)>,
}

/// Faults drawn for each request in an interval: each a share, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Shower {
    /// When it begins.
    pub from: Duration,
    /// When it ends.
    pub until: Duration,
    /// Requests that never arrive.
    pub drop_request: f64,
    /// Answers that are lost.
    pub drop_reply: f64,
    /// Requests that arrive twice.
    pub duplicate: f64,
    /// Answers without meaning.
    pub garble: f64,
    /// Refusals with 429, half of them with a wish for when to come back.
    pub limit: f64,
    /// Refusals with 500 or 503.
    pub refuse: f64,
    /// Requests that are held up.
    pub delay: f64,
    /// The longest they are held up.
    pub delay_max: Duration,
}

/// What happens to the chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// It stops making blocks.
    Stall,
    /// It makes them again.
    Resume,
    /// The mempool forgets everything.
    Forget,
    /// The newest blocks leave the chain.
    Reorg {
        /// How many.
        depth: usize,
        /// The share of their transactions that wait in the pool again; the others are gone.
        kept: f64,
    },
    /// The base fee is so many times what it was.
    FeeSpike {
        /// The factor.
        factor: u64,
    },
    /// The base fee moves by itself again.
    FeeRelief,
}

impl Storm {
    /// No reorganisation is deeper.
    const REORG_DEPTH_MAX: u64 = 3;
    /// Troubles of the chain begin before this.
    const TROUBLES_UNTIL_MS: u64 = 40_000;

    /// The storm of `seed`.
    #[must_use]
    pub fn draw(seed: Seed) -> Self {
        let mut rng = seed.rng("storm");
        let plan = plan(seed, &mut rng);
        let parts = [(); 3].map(|()| PartStorm::draw(&mut rng));
        let finality_blocks = rng.random_range(1..=Self::REORG_DEPTH_MAX + 1);
        let mut storm =
            Self { seed, plan, finality_blocks, parts, troubles: Vec::new(), stops: Vec::new() };
        for _ in 0..rng.random_range(0..=3) {
            storm.draw_trouble(&mut rng);
        }
        storm.troubles.sort_by_key(|(at, _)| *at);
        if rng.random_bool(0.2) {
            let first = ms(rng.random_range(1_000..15_000));
            storm.stops.push(first);
            if rng.random_bool(0.5) {
                storm.stops.push(first + ms(rng.random_range(0..5_000)));
            }
        }
        storm
    }

    fn draw_trouble(&mut self, rng: &mut SeededRng) {
        let at = ms(rng.random_range(500..Self::TROUBLES_UNTIL_MS));
        match rng.random_range(0..4) {
            0 => {
                let length = ms(rng.random_range(2_000..30_000));
                self.troubles.extend([(at, Trouble::Stall), (at + length, Trouble::Resume)]);
            }
            1 => self.troubles.push((at, Trouble::Forget)),
            2 if self.finality_blocks > 1 => {
                // Shallower than finality: what is final does not leave a chain.
                let deepest = usize::try_from(self.finality_blocks - 1).unwrap_or(1);
                let depth = rng.random_range(1..=deepest);
                let kept = [0.0, 0.5, 1.0][rng.random_range(0..3)];
                self.troubles.push((at, Trouble::Reorg { depth, kept }));
            }
            _ => {
                let length = ms(rng.random_range(1_000..15_000));
                let factor = rng.random_range(2..=12);
                let spike = (at, Trouble::FeeSpike { factor });
                self.troubles.extend([spike, (at + length, Trouble::FeeRelief)]);
            }
        }
    }

    /// Whether wallets may fall below their need, and be paid a second time for that.
    pub(crate) fn raises_fees(&self) -> bool {
        self.troubles.iter().any(|(_, trouble)| matches!(trouble, Trouble::FeeSpike { .. }))
    }
}

impl PartStorm {
    fn draw(rng: &mut SeededRng) -> Self {
        let mut storm = Self::default();
        for _ in 0..rng.random_range(0..=2) {
            storm.showers.push(Shower::draw(rng));
        }
        if rng.random_bool(0.2) {
            let from = ms(rng.random_range(0..30_000));
            storm.outages.push((from, from + ms(rng.random_range(500..20_000))));
        }
        storm
    }
}

impl Shower {
    fn draw(rng: &mut SeededRng) -> Self {
        let from = ms(rng.random_range(0..20_000));
        let until = from + ms(rng.random_range(1_000..60_000));
        let strength = [0.02, 0.1, 0.3][rng.random_range(0..3)];
        // Each kind is there or not, so that some showers are of one kind only.
        let mut share = || if rng.random_bool(0.4) { strength / 3.0 } else { 0.0 };
        let [drop_request, drop_reply, duplicate, garble, limit, refuse] =
            [(); 6].map(|()| share());
        let delay = share() * 3.0;
        let delay_max = ms(rng.random_range(10..8_000));
        Self {
            from,
            until,
            drop_request,
            drop_reply,
            duplicate,
            garble,
            limit,
            refuse,
            delay,
            delay_max,
        }
    }
}

fn plan(seed: Seed, rng: &mut SeededRng) -> RunPlan {
    let count = |rng: &mut SeededRng, range: std::ops::RangeInclusive<u32>| {
        NonZeroU32::new(rng.random_range(range)).unwrap_or(NonZeroU32::MIN)
    };
    let users = NonZeroU64::from(count(rng, 6..=14));
    let load = LoadPlan {
        users,
        rate: Rate::new(rng.random_range(1.0..8.0)).unwrap_or_default(),
        duration: Duration::from_secs(60),
        arrivals: if rng.random_bool(0.2) { ArrivalKind::Burst } else { ArrivalKind::Poisson },
        ramp_up: Duration::ZERO,
        ramp_down: Duration::ZERO,
        spikes: Vec::new(),
    };
    let limits = Limits {
        in_flight_max: count(rng, 3..=14),
        pool_max: count(rng, 2..=10),
        funding_workers: count(rng, 1..=4),
        backlog_max: rng.random_range(2..=20),
        when_full: if rng.random_bool(0.2) { WhenFull::Shed } else { WhenFull::Queue },
        journey_timeout: Duration::from_secs(rng.random_range(20..=60)),
        drain_timeout: Duration::from_secs(rng.random_range(5..=60)),
        funding_timeout: Duration::from_secs(rng.random_range(5..=30)),
        ..funding_limits(seed)
    };
    debug_assert!(RateProfile::new(&load).planned() > 0.0);
    RunPlan { load, limits, seed, thresholds: Vec::new() }
}

/// Who sends users' calls, how wallets are paid, and with how much of a block.
fn funding_limits(seed: Seed) -> Limits {
    let mut rng = seed.rng("storm funding");
    let batch = rng.random_bool(0.4);
    let strategy = if batch { FundingStrategy::Batch } else { FundingStrategy::Direct };
    // Little enough, at times, for payments to wait for the next block.
    let percent = if rng.random_bool(0.3) { 0.01 } else { 25.0 };
    // Three of ten, told from the number, so that storms that once broke something stay what they were.
    let relayed = matches!(seed.0 % 10, 0 | 3 | 6);
    Limits {
        submit: if relayed { SubmitMode::Relayed } else { SubmitMode::Own },
        funding: StrategyWish::Only(strategy),
        funding_gas: Share::from_percent(percent).unwrap_or(Limits::default().funding_gas),
        ..Limits::default()
    }
}

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
