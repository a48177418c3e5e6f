//! From text to a threshold, or to one clear sentence.

use std::str::FromStr;
use std::time::Duration;

use super::Threshold;
use super::limit::{self, Comparison, Limit};
use super::metric::{Metric, Quantity, Statistic, Subject};
use super::nearest::nearest;
use crate::journey::{FailureClass, JourneySpec};

/// Why a threshold cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// There is no comparison.
    #[error(
        "the threshold `{expr}` compares nothing; expected a measure, one of < <= > >= ==, and a \
         limit, such as `p95(response) < 45s`"
    )]
    NoComparison {
        /// The threshold.
        expr: String,
    },
    /// The measure is not known.
    #[error(
        "the threshold `{expr}` measures `{found}`, which is unknown; expected {expected}{hint}"
    )]
    UnknownMeasure {
        /// The threshold.
        expr: String,
        /// What was found.
        found: String,
        /// What is expected instead.
        expected: String,
        /// The name that was probably meant, as the end of the sentence.
        hint: String,
    },
    /// The limit does not fit the measure.
    #[error("the threshold `{expr}` has the limit `{found}`; expected {expected}")]
    BadLimit {
        /// The threshold.
        expr: String,
        /// What was found.
        found: String,
        /// What is expected instead.
        expected: &'static str,
    },
    /// The time of `abort after` is not one.
    #[error(
        "the threshold `{expr}` aborts after `{found}`; expected a duration, such as `abort after 60s`"
    )]
    BadAbort {
        /// The threshold.
        expr: String,
        /// What was found.
        found: String,
    },
    /// The journey has no such step.
    #[error("the threshold `{expr}` names the step `{found}`; expected one of {known}{hint}")]
    UnknownStep {
        /// The threshold.
        expr: String,
        /// What was found.
        found: String,
        /// The journey's steps.
        known: String,
        /// The name that was probably meant, as the end of the sentence.
        hint: String,
    },
}

const MEASURES: [&str; 10] = [
    "success",
    "throughput",
    "peak",
    "failed",
    "shed",
    "duration",
    "unexplained",
    "rss",
    "cpu",
    "rss_slope",
];

const SUBJECTS: [&str; 5] =
    ["response", "response.succeeded", "service", "schedule_lag", "funding"];

const STATISTICS: &str = "a statistic `p0` to `p100`, `mean` or `max`, such as `p95(response)`";

impl FromStr for Threshold {
    type Err = ThresholdError;

    /// Reads `MEASURE OP LIMIT [or PERCENT of due] [abort after DURATION]`. Several spaces, and ends
    /// of lines, are as good as one space: what is shown of it stands in one line.
    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let expr = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (rest, abort_after) = split_abort(&expr)?;
        let no_comparison = || ThresholdError::NoComparison { expr: expr.clone() };
        let (at, comparison) = find_comparison(rest).ok_or_else(no_comparison)?;
        let (measure, limit) = (rest[..at].trim(), rest[at + comparison.sign().len()..].trim());
        if measure.is_empty() {
            return Err(no_comparison());
        }
        let metric = parse_metric(&expr, measure)?;
        let (limit, or_percent_of_due) = parse_limit(&expr, &metric, limit)?;
        Ok(Self { metric, comparison, limit, or_percent_of_due, abort_after, expr })
    }
}

impl Threshold {
    /// Checks that the step it names, if any, is one of `journey`.
    ///
    /// # Errors
    /// [`ThresholdError::UnknownStep`] with the journey's steps.
    pub fn check(&self, journey: &JourneySpec) -> Result<(), ThresholdError> {
        let Some(found) = self.metric.step().filter(|name| journey.step(name).is_none()) else {
            return Ok(());
        };
        let names: Vec<&str> = journey.steps.iter().map(|step| step.name).collect();
        Err(ThresholdError::UnknownStep {
            expr: self.expr.clone(),
            found: found.to_owned(),
            hint: hint(nearest(found, names.iter().copied())),
            known: names.join(", "),
        })
    }
}

fn split_abort(expr: &str) -> Result<(&str, Option<Duration>), ThresholdError> {
    let Some((rest, after)) = expr.split_once("abort after") else {
        return Ok((expr, None));
    };
    let found = after.trim();
    let bad = || ThresholdError::BadAbort { expr: expr.to_owned(), found: found.to_owned() };
    let after = limit::parse(Quantity::Time, found).ok_or_else(bad)?;
    let after = Duration::try_from_secs_f64(after.value * after.unit.scale() / 1e6);
    Ok((rest.trim(), Some(after.map_err(|_| bad())?)))
}

