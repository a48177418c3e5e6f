//! A run as pages see it, finished or not.

use std::collections::BTreeMap;

use swell_core::annotation::Annotation;
use swell_core::report::{
    Ended, EndpointRow, FailureRow, Finding, Latency, LatencyCurve, Report, Resumed,
    ThresholdResult, Verdict,
};
use swell_core::snapshot::{Phase, Snapshot};
use swell_core::timeline::TimelinePoint;
use swell_core::units::Wei;

use crate::charts::Marks;
use crate::human::length;

/// A run as pages see it, finished or not. What only a finished run has is in `report`.
#[derive(Clone, Debug)]
pub struct RunView<'a> {
    /// The run's id.
    pub id: &'a str,
    /// Root of the repeatable randomness.
    pub seed: u64,
    /// Swell's version.
    pub version: &'a str,
    /// The journey's name.
    pub journey: &'a str,
    /// The target's name.
    pub target: &'a str,
    /// The chain's id.
    pub chain_id: u64,
    /// Whether time is virtual.
    pub virtual_time: bool,
    /// Where it is, or how it ended.
    pub state: RunState<'a>,
    /// Expected number of arrivals.
    pub planned: f64,
    /// Arrivals whose time came.
    pub due: u64,
    /// Users that got a place.
    pub started: u64,
    /// Arrivals refused a place.
    pub shed: u64,
    /// Arrivals never started because the run was stopped.
    pub abandoned: u64,
    /// Users that reached the end.
    pub succeeded: u64,
    /// Users that did not.
    pub failed: u64,
    /// `failed` by class.
    pub failed_by_class: &'a BTreeMap<String, u64>,
    /// Users that waited for a place before they started.
    pub waited_for_place: u64,
    /// Arrivals due per second: sustained, or of the last minute while it goes on.
    pub offered_per_s: f64,
    /// Successes per second: sustained, or of the last minute while it goes on.
    pub throughput_per_s: f64,
    /// From due to the end.
    pub response_ms: Latency,
    /// From sent to the end.
    pub service_ms: Latency,
    /// Fees so far, and what journeys paid on purpose while it goes on.
    pub spent: Wei,
    /// One row a step.
    pub steps: Vec<StepView<'a>>,
    /// Failures with samples.
    pub failures: &'a [FailureRow],
    /// Endpoints of the target.
    pub endpoints: &'a [EndpointRow],
    /// Thresholds with their numbers.
    pub thresholds: &'a [ThresholdResult],
    /// What held it back.
    pub diagnosis: &'a [Finding],
    /// What the reader must know before trusting a number.
    pub notes: &'a [String],
    /// What happened.
    pub annotations: &'a [Annotation],
    /// Whole distributions; none while it goes on.
    pub curves: &'a [LatencyCurve],
    /// The run over time.
    pub timeline: &'a [TimelinePoint],
    /// What only a finished run has.
    pub report: Option<&'a Report>,
    /// The resolved configuration, as a run file.
    pub configuration: Option<&'a str>,
    /// How much is shown of what is long.
    pub detail: Detail,
}

/// Where a run is, or how it ended.
#[derive(Clone, Copy, Debug)]
pub enum RunState<'a> {
    /// It goes on.
    Going {
        /// Where it is.
        phase: Phase,
        /// Seconds since it began.
        elapsed_s: f64,
        /// Seconds until the last arrival is expected.
        left_s: Option<f64>,
        /// Whether arrivals are paused.
        paused: bool,
        /// Users in flight.
        in_flight: u64,
        /// Arrivals waiting for a place.
        backlog: u64,
    },
    /// It is over.
    Over {
        /// Whether it met its thresholds.
        verdict: &'a Verdict,
        /// How it came to its end.
        ended: Ended,
        /// Seconds it took.
        duration_s: f64,
        /// What came before.
        resumed: Option<&'a Resumed>,
    },
}

/// One step as pages see it.
#[derive(Clone, Copy, Debug)]
pub struct StepView<'a> {
    /// Its name.
    pub name: &'a str,
    /// How often it ended.
    pub count: u64,
    /// How often it failed.
    pub errors: u64,
    /// Users in it now, while the run goes on.
    pub active: Option<u64>,
    /// From when it was due.
    pub response_ms: Latency,
    /// From when it was sent.
    pub service_ms: Latency,
}

/// How much is shown of what is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything, for a page that is written once.
    Full,
    /// The latest rows, for a page that is written every second.
    Brief,
}

