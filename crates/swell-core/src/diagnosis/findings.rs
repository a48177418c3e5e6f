//! One finding per resource that bound the run, the most direct evidence first.

use super::chain::chain_gas;
use super::host::{generator, memory};
use super::resources::{funding, lanes, places, relayer};
use super::steps::{failures, slow_step, top_step};
use super::throughput::throughput;
use super::what;
use crate::journey::FailureClass;
use crate::plan::RunPlan;
use crate::report::{EndpointRow, Finding, Report};

/// A failure class is worth a finding from this share of the users.
pub(super) const FAILED_SHARE_MIN: f64 = 0.02;

/// From this share of an endpoint's answers, asking for fewer requests slows everybody down.
const LIMITED_SHARE_MIN: f64 = 0.05;

/// What held the run back, with numbers and the one setting to change. Empty: nothing did.
#[must_use]
pub fn diagnose(report: &Report, plan: &RunPlan) -> Vec<Finding> {
    let findings = [
        generator(report),
        memory(report, plan),
        places(report, plan),
        funding(report, plan),
        relayer(report),
        lanes(report, plan),
        rate_limit(report),
        chain_gas(report, plan),
        failures(report),
    ];
    let mut findings: Vec<Finding> = findings.into_iter().flatten().collect();
    // Where users wait for a place, a wallet or a limit, no step is what they wait for.
    if findings.is_empty() {
        findings.extend(slow_step(report));
    }
    if findings.is_empty() {
        findings.extend(throughput(report));
    }
    findings
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
        return held_back(report);
    }
    let step = top_step(report, FailureClass::RateLimited);
    let mut evidence = format!(
        "{count} of {started} users ({:.0} %) failed as rate-limited, most of them in the step `{step}`",
        100.0 * share(count, started)
    );
    let mut limits = report.ceilings.iter().filter(|row| row.unit == "operations/h");
    let limit = limits.find(|row| !row.fits);
    if let Some(row) = limit {
        evidence.push_str(&format!(
            ": {:.0} {} were asked for, {:.0} are allowed",
            row.asked, row.unit, row.allows
        ));
    }
    let advice = match limit {
        Some(row) => format!(
            "raise the target's rate limit, or lower --rate to the {:.3}/s that it allows",
            row.allows / 3600.0
        ),
        None => format!(
            "raise the target's rate limit, or lower --rate below the {:.2}/s that it let through",
            report.throughput.sustained_per_s
        ),
    };
    Some(finding(what::RATE_LIMIT, evidence, advice))
}

/// Nobody failed for it, but an endpoint asked for fewer requests again and again.
fn held_back(report: &Report) -> Option<Finding> {
    let share_of = |row: &EndpointRow| share(row.rate_limited, row.requests);
    let row = report.endpoints.iter().max_by(|a, b| share_of(a).total_cmp(&share_of(b)))?;
    if share_of(row) < LIMITED_SHARE_MIN {
        return None;
    }
    let evidence = format!(
        "`{}` asked for fewer requests {} times in {} ({:.0} %); users were held back and tried again",
        row.name,
        row.rate_limited,
        row.requests,
        100.0 * share_of(row)
    );
    let rate = report.throughput.sustained_per_s;
    let advice =
        format!("raise its rate limit, or lower --rate to the {rate:.2}/s that it let through");
    Some(finding(what::RATE_LIMIT, evidence, advice))
}
