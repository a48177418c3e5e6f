//! One finding per resource that bound the run, the most direct evidence first.

use super::resources::{chain_gas, funding, generator, lanes, places, relayer};
use super::what;
use crate::journey::FailureClass;
use crate::plan::RunPlan;
use crate::report::{Finding, Report, StepRow};

/// A failure class is worth a finding from this share of the users.
const FAILED_SHARE_MIN: f64 = 0.02;

/// One step dominates from this share of the time.
const STEP_SHARE_MIN: f64 = 0.4;

/// What held the run back, with numbers and the one setting to change. Empty: nothing did.
#[must_use]
pub fn diagnose(report: &Report, plan: &RunPlan) -> Vec<Finding> {
    let findings = [
        generator(report),
        places(report, plan),
        funding(report, plan),
        relayer(report),
        lanes(report, plan),
        rate_limit(report),
        chain_gas(report, plan),
        failures(report),
        slow_step(report),
    ];
    findings.into_iter().flatten().collect()
}

pub(super) fn finding(what: &str, evidence: String, advice: String) -> Finding {
    Finding { what: what.to_owned(), evidence, advice }
}

/// `part` of `whole`, from 0 to 1; zero of nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

pub(super) fn failed_as(report: &Report, class: FailureClass) -> u64 {
    report.outcomes.by_class.get(class.label()).copied().unwrap_or_default()
}

fn rate_limit(report: &Report) -> Option<Finding> {
    let (count, started) = (failed_as(report, FailureClass::RateLimited), report.arrivals.started);
    if share(count, started) < FAILED_SHARE_MIN {
        return None;
    }
    let step = top_step(report, FailureClass::RateLimited);
    let mut evidence = format!(
        "{count} of {started} users ({:.0} %) failed as rate-limited, most of them in the step `{step}`",
        100.0 * share(count, started)
    );
    let limits = report.ceilings.iter().filter(|row| row.unit.starts_with("operations"));
    if let Some(row) = limits.into_iter().find(|row| !row.fits) {
        evidence.push_str(&format!(
            ": {:.0} {} were asked for, {:.0} are allowed",
            row.asked, row.unit, row.allows
        ));
    }
    let rate = report.throughput.sustained_per_s;
    let advice = format!(
        "raise the target's rate limit, or lower --rate to the {rate:.2}/s that it let through"
    );
    Some(finding(what::RATE_LIMIT, evidence, advice))
}

/// The step where most failures of `class` came from.
fn top_step(report: &Report, class: FailureClass) -> &str {
    let mut rows = report.failures.iter().filter(|row| row.class == class.label());
    rows.next().map_or("?", |row| &row.step)
}

/// The most frequent class that no other finding speaks of.
fn failures(report: &Report) -> Option<Finding> {
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
    let first = report.failures.iter().find(|row| row.class == class.label());
    let evidence = format!(
        "{count} of {started} users ({:.0} %) failed as {class}, most of them in the step `{step}`, the \
         first at {:.1} s",
        100.0 * share(count, started),
        first.map_or(0.0, |row| row.first_at_s)
    );
    Some(finding(what::FAILURES, evidence, failure_advice(class, step)))
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
fn slow_step(report: &Report) -> Option<Finding> {
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
    let evidence = format!(
        "the step `{}` took {:.0} % of the time of all steps: {:.1} s on average, {:.1} s at the 95th \
         percentile",
        slowest.name,
        100.0 * share,
        slowest.service_ms.mean / 1000.0,
        slowest.service_ms.p95 / 1000.0
    );
    let advice = match slowest.name.as_str() {
        "poll" => {
            "the personal server is what users wait for: give it more capacity, or lower --rate"
        }
        "confirm" => {
            "the chain is what users wait for: lower --rate, or use a chain with faster blocks"
        }
        "wallet" => "funding is what users wait for: raise --pool-size or --funding-workers",
        "encrypt" => {
            "encryption on this machine is what users wait for: use more cores, or --s2k fast"
        }
        _ => {
            "the target is what users wait for in this step: give it more capacity, or lower --rate"
        }
    };
    Some(finding(what::SLOW_STEP, evidence, advice.to_owned()))
}
