//! One stretch of a run.

use serde::{Deserialize, Serialize};

use crate::units::WeiPerGas;

/// One stretch of a run: what was counted in it, and between which values what stands went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimelinePoint {
    /// Where it begins, seconds since the run began.
    pub start_s: f64,
    /// Where it ends.
    pub end_s: f64,
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
    /// Users in flight.
    pub in_flight: Extremes,
    /// Arrivals waiting for a place.
    pub backlog: Extremes,
    /// Wallets funded and unused.
    pub pool_ready: Extremes,
    /// Wallets being funded.
    pub pool_funding: Extremes,
    /// Wallets whose residue is not home yet.
    pub pool_sweeping: Extremes,
    /// Response time of journeys that ended in it; `None` when none did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response_ms: Option<PointLatency>,
    /// Service time of journeys that ended in it; `None` when none did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service_ms: Option<PointLatency>,
    /// Blocks that came in it; `None` when none did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blocks: Option<BlockPoint>,
    /// What Swell itself used; `None` in virtual time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<HostPoint>,
}

impl TimelinePoint {
    /// Its length, seconds.
    #[must_use]
    pub fn length_s(&self) -> f64 {
        self.end_s - self.start_s
    }

    /// `count` events of this stretch as a rate, per second.
    #[must_use]
    pub fn per_s(&self, count: u64) -> f64 {
        let length = self.length_s();
        if length > 0.0 { count as f64 / length } else { 0.0 }
    }
}

/// The smallest and the largest value of something that stands, and where it stood at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extremes {
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
    /// At the end.
    pub last: u64,
}

/// Percentiles in milliseconds, at most 2.2 % too high; the largest is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PointLatency {
    /// How many ended.
    pub count: u64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

/// Blocks of one stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BlockPoint {
    /// How many.
    pub count: u64,
    /// Gas all transactions used.
    pub gas_used: u64,
    /// Gas that could have been used.
    pub gas_limit: u64,
    /// Gas that transactions of ours used.
    pub gas_ours: u64,
    /// The fullest block, percent of its limit.
    pub fullest_percent: f64,
    /// The first block's base fee.
    #[serde(default)]
    pub base_fee_first: Option<WeiPerGas>,
    /// The highest base fee; `None` on chains without EIP-1559.
    pub base_fee_max: Option<WeiPerGas>,
}

/// What Swell's load side used of its machine in one stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostPoint {
    /// The largest resident set, bytes.
    pub rss_bytes_max: u64,
    /// The most CPU in a second, percent of one core.
    pub cpu_percent_of_core_max: f64,
}

impl Extremes {
    pub(super) const fn of(value: u64) -> Self {
        Self { min: value, max: value, last: value }
    }

    /// This and what came after it.
    pub(super) fn then(self, later: Self) -> Self {
        Self { min: self.min.min(later.min), max: self.max.max(later.max), last: later.last }
    }
}

impl BlockPoint {
    /// These blocks and those that came after them.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            count: self.count + later.count,
            gas_used: self.gas_used + later.gas_used,
            gas_limit: self.gas_limit + later.gas_limit,
            gas_ours: self.gas_ours + later.gas_ours,
            fullest_percent: self.fullest_percent.max(later.fullest_percent),
            base_fee_first: self.base_fee_first.or(later.base_fee_first),
            base_fee_max: self.base_fee_max.max(later.base_fee_max),
        }
    }
}

impl HostPoint {
    pub(super) fn then(self, later: Self) -> Self {
        Self {
            rss_bytes_max: self.rss_bytes_max.max(later.rss_bytes_max),
            cpu_percent_of_core_max: self
                .cpu_percent_of_core_max
                .max(later.cpu_percent_of_core_max),
        }
    }
}
