//! A threshold against what was measured, while the run goes on or after it.

use std::time::Duration;

use super::Threshold;
use super::limit::Comparison;
use super::metric::{Metric, Statistic, Subject};
use crate::report::{ArrivalCounts, Money, Resources, ThresholdResult, Throughput};
use crate::stats::{Distribution, LoadWindow, Totals};

/// What is known of a run, live or finished.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// What was recorded.
    pub totals: &'a Totals,
    /// Successes per second.
    pub throughput: &'a Throughput,
    /// Arrivals.
    pub arrivals: &'a ArrivalCounts,
    /// From the beginning of priming until now, or to the end.
    pub duration: Duration,
    /// The money statement, once there is one.
    pub money: Option<&'a Money>,
    /// What Swell itself used, where that is measured.
    pub resources: Option<&'a Resources>,
}

/// A number, and what must be known to read it.
struct Reading {
    /// In the base of the metric's quantity.
    value: Option<f64>,
    note: Option<String>,
    /// Counts as met though there is no number.
    excused: bool,
}

impl Reading {
    const fn of(value: f64) -> Self {
        Self { value: Some(value), note: None, excused: false }
    }

    fn noted(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    fn absent(note: &str) -> Self {
        Self { value: None, note: Some(note.to_owned()), excused: false }
    }

    fn not_judged(why: &str) -> Self {
        Self { value: None, note: Some(format!("not judged: {why}")), excused: true }
    }
}

impl Threshold {
    /// Whether it tells of the machine Swell runs on, and so differs between equal virtual runs.
    #[must_use]
    pub const fn is_host(&self) -> bool {
        self.metric.is_host()
    }

    /// The result as it stands. With nothing measured it is not met, and the note says so.
    #[must_use]
    pub fn evaluate(&self, measured: &Measured<'_>) -> ThresholdResult {
        let Reading { value, note, excused } = read(&self.metric, measured);
        let unit = self.limit.unit;
        let value = value.map(|value| value / unit.scale());
        let (limit, limit_note) = self.limit_against(measured.throughput.offered_per_s);
        let notes: Vec<String> = note.into_iter().chain(limit_note).collect();
        ThresholdResult {
            expr: self.expr.clone(),
            value,
            limit,
            unit: unit.label().to_owned(),
            pass: value.map_or(excused, |value| self.comparison.holds(value, limit)),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }

    /// Whether it aborts the run now, `since_load` after the load began: it has a number, and is not met.
    #[must_use]
    pub fn aborts(&self, since_load: Duration, measured: &Measured<'_>) -> bool {
        if self.abort_after.is_none_or(|after| since_load < after) {
            return false;
        }
        let result = self.evaluate(measured);
        result.value.is_some() && !result.pass
    }

    /// The limit that applies, and why if it is not the one that was given.
    fn limit_against(&self, due_per_s: f64) -> (f64, Option<String>) {
        let given = self.limit.value;
        let Some(percent) = self.or_percent_of_due else {
            return (given, None);
        };
        let relative = due_per_s * percent / 100.0;
        let eased = match self.comparison {
            Comparison::Above | Comparison::AtLeast => relative < given,
            Comparison::Below | Comparison::AtMost => relative > given,
            Comparison::Equal => false,
        };
        if !eased {
            return (given, None);
        }
        let note = format!("the limit is {percent} % of the {due_per_s:.2}/s that were due");
        (relative, Some(note))
    }
}

fn read(metric: &Metric, measured: &Measured<'_>) -> Reading {
    let totals = measured.totals;
    match metric {
        Metric::Latency { statistic, of } => latency(totals, *statistic, of),
        Metric::Success => {
            // At the end this is succeeded ÷ (due − abandoned); before, users in flight do not count.
            let ended = totals.succeeded() + totals.failed() + measured.arrivals.shed;
            match ended {
                0 => Reading::absent("nobody has ended"),
                _ => Reading::of(100.0 * totals.succeeded() as f64 / ended as f64)
                    .noted(format!("{} of {ended} users", totals.succeeded())),
            }
        }
        Metric::Throughput => sustained(measured.throughput),
        Metric::Peak => Reading::of(measured.throughput.peak_per_s).noted("the best 10 s"),
        Metric::Failed(None) => Reading::of(totals.failed() as f64),
        Metric::Failed(Some(class)) => Reading::of(totals.failed_as(*class) as f64),
        Metric::Shed => Reading::of(measured.arrivals.shed as f64),
        Metric::Duration => Reading::of(measured.duration.as_secs_f64() * 1e6),
        Metric::Unexplained => measured.money.map_or_else(
            || Reading::absent("the books are not closed yet"),
            |money| match money.unexplained_wei.parse::<f64>() {
                Ok(wei) => Reading::of(wei),
                Err(_) => Reading::absent("the books name no number"),
            },
        ),
        Metric::Rss | Metric::Cpu | Metric::RssSlope => measured.resources.map_or_else(
            || Reading::not_judged("resources were not measured"),
            |resources| host(metric, resources),
        ),
    }
}

fn latency(totals: &Totals, statistic: Statistic, of: &Subject) -> Reading {
    let step = |name: &str| totals.spec().step(name);
    let distribution = match of {
        Subject::Response => Some(Distribution::Response),
        Subject::ResponseSucceeded => Some(Distribution::ResponseSucceeded),
        Subject::Service => Some(Distribution::Service),
        Subject::StepResponse(name) => step(name).map(Distribution::StepResponse),
        Subject::StepService(name) => step(name).map(Distribution::StepService),
        Subject::ScheduleLag => Some(Distribution::ScheduleLag),
        Subject::Funding => Some(Distribution::FundingLatency),
    };
    let Some(distribution) = distribution else {
        return Reading::absent("the journey has no such step");
    };
    let histogram = totals.distribution(distribution);
    if histogram.count() == 0 {
        return Reading::absent("nothing was measured");
    }
    let us = match statistic {
        Statistic::Mean => histogram.mean_us(),
        Statistic::Max => histogram.max_us() as f64,
        Statistic::Percentile(percent) => histogram.percentile_us(percent) as f64,
    };
    Reading::of(us).noted(format!("of {} measured", histogram.count()))
}

fn sustained(throughput: &Throughput) -> Reading {
    let (start, end) = (throughput.window_start_s, throughput.window_end_s);
    let length = end - start;
    if length <= 0.0 {
        return Reading::absent("there is no window to measure in");
    }
    let caveat = if throughput.window_is_short {
        ": a short window"
    } else if length < LoadWindow::FULL.as_secs_f64() {
        ": under 10 minutes, not the full criterion"
    } else {
        ""
    };
    Reading::of(throughput.sustained_per_s)
        .noted(format!("from {start:.1} s to {end:.1} s, {length:.1} s{caveat}"))
}

fn host(metric: &Metric, resources: &Resources) -> Reading {
    match metric {
        Metric::Rss => {
            let reading = Reading::of(resources.rss_peak_bytes as f64);
            if resources.includes_sandbox { reading.noted("sandbox included") } else { reading }
        }
        Metric::RssSlope if resources.includes_sandbox => {
            Reading::not_judged("the sandbox shares the process")
        }
        Metric::RssSlope => resources.rss_slope_percent_per_min.map_or_else(
            || Reading::not_judged("the run was too short to tell"),
            |slope| Reading::of(slope).noted("after the first minute"),
        ),
        _ => Reading::of(resources.cpu_percent).noted("of the whole machine, load side only"),
    }
}
