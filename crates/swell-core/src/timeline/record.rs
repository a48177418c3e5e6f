//! Recording a run over time in fixed memory.

use super::point::{BlockPoint, Extremes, HostPoint, PointLatency, TimelinePoint};
use crate::snapshot::PoolCounts;
use crate::stats::{ExponentialHistogram, Recent};
use crate::time::RunOffset;
use crate::units::{Gas, WeiPerGas};

/// Stretches kept. When they are full, each two become one.
const POINTS_MAX: usize = 480;

/// How a run went over time, in fixed memory: at most 480 stretches, each a second at first, and twice
/// as long whenever they are full. Counts add up, extremes stay, distributions merge, so nothing that
/// stood out is ever averaged away.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    closed: Vec<Stretch>,
    /// What the closed ones tell, worked out once.
    told: Vec<TimelinePoint>,
    open: Option<Stretch>,
    /// Ticks that make one stretch, a power of two.
    ticks_per_stretch: u32,
    ticks_in_open: u32,
    before: Counts,
}

/// What one look at the run tells. Counts are those since the run began.
#[derive(Clone, Debug, Default)]
pub struct TickFacts {
    /// Arrivals whose time came.
    pub due: u64,
    /// Users that got a place.
    pub started: u64,
    /// Users that reached the end.
    pub succeeded: u64,
    /// Users that did not.
    pub failed: u64,
    /// Arrivals refused a place.
    pub shed: u64,
    /// Wallets that became usable.
    pub funded: u64,
    /// Gas that transactions of ours used.
    pub gas_ours: Gas,
    /// Users in flight.
    pub in_flight: u64,
    /// Arrivals waiting for a place.
    pub backlog: u64,
    /// Wallets by state.
    pub pool: PoolCounts,
    /// What Swell itself uses; `None` in virtual time.
    pub host: Option<HostPoint>,
    /// Journeys that ended since the last look.
    pub recent: Recent,
}

/// One block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockFacts {
    /// Gas its transactions used.
    pub gas_used: Gas,
    /// Gas they may use.
    pub gas_limit: Gas,
    /// Its base fee.
    pub base_fee: Option<WeiPerGas>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    due: u64,
    started: u64,
    succeeded: u64,
    failed: u64,
    shed: u64,
    funded: u64,
    gas_ours: u64,
}

/// A point, and the distributions it comes from.
#[derive(Clone, Debug)]
struct Stretch {
    point: TimelinePoint,
    response: ExponentialHistogram,
    service: ExponentialHistogram,
    /// Ours is known only at the next look, the block itself at once.
    gas_ours: u64,
}

impl Timeline {
    /// Records one look at the run, `at`. Meant to happen once a second.
    pub fn tick(&mut self, at: RunOffset, facts: TickFacts) {
        let counts = facts.counts();
        let before = std::mem::replace(&mut self.before, counts);
        let last = self.closed.last_mut().filter(|last| last.point.end_s >= at.as_secs_f64());
        if let Some(last) = last {
            // A second look at the same instant: a stretch of its own would have no length.
            last.add(at, &facts, counts, before);
            let told = last.told();
            self.told.pop();
            self.told.push(told);
            return;
        }
        self.open_stretch().add(at, &facts, counts, before);
        self.ticks_in_open += 1;
        if self.ticks_in_open >= self.ticks_per_stretch {
            self.ticks_in_open = 0;
            self.told.extend(self.open.as_ref().map(Stretch::told));
            self.closed.extend(self.open.take());
        }
        if self.closed.len() >= POINTS_MAX {
            self.halve();
        }
    }

    /// Records a block.
    pub fn block(&mut self, block: &BlockFacts) {
        let (used, limit) = (block.gas_used.0, block.gas_limit.0);
        let share = if limit > 0 { used as f64 / limit as f64 } else { 0.0 };
        let percent = (10_000.0 * share).round() / 100.0;
        let blocks = &mut self.open_stretch().point.blocks;
        *blocks = Some(blocks.unwrap_or_default().then(BlockPoint {
            count: 1,
            gas_used: used,
            gas_limit: limit,
            gas_ours: 0,
            fullest_percent: percent,
            base_fee_first: block.base_fee,
            base_fee_max: block.base_fee,
        }));
    }

    /// The run so far, in order; the last point may still grow.
    #[must_use]
    pub fn points(&self) -> Vec<TimelinePoint> {
        // A stretch that no tick has seen yet has no length.
        let seen = |stretch: &&Stretch| stretch.point.length_s() > 0.0;
        let open = self.open.iter().filter(seen).map(Stretch::told);
        self.told.iter().cloned().chain(open).collect()
    }

