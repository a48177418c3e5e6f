//! Findings on the steps of the journey, each told as the part of the target that it waits for.

use super::findings::{FAILED_SHARE_MIN, failed_as, finding, share};
use super::what;
use crate::journey::FailureClass;
use crate::report::{EndpointRow, Finding, Report, StepRow};

/// One step dominates from this share of the time.
const STEP_SHARE_MIN: f64 = 0.4;

/// From this latency, milliseconds at the 95th percentile, an endpoint's requests are slow themselves.
const SLOW_MS_MIN: f64 = 500.0;

/// What a step waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Funding,
    Generator,
    Storage,
    Chain,
    Server,
    Other,
}

impl Part {
    fn of(step: &str) -> Self {
        match step {
            "wallet" => Self::Funding,
            "encrypt" | "sign" => Self::Generator,
            "upload" | "grant" => Self::Storage,
            "submit" | "confirm" => Self::Chain,
            "identity" | "operate" | "poll" => Self::Server,
            _ => Self::Other,
        }
    }

    /// What a finding is called that blames it, or `otherwise`.
    const fn blamed(self, otherwise: &'static str) -> &'static str {
        match self {
            Self::Storage => what::STORAGE,
            Self::Chain => what::CHAIN,
            Self::Server => what::SERVER,
            Self::Funding | Self::Generator | Self::Other => otherwise,
        }
    }

    /// Whether an endpoint of this name is part of it.
    fn has(self, endpoint: &str) -> bool {
        match self {
            Self::Storage => endpoint.starts_with("storage"),
            Self::Chain => endpoint.starts_with("rpc"),
            Self::Server => endpoint == "server",
            Self::Funding | Self::Generator | Self::Other => false,
        }
    }
}

/// The step where most failures of `class` came from.
pub(super) fn top_step(report: &Report, class: FailureClass) -> &str {
    let mut rows = report.failures.iter().filter(|row| row.class == class.label());
    rows.next().map_or("?", |row| &row.step)
}

/// How the endpoints of `part` did, as a clause; empty where there are none.
fn endpoints_in_words(report: &Report, part: Part) -> String {
    let has_trouble = |row: &EndpointRow| row.errors > 0 || row.latency_ms.p95 >= SLOW_MS_MIN;
    let rows = report.endpoints.iter();
    let rows = rows.filter(|row| part.has(&row.name) && row.requests > 0 && has_trouble(row));
    let words = |row: &EndpointRow| {
        format!(
            "; `{}` answered {} of {} requests with an error or not at all, and took {:.2} s at the 95th \
             percentile",
            row.name,
            row.errors,
            row.requests,
            row.latency_ms.p95 / 1000.0
        )
    };
    rows.map(words).collect()
}

/// The most frequent class that no other finding speaks of.
pub(super) fn failures(report: &Report) -> Option<Finding> {
    const TOLD_ELSEWHERE: [FailureClass; 4] = [
        FailureClass::RateLimited,
        FailureClass::Funding,
        FailureClass::NotIncluded,
        FailureClass::Stopped,
    ];
    let classes = FailureClass::ALL.into_iter().filter(|class| !TOLD_ELSEWHERE.contains(class));
    // The first of equals, in the order reports list them.
    let class = classes.rev().max_by_key(|class| failed_as(report, *class))?;
    let (count, started) = (failed_as(report, class), report.arrivals.started);
    if share(count, started) < FAILED_SHARE_MIN {
        return None;
    }
    let step = top_step(report, class);
    let part = Part::of(step);
    let first = report.failures.iter().find(|row| row.class == class.label());
    let evidence = format!(
        "{count} of {started} users ({:.0} %) failed as {class}, most of them in the step `{step}`, the \
         first at {:.1} s{}",
        100.0 * share(count, started),
        first.map_or(0.0, |row| row.first_at_s),
        endpoints_in_words(report, part)
    );
    Some(finding(part.blamed(what::FAILURES), evidence, failure_advice(class, step)))
}

fn failure_advice(class: FailureClass, step: &str) -> String {
    match class {
        FailureClass::Timeout => format!(
            "find out what slows the step `{step}`, or give users more time with --journey-timeout"
        ),
        FailureClass::Transport | FailureClass::Unavailable | FailureClass::ServerError => format!(
            "look at the target's own log for the step `{step}` at that time, or lower --rate until it holds"
        ),
        FailureClass::Unauthorized => {
            "check the target file's keys and the grantee they belong to".to_owned()
        }
        FailureClass::FileAccess => {
            "check that the server can reach the storage, and that signed URLs outlive the run"
                .to_owned()
        }
        FailureClass::Rejected | FailureClass::Reverted => {
            "read the failure's samples in report.json, then check the target file's contracts"
                .to_owned()
        }
        FailureClass::Internal => {
            "this is a defect in Swell: please report it with run.log".to_owned()
        }
        _ => "read the failure's samples in report.json: they hold what the target answered"
            .to_owned(),
    }
}

/// The step with the largest share of the time, if a threshold on time or throughput was not met.
pub(super) fn slow_step(report: &Report) -> Option<Finding> {
    let breached = |word: &str| {
        report.thresholds.iter().any(|result| !result.pass && result.expr.contains(word))
    };
    let too_slow = ["response", "service", "step.", "throughput"].into_iter().any(breached);
    let spent = |row: &StepRow| row.service_ms.mean * row.count as f64;
    let whole: f64 = report.steps.iter().map(spent).sum();
    let slowest = report.steps.iter().max_by(|a, b| spent(a).total_cmp(&spent(b)))?;
    let share = if whole > 0.0 { spent(slowest) / whole } else { 0.0 };
    if !too_slow || share < STEP_SHARE_MIN {
        return None;
    }
    let part = Part::of(&slowest.name);
    let evidence = format!(
        "the step `{}` took {:.0} % of the time of all steps: {:.1} s on average, {:.1} s at the 95th \
         percentile{}",
        slowest.name,
        100.0 * share,
        slowest.service_ms.mean / 1000.0,
        slowest.service_ms.p95 / 1000.0,
        endpoints_in_words(report, part)
    );
    let advice = match part {
        Part::Server => {
            "the personal server is what users wait for: give it more capacity, or lower --rate"
        }
        Part::Chain => {
            "the chain is what users wait for: lower --rate, or use a chain with faster blocks"
        }
        Part::Storage => {
            "the storage is what users wait for: give it more capacity, or lower --rate"
        }
        Part::Funding => "funding is what users wait for: raise --pool-size or --funding-workers",
        Part::Generator => {
            "encryption on this machine is what users wait for: use more cores, or --s2k fast"
        }
        Part::Other => {
            "the target is what users wait for in this step: give it more capacity, or lower --rate"
        }
    };
    Some(finding(part.blamed(what::SLOW_STEP), evidence, advice.to_owned()))
}
