//! The run as it stands: what every live view sees, once a second.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::annotation::Annotation;
use crate::command::RatePercent;
use crate::progress::Progress;
use crate::report::{EndpointRow, FailureRow, Latency, ThresholdResult};
use crate::stats::ExportedHistogram;
use crate::timeline::TimelinePoint;
use crate::units::{Wei, WeiPerGas};

/// Phases of a run, in order. Every one is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Targets answer, chain id, balance, contracts, ceilings.
    Check,
    /// Lanes and the first wallets.
    Prime,
    /// Users arrive.
    Load,
    /// No more arrivals; users in flight end.
    Drain,
    /// What was submitted is included.
    Settle,
    /// Money goes home.
    Sweep,
    /// The report is written.
    Report,
}

impl Phase {
    /// The name every view uses.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Prime => "prime",
            Self::Load => "load",
            Self::Drain => "drain",
            Self::Settle => "settle",
            Self::Sweep => "sweep",
            Self::Report => "report",
        }
    }
}

/// What a run is, known from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunIdentity {
    /// The run's id: with the relayer's key it recovers every wallet.
    pub id: String,
    /// Root of the repeatable randomness.
    pub seed: u64,
    /// Swell's version.
    pub version: String,
    /// The journey's name.
    pub journey: String,
    /// The target's name.
    pub target: String,
    /// The chain's id.
    pub chain_id: u64,
    /// Whether time is virtual.
    pub virtual_time: bool,
    /// Places: users in flight at most.
    pub places: u64,
}

/// The run as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// What the run is.
    pub run: RunIdentity,
    /// Where the run is.
    pub phase: Phase,
    /// Seconds since the run began.
    pub elapsed_s: f64,
    /// Seconds until the last arrival is expected; `None` before load begins, while arrivals are
    /// paused, and after the last.
    pub left_s: Option<f64>,
    /// How far the phase is, where it works something off.
    pub progress: Option<Progress>,
    /// Whether somebody has paused arrivals.
    pub paused: bool,
    /// At which share of the planned rate users arrive.
    pub rate_percent: RatePercent,
    /// Expected number of arrivals.
    pub planned: f64,
    /// Arrivals whose time came.
    pub due: u64,
    /// Users that got a place.
    pub started: u64,
    /// Arrivals refused a place.
    pub shed: u64,
    /// `shed` by reason.
    pub shed_by_reason: BTreeMap<String, u64>,
    /// Users that reached the end.
    pub succeeded: u64,
    /// Users that did not.
    pub failed: u64,
    /// `failed` by class.
    pub failed_by_class: BTreeMap<String, u64>,
    /// Arrivals never started because the run was stopped.
    pub abandoned: u64,
    /// Users that waited for a place before they started.
    pub waited_for_place: u64,
    /// Users in flight.
    pub in_flight: u64,
    /// Arrivals waiting for a place.
    pub backlog: u64,
    /// Arrivals due per second over the last 60 s, or since load began if that is shorter.
    pub offered_per_s: f64,
    /// Successes per second over the last 60 s, or since load began if that is shorter.
    pub throughput_per_s: f64,
    /// Arrivals due per second over other windows. Not part of the JSON line.
    #[serde(skip)]
    pub offered_lately: RecentRates,
    /// Successes per second over other windows. Not part of the JSON line.
    #[serde(skip)]
    pub throughput_lately: RecentRates,
    /// Successes ÷ ended, percent, over the whole run; `None` before anyone ended.
    pub success_percent: Option<f64>,
    /// Response time of all ended journeys.
    pub response_ms: Latency,
    /// Service time of all ended journeys.
    pub service_ms: Latency,
    /// Wallets by state.
    pub pool: PoolCounts,
    /// Wallets that became usable per second over the last 60 s.
    pub funding_per_s: f64,
    /// Wallets that became usable.
    pub funded: u64,
    /// Wallets that could not be funded.
    pub funding_failed: u64,
    /// From demand to a usable wallet.
    pub funding_latency_ms: Latency,
    /// Fees so far, and what journeys paid on purpose.
    pub spent: Wei,
    /// What the relayer needs at least for funding to go on, while it has less.
    pub relayer_needs: Option<Wei>,
    /// One row a step.
    pub steps: Vec<StepSnapshot>,
    /// Thresholds as they stand.
    pub thresholds: Vec<ThresholdResult>,
    /// The most frequent failures, each with its first few samples.
    pub failures: Vec<FailureRow>,
    /// Endpoints of the target, and their health.
    pub endpoints: Vec<EndpointRow>,
    /// The latest block known.
    pub block: Option<u64>,
    /// Its base fee.
    pub base_fee: Option<WeiPerGas>,
    /// Resident set, bytes.
    pub rss_bytes: u64,
    /// CPU of the load side over the last second, percent of one core.
    pub cpu_percent_of_core: f64,
    /// CPU time of the load side since the run began, seconds.
    pub cpu_s: f64,
    /// Schedule lag so far, 99th percentile, microseconds.
    pub schedule_lag_us_p99: u64,
    /// What happened so far, in order.
    pub annotations: Vec<Annotation>,
    /// The run so far. Not part of the JSON line.
    #[serde(skip)]
    pub timeline: Vec<TimelinePoint>,
    /// Latencies for exporters; empty unless one is on. Not part of the JSON line.
    #[serde(skip)]
    pub histograms: Vec<ExportedHistogram>,
}

/// Events per second over the last moments, or since load began if that is shorter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RecentRates {
    /// Over the last 10 s.
    pub last_10_s: f64,
    /// Over the last 5 minutes.
    pub last_5_min: f64,
}

/// Wallets by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PoolCounts {
    /// Being funded.
    pub funding: u64,
    /// Funded and unused.
    pub ready: u64,
    /// In a user's hands.
    pub leased: u64,
    /// Used; residue not yet home.
    pub sweeping: u64,
    /// Outcome of their last transaction unknown.
    pub quarantined: u64,
}

/// One step as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct StepSnapshot {
    /// Its name.
    pub name: &'static str,
    /// How often it ended.
    pub count: u64,
    /// How often it failed.
    pub errors: u64,
    /// Users in it now.
    pub active: u64,
    /// From when it was due.
    pub response_ms: Latency,
    /// From when it was sent.
    pub service_ms: Latency,
}