impl Detail {
    /// Rows of the table behind a chart.
    pub(crate) const fn rows_max(self) -> usize {
        match self {
            Self::Full => usize::MAX,
            Self::Brief => 30,
        }
    }
}

impl RunView<'_> {
    /// The marks of its charts.
    #[must_use]
    pub fn marks(&self) -> Marks {
        let gap = match self.state {
            RunState::Over { resumed: Some(resumed), .. } => Some(format!(
                "part {} begins, {} after the part before it was last heard of",
                resumed.part,
                length(std::time::Duration::from_secs(resumed.gap_s).as_secs_f64())
            )),
            RunState::Over { resumed: None, .. } | RunState::Going { .. } => None,
        };
        Marks::of(self.annotations, gap)
    }

    /// Succeeded ÷ ended, percent; `None` before anyone ended.
    #[must_use]
    pub fn success_percent(&self) -> Option<f64> {
        let ended = self.succeeded + self.failed;
        (ended > 0).then(|| 100.0 * self.succeeded as f64 / ended as f64)
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.state, RunState::Over { .. })
    }
}

impl<'a> From<&'a Report> for RunView<'a> {
    fn from(report: &'a Report) -> Self {
        let step = |row: &'a swell_core::report::StepRow| StepView {
            name: &row.name,
            count: row.count,
            errors: row.errors,
            active: None,
            response_ms: row.response_ms,
            service_ms: row.service_ms,
        };
        let (run, arrivals, outcomes) = (&report.run, &report.arrivals, &report.outcomes);
        Self {
            id: &run.id,
            seed: run.seed,
            version: &run.version,
            journey: &run.journey,
            target: &run.target,
            chain_id: run.chain_id,
            virtual_time: run.virtual_time,
            state: RunState::Over {
                verdict: &report.verdict,
                ended: run.ended,
                duration_s: run.duration_s,
                resumed: run.resumed.as_ref(),
            },
            planned: arrivals.planned,
            due: arrivals.due,
            started: arrivals.started,
            shed: arrivals.shed,
            abandoned: arrivals.abandoned,
            succeeded: outcomes.succeeded,
            failed: outcomes.failed,
            failed_by_class: &outcomes.by_class,
            waited_for_place: arrivals.waited_for_place,
            offered_per_s: report.throughput.offered_per_s,
            throughput_per_s: report.throughput.sustained_per_s,
            response_ms: report.response_ms,
            service_ms: report.service_ms,
            spent: report.money.spent_wei,
            steps: report.steps.iter().map(step).collect(),
            failures: &report.failures,
            endpoints: &report.endpoints,
            thresholds: &report.thresholds,
            diagnosis: &report.diagnosis,
            notes: &report.notes,
            annotations: &report.annotations,
            curves: &report.curves,
            timeline: &report.timeline,
            report: Some(report),
            configuration: None,
            detail: Detail::Full,
        }
    }
}

impl<'a> From<&'a Snapshot> for RunView<'a> {
    fn from(now: &'a Snapshot) -> Self {
        let step = |row: &'a swell_core::snapshot::StepSnapshot| StepView {
            name: row.name,
            count: row.count,
            errors: row.errors,
            active: Some(row.active),
            response_ms: row.response_ms,
            service_ms: row.service_ms,
        };
        Self {
            id: &now.run.id,
            seed: now.run.seed,
            version: &now.run.version,
            journey: &now.run.journey,
            target: &now.run.target,
            chain_id: now.run.chain_id,
            virtual_time: now.run.virtual_time,
            state: RunState::Going {
                phase: now.phase,
                elapsed_s: now.elapsed_s,
                left_s: now.left_s,
                paused: now.paused,
                in_flight: now.in_flight,
                backlog: now.backlog,
            },
            planned: now.planned,
            due: now.due,
            started: now.started,
            shed: now.shed,
            abandoned: now.abandoned,
            succeeded: now.succeeded,
            failed: now.failed,
            failed_by_class: &now.failed_by_class,
            waited_for_place: now.waited_for_place,
            offered_per_s: now.offered_per_s,
            throughput_per_s: now.throughput_per_s,
            response_ms: now.response_ms,
            service_ms: now.service_ms,
            spent: now.spent,
            steps: now.steps.iter().map(step).collect(),
            failures: &now.failures,
            endpoints: &now.endpoints,
            thresholds: &now.thresholds,
            diagnosis: &[],
            notes: &[],
            annotations: &now.annotations,
            curves: &[],
            timeline: &now.timeline,
            report: None,
            configuration: None,
            detail: Detail::Brief,
        }
    }
}
