//! The report: what a run was, did and cost. The one source of every view of a finished run.
//!
//! Serialized as `report.json`. Latencies are milliseconds, money is decimal strings of wei.

mod curve;
mod network;
mod relay;
mod storage;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::annotation::Annotation;
use crate::funding::FundingStrategy;
use crate::journey::FailureDetail;
use crate::timeline::TimelinePoint;
use crate::units::Wei;

pub use curve::{CurvePoint, LatencyClock, LatencyCurve};
pub use network::{Blocks, EndpointRow, EndpointState, InclusionRow};
pub use relay::{Relay, RelayCost};
pub use storage::StorageRow;

/// Version of this format.
pub const REPORT_FORMAT: u32 = 1;

/// A finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_FORMAT`].
    pub format: u32,
    /// What the run was.
    pub run: RunFacts,
    /// Whether it met its thresholds, and why not.
    pub verdict: Verdict,
    /// Every threshold with its number.
    pub thresholds: Vec<ThresholdResult>,
    /// Every arrival accounted for: due = started + shed + abandoned.
    pub arrivals: ArrivalCounts,
    /// Every start accounted for: started = succeeded + failed.
    pub outcomes: OutcomeCounts,
    /// Successes per second.
    pub throughput: Throughput,
    /// From due to the end: what users felt. All ended journeys, failures included.
    pub response_ms: Latency,
    /// From sent to the end: what the target took. All ended journeys, failures included.
    pub service_ms: Latency,
    /// As `response_ms`, of those that succeeded.
    pub response_ms_succeeded: Latency,
    /// One row a step.
    pub steps: Vec<StepRow>,
    /// One row a class and step, most frequent first.
    pub failures: Vec<FailureRow>,
    /// Swell's own lateness, from due to start of those that found a place at once.
    pub schedule_lag_us: Lag,
    /// How wallets were funded.
    pub funding: Funding,
    /// The money statement.
    pub money: Money,
    /// What Swell itself used. Absent from a virtual run's `report.json`, which keeps it in `host.json`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resources: Option<Resources>,
    /// How long transactions of ours took into a block, one row a purpose.
    #[serde(default)]
    pub inclusion: Vec<InclusionRow>,
    /// How users' calls fared, where others sent them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relay: Option<Relay>,
    /// One row an endpoint of the target.
    #[serde(default)]
    pub endpoints: Vec<EndpointRow>,
    /// One row a provider of storage that anything was uploaded to.
    #[serde(default)]
    pub storage: Vec<StorageRow>,
    /// What was known before the run to limit it.
    pub ceilings: Vec<Ceiling>,
    /// What held the run back, with numbers.
    pub diagnosis: Vec<Finding>,
    /// What the reader must know before trusting a number.
    pub notes: Vec<String>,
    /// What happened, in order.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    /// The whole distribution of each latency, where anything was measured.
    #[serde(default)]
    pub curves: Vec<LatencyCurve>,
    /// The run over time.
    #[serde(default)]
    pub timeline: Vec<TimelinePoint>,
}

/// What the run was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The run's id: with the relayer's key it recovers every wallet.
    pub id: String,
    /// Root of the repeatable randomness.
    pub seed: u64,
    /// Swell's version.
    pub version: String,
    /// From the beginning of priming to the end of the sweep, seconds.
    pub duration_s: f64,
    /// The journey's name.
    pub journey: String,
    /// The target's name.
    pub target: String,
    /// The chain's id.
    pub chain_id: u64,
    /// Whether time was virtual.
    pub virtual_time: bool,
    /// How it ended.
    pub ended: Ended,
    /// What came before, when it goes on with a run that was interrupted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resumed: Option<Resumed>,
}

/// What came before a run that goes on with an interrupted one. Every other number of the report is
/// of this part alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Which part of the run this is; the first is 1.
    pub part: u32,
    /// The earlier part's report in the same folder; `None` when it did not live to write one.
    pub earlier_report: Option<String>,
    /// From when the earlier part last wrote down an arrival to the beginning of this one, seconds.
    pub gap_s: u64,
    /// Arrivals of earlier parts: each was started, shed or abandoned there, and is not due here.
    pub arrivals_before: u64,
    /// Wallets that an earlier part funded and did not use.
    pub wallets_reused: u64,
    /// What returned to the relayer from the earlier part before this one began.
    pub swept_wei: Wei,
    /// What that cost.
    pub fees_wei: Wei,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// All arrivals were worked off.
    Completed,
    /// The user stopped it, and it drained.
    Drained,
    /// The user aborted it, or stopped it twice.
    Aborted,
    /// A threshold with `abort` stopped it.
    ThresholdAborted,
    /// A limit stopped it.
    LimitReached,
}

/// Whether the run met its thresholds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The answer.
    pub outcome: VerdictOutcome,
    /// One sentence each: number, limit and window.
    pub reasons: Vec<String>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictOutcome {
    /// Every threshold was met.
    Passed,
    /// At least one was not.
    Failed,
    /// Met so far, but money is in doubt until it is final.
    Inconclusive,
    /// Stopped before it could be told.
    Stopped,
}

/// One threshold with its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// As it was asked.
    pub expr: String,
    /// What was measured, in the limit's unit; `None` when there was nothing to measure.
    pub value: Option<f64>,
    /// What was asked.
    pub limit: f64,
    /// Unit of both, such as `ms`, `/s`, `%`, `bytes`, `wei`.
    pub unit: String,
    /// Whether it was met.
    pub pass: bool,
    /// Which window the number speaks of, or why it could not be told.
    pub note: Option<String>,
}