    fn open_stretch(&mut self) -> &mut Stretch {
        let begins = self.closed.last().map_or(0.0, |last| last.point.end_s);
        self.ticks_per_stretch = self.ticks_per_stretch.max(1);
        self.open.get_or_insert_with(|| Stretch::begin(begins))
    }

    fn halve(&mut self) {
        let mut merged = Vec::with_capacity(POINTS_MAX);
        let mut stretches = std::mem::take(&mut self.closed).into_iter();
        while let Some(first) = stretches.next() {
            merged.push(match stretches.next() {
                Some(second) => first.then(second),
                None => first,
            });
        }
        self.told = merged.iter().map(Stretch::told).collect();
        self.closed = merged;
        self.ticks_per_stretch *= 2;
    }
}

impl TickFacts {
    const fn counts(&self) -> Counts {
        Counts {
            due: self.due,
            started: self.started,
            succeeded: self.succeeded,
            failed: self.failed,
            shed: self.shed,
            funded: self.funded,
            gas_ours: self.gas_ours.0,
        }
    }
}

impl Stretch {
    fn begin(start_s: f64) -> Self {
        Self {
            point: TimelinePoint { start_s, end_s: start_s, ..TimelinePoint::default() },
            response: ExponentialHistogram::default(),
            service: ExponentialHistogram::default(),
            gas_ours: 0,
        }
    }

    fn add(&mut self, at: RunOffset, facts: &TickFacts, now: Counts, before: Counts) {
        let is_first = self.point.length_s() <= 0.0;
        let point = &mut self.point;
        point.end_s = at.as_secs_f64();
        point.due += now.due.saturating_sub(before.due);
        point.started += now.started.saturating_sub(before.started);
        point.succeeded += now.succeeded.saturating_sub(before.succeeded);
        point.failed += now.failed.saturating_sub(before.failed);
        point.shed += now.shed.saturating_sub(before.shed);
        point.funded += now.funded.saturating_sub(before.funded);
        self.gas_ours += now.gas_ours.saturating_sub(before.gas_ours);
        let stands = |of: &mut Extremes, value: u64| {
            let value = Extremes::of(value);
            *of = if is_first { value } else { of.then(value) };
        };
        stands(&mut point.in_flight, facts.in_flight);
        stands(&mut point.backlog, facts.backlog);
        stands(&mut point.pool_ready, facts.pool.ready);
        stands(&mut point.pool_funding, facts.pool.funding);
        stands(&mut point.pool_sweeping, facts.pool.sweeping);
        point.host = facts.host.map(|host| point.host.unwrap_or_default().then(host));
        self.response.merge(&facts.recent.response);
        self.service.merge(&facts.recent.service);
    }

    fn then(mut self, later: Self) -> Self {
        self.response.merge(&later.response);
        self.service.merge(&later.service);
        let (one, other) = (self.point, later.point);
        let point = TimelinePoint {
            start_s: one.start_s,
            end_s: other.end_s,
            due: one.due + other.due,
            started: one.started + other.started,
            succeeded: one.succeeded + other.succeeded,
            failed: one.failed + other.failed,
            shed: one.shed + other.shed,
            funded: one.funded + other.funded,
            in_flight: one.in_flight.then(other.in_flight),
            backlog: one.backlog.then(other.backlog),
            pool_ready: one.pool_ready.then(other.pool_ready),
            pool_funding: one.pool_funding.then(other.pool_funding),
            pool_sweeping: one.pool_sweeping.then(other.pool_sweeping),
            response_ms: None,
            service_ms: None,
            blocks: both(one.blocks, other.blocks, BlockPoint::then),
            host: both(one.host, other.host, HostPoint::then),
        };
        Self { point, gas_ours: self.gas_ours + later.gas_ours, ..self }
    }

    fn told(&self) -> TimelinePoint {
        let mut point = self.point.clone();
        point.response_ms = figures(&self.response);
        point.service_ms = figures(&self.service);
        if let Some(blocks) = &mut point.blocks {
            blocks.gas_ours = self.gas_ours;
        }
        point
    }
}

fn both<T>(one: Option<T>, other: Option<T>, then: fn(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(then(one, other)),
        (one, other) => one.or(other),
    }
}

fn figures(histogram: &ExponentialHistogram) -> Option<PointLatency> {
    let rounded =
        |percent| histogram.percentile_ms(percent).map(|ms| (ms * 1000.0).round() / 1000.0);
    Some(PointLatency {
        count: histogram.count(),
        p50: rounded(50.0)?,
        p95: rounded(95.0)?,
        p99: rounded(99.0)?,
        max: histogram.max_us() as f64 / 1000.0,
    })
}