/// The first comparison, read as long as it can be.
fn find_comparison(text: &str) -> Option<(usize, Comparison)> {
    let at = text.find(['<', '>', '='])?;
    let comparison = Comparison::ALL.into_iter().find(|c| text[at..].starts_with(c.sign()))?;
    Some((at, comparison))
}

fn parse_metric(expr: &str, measure: &str) -> Result<Metric, ThresholdError> {
    let unknown = |found: &str, expected: String, hint: String| ThresholdError::UnknownMeasure {
        expr: expr.to_owned(),
        found: found.to_owned(),
        expected,
        hint,
    };
    if let Some((name, argument)) = measure.strip_suffix(')').and_then(|m| m.split_once('(')) {
        let (name, argument) = (name.trim(), argument.trim());
        if name == "failed" {
            let class = FailureClass::ALL.into_iter().find(|class| class.label() == argument);
            let labels = || FailureClass::ALL.map(FailureClass::label);
            return class.map(|class| Metric::Failed(Some(class))).ok_or_else(|| {
                let hint = hint(nearest(argument, labels()));
                unknown(measure, format!("a class of failure: {}", labels().join(", ")), hint)
            });
        }
        let statistic = parse_statistic(name)
            .ok_or_else(|| unknown(measure, STATISTICS.to_owned(), String::new()))?;
        let of = parse_subject(argument).ok_or_else(|| {
            let expected = format!("one of {}, step.NAME, step.NAME.service", SUBJECTS.join(", "));
            unknown(argument, expected, hint(nearest(argument, SUBJECTS)))
        })?;
        return Ok(Metric::Latency { statistic, of });
    }
    parse_plain(measure).ok_or_else(|| {
        if parse_subject(measure).is_some() {
            return unknown(measure, STATISTICS.to_owned(), String::new());
        }
        let expected = format!("{STATISTICS}, or one of {}", MEASURES.join(", "));
        unknown(measure, expected, hint(nearest(measure, MEASURES)))
    })
}

fn parse_plain(name: &str) -> Option<Metric> {
    Some(match name {
        "success" => Metric::Success,
        "throughput" => Metric::Throughput,
        "peak" => Metric::Peak,
        "failed" => Metric::Failed(None),
        "shed" => Metric::Shed,
        "duration" => Metric::Duration,
        "unexplained" => Metric::Unexplained,
        "rss" => Metric::Rss,
        "cpu" => Metric::Cpu,
        "rss_slope" => Metric::RssSlope,
        _ => return None,
    })
}

fn parse_statistic(name: &str) -> Option<Statistic> {
    match name {
        "mean" => Some(Statistic::Mean),
        "max" => Some(Statistic::Max),
        _ => {
            let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
            (0.0..=100.0).contains(&percent).then_some(Statistic::Percentile(percent))
        }
    }
}

fn parse_subject(name: &str) -> Option<Subject> {
    Some(match name {
        "response" => Subject::Response,
        "response.succeeded" => Subject::ResponseSucceeded,
        "service" => Subject::Service,
        "schedule_lag" => Subject::ScheduleLag,
        "funding" => Subject::Funding,
        _ => {
            let step = name.strip_prefix("step.")?;
            match step.rsplit_once('.') {
                Some((step, "service")) if !step.is_empty() => {
                    Subject::StepService(step.to_owned())
                }
                Some((step, "response")) if !step.is_empty() => {
                    Subject::StepResponse(step.to_owned())
                }
                None if !step.is_empty() => Subject::StepResponse(step.to_owned()),
                _ => return None,
            }
        }
    })
}

fn parse_limit(
    expr: &str,
    metric: &Metric,
    text: &str,
) -> Result<(Limit, Option<f64>), ThresholdError> {
    let bad = |found: &str, expected| ThresholdError::BadLimit {
        expr: expr.to_owned(),
        found: found.to_owned(),
        expected,
    };
    let (limit, due) = match text.split_once(" or ") {
        Some((limit, due)) if *metric == Metric::Throughput => (limit, Some(due.trim())),
        _ => (text, None),
    };
    let quantity = metric.quantity();
    let parsed = limit::parse(quantity, limit.trim())
        .ok_or_else(|| bad(limit.trim(), limit::example(quantity)))?;
    let Some(due) = due else {
        return Ok((parsed, None));
    };
    let percent = due
        .strip_suffix("of due")
        .and_then(|percent| limit::parse(Quantity::Share, percent.trim()))
        .ok_or_else(|| bad(due, "a share of what was due, such as `85% of due`"))?;
    Ok((parsed, Some(percent.value)))
}

fn hint(name: Option<&str>) -> String {
    name.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