/// due = started + shed + abandoned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ArrivalCounts {
    /// Expected number of arrivals.
    pub planned: f64,
    /// Arrivals whose time came.
    pub due: u64,
    /// Those that got a place.
    pub started: u64,
    /// Those that were refused one.
    pub shed: u64,
    /// Those never started because the run was stopped.
    pub abandoned: u64,
    /// `shed` by reason.
    pub shed_by_reason: BTreeMap<String, u64>,
    /// Those that waited in the backlog before they started.
    pub waited_for_place: u64,
}

/// started = succeeded + failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// Journeys that reached their end.
    pub succeeded: u64,
    /// All others that started.
    pub failed: u64,
    /// `failed` by class.
    pub by_class: BTreeMap<String, u64>,
}

/// Successes per second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// Over the window between the ramps.
    pub sustained_per_s: f64,
    /// The best 10 s.
    pub peak_per_s: f64,
    /// Arrivals due per second within the window.
    pub offered_per_s: f64,
    /// Where the window began, seconds since the run began.
    pub window_start_s: f64,
    /// Where it ended.
    pub window_end_s: f64,
    /// Whether the window is shorter than 30 s.
    pub window_is_short: bool,
}

/// A distribution in milliseconds. All zero when nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Arithmetic mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// Its name.
    pub name: String,
    /// How often it ended.
    pub count: u64,
    /// How often it failed.
    pub errors: u64,
    /// From when it was due.
    pub response_ms: Latency,
    /// From when it was sent.
    pub service_ms: Latency,
}

/// All failures of one class in one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureRow {
    /// Its class.
    pub class: String,
    /// Where it came from.
    pub step: String,
    /// How many.
    pub count: u64,
    /// When the first one ended, seconds since the run began.
    pub first_at_s: f64,
    /// The first few, in full context.
    pub samples: Vec<FailureSample>,
    /// The latest, when it is none of the first few.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last: Option<FailureSample>,
}

impl FailureRow {
    /// Samples kept per row.
    pub const SAMPLES_MAX: usize = 5;
}

/// One failure in context, free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureSample {
    /// The user.
    pub seq: u64,
    /// The user's wallet, if it had one.
    pub wallet: Option<String>,
    /// What is known.
    #[serde(flatten)]
    pub detail: FailureDetail,
}

/// Lateness in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Largest.
    pub max: u64,
}

/// How wallets were funded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Funding {
    /// Wallets that became usable.
    pub wallets: u64,
    /// Wallets that could not be funded.
    pub failed: u64,
    /// Per wallet: from demand to usable.
    pub latency_ms: Latency,
    /// Per user: service time of the step `wallet`, timeouts included.
    pub wait_ms: Latency,
    /// Gas spent on funding per wallet.
    pub gas_per_wallet: f64,
    /// What one wallet is given.
    pub wallet_size_wei: Wei,
    /// Most money out of the relayer's account at one time.
    pub locked_peak_wei: Wei,
    /// How wallets were paid.
    pub strategy: FundingStrategy,
    /// Why so, with the arithmetic.
    pub because: String,
    /// Gas that funding and sweeping could use of a block.
    pub gas_per_block: u64,
    /// How often the relayer had no money left, and funding waited for it.
    pub droughts: u64,
    /// For how long in all, seconds.
    pub drought_s: f64,
    /// What the relayer's and the lanes' transactions met, all added up, by name.
    pub lanes: BTreeMap<String, u64>,
}

/// start + earlier + received − taken − end − spent − value − left − in doubt = unexplained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The relayer's balance at the beginning.
    pub start_wei: Wei,
    /// What lay in wallets that an earlier part of the run had funded, and this one used.
    #[serde(default)]
    pub earlier_wei: Wei,
    /// What others sent to the relayer during the run.
    pub received_wei: Wei,
    /// What others took from the relayer during the run, with its key.
    #[serde(default)]
    pub taken_wei: Wei,
    /// The relayer's balance at the end.
    pub end_wei: Wei,
    /// What was sent to wallets.
    pub sent_wei: Wei,
    /// Fees of every transaction of ours.
    pub spent_wei: Wei,
    /// What journeys paid on purpose.
    pub value_wei: Wei,
    /// What came back from wallets.
    pub swept_wei: Wei,
    /// What is left in wallets and lanes.
    pub left_wei: Wei,
    /// What is not final yet.
    pub in_doubt_wei: Wei,
    /// Signed decimal: what none of the above explains. Anything but `0` fails the run.
    pub unexplained_wei: String,
    /// Spent per succeeded user.
    pub per_user_wei: Wei,
    /// How to get what is left, when there is any.
    pub how_to_recover: Option<String>,
}

/// What Swell itself used: its load side's threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// Largest resident set of the process.
    pub rss_peak_bytes: u64,
    /// CPU of the load side's threads.
    pub cpu_seconds: f64,
    /// That, in percent of the whole machine over the run.
    pub cpu_percent: f64,
    /// Growth of the resident set after the first minute, percent a minute; `None` in runs too short to tell.
    pub rss_slope_percent_per_min: Option<f64>,
    /// Whether an embedded sandbox shares the process, and so `rss_peak_bytes`.
    pub includes_sandbox: bool,
}

/// One row of the check: what limits the run, how much it allows, what was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// What limits.
    pub what: String,
    /// How much it allows.
    pub allows: f64,
    /// What was asked.
    pub asked: f64,
    /// Unit of both, such as `users/s` or `places`.
    pub unit: String,
    /// Whether what was asked fits.
    pub fits: bool,
    /// The arithmetic, and where its numbers come from.
    pub because: String,
    /// What to change, when it does not fit.
    pub advice: Option<String>,
}

/// One finding of the diagnosis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What bound the run, such as `places`, `funding`, `rate-limit`, `chain-gas`, `generator`.
    pub what: String,
    /// The evidence, with numbers.
    pub evidence: String,
    /// The one setting to change.
    pub advice: String,
}
