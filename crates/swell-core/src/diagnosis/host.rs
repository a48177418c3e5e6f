//! Findings on Swell's own machine: with some of them no other number is to be trusted.

use super::findings::finding;
use super::what;
use crate::plan::RunPlan;
use crate::report::{Finding, Report};

/// From this lateness, microseconds at the 99th percentile, Swell itself was late.
const LAG_US_MIN: u64 = 20_000;

/// From this many starts the 99th percentile of lateness speaks of more than one of them.
const LATE_STARTS_MIN: u64 = 200;

/// From this share of the median response time, Swell's own lateness is no detail any more.
const LATE_SHARE_MIN: f64 = 0.05;

/// From this share of the machine, percent, Swell itself was short of CPU.
const CPU_PERCENT_MIN: f64 = 80.0;

/// From this resident set, octets, memory is worth a finding: what the full criterion allows.
const RSS_BYTES_MIN: u64 = 1 << 30;

/// From this growth, percent a minute after the first, memory does not stay flat.
const RSS_SLOPE_MIN: f64 = 2.0;

/// A shorter run tells nothing of growth, seconds: pools and connections fill up at first.
const RSS_SLOPE_RUN_S_MIN: f64 = 600.0;

/// Swell's own lateness and CPU: with these, no other number is to be trusted.
pub(super) fn generator(report: &Report) -> Option<Finding> {
    let lag = report.schedule_lag_us;
    let cpu = report.resources.map_or(0.0, |resources| resources.cpu_percent);
    // Of few users the 99th percentile is the slowest alone, and says nothing of the others.
    let late = if report.arrivals.started >= LATE_STARTS_MIN { lag.p99 } else { lag.p50 };
    if late < LAG_US_MIN && cpu < CPU_PERCENT_MIN {
        return None;
    }
    let cpu_words = report.resources.map_or_else(String::new, |resources| {
        format!(", and its threads used {:.0} % of the machine", resources.cpu_percent)
    });
    let evidence = format!(
        "Swell itself started users up to {:.1} ms late (99th percentile {:.1} ms){cpu_words}; the response \
         times contain that",
        lag.max as f64 / 1000.0,
        lag.p99 as f64 / 1000.0
    );
    let advice = if cpu < CPU_PERCENT_MIN {
        "a machine that does nothing else, or a lower --rate"
    } else {
        "a machine with more cores, a lower --rate, or --s2k fast, as encryption is most of its work"
    };
    Some(finding(what::GENERATOR, evidence, advice.to_owned()))
}

/// What a reader must know when Swell itself was the limit.
#[must_use]
pub fn distrust(report: &Report) -> Option<String> {
    let generator = report.diagnosis.iter().find(|finding| finding.what == what::GENERATOR)?;
    let is_busy = report.resources.is_some_and(|used| used.cpu_percent >= CPU_PERCENT_MIN);
    let late_ms = report.schedule_lag_us.p99 as f64 / 1000.0;
    if !is_busy && late_ms < LATE_SHARE_MIN * report.response_ms.p50 {
        return None;
    }
    Some(format!(
        "Swell itself was the limit, so its numbers say more about this machine than about the target: {}",
        generator.evidence
    ))
}

/// A resident set that is large, or does not stay flat.
pub(super) fn memory(report: &Report, plan: &RunPlan) -> Option<Finding> {
    let resources = report.resources?;
    let mib = |bytes: u64| bytes / (1 << 20);
    let slope = resources
        .rss_slope_percent_per_min
        .filter(|slope| *slope >= RSS_SLOPE_MIN && report.run.duration_s >= RSS_SLOPE_RUN_S_MIN);
    let is_large = resources.rss_peak_bytes >= RSS_BYTES_MIN;
    if slope.is_none() && !is_large {
        return None;
    }
    let limits = &plan.limits;
    let mut evidence = format!(
        "the resident set reached {} MiB with {} places and {} wallets in the pool",
        mib(resources.rss_peak_bytes),
        limits.in_flight_max,
        limits.pool_max
    );
    if resources.includes_sandbox {
        evidence.push_str(", the embedded sandbox included");
    }
    if let Some(slope) = slope {
        evidence.push_str(&format!(
            ", and grew by {slope:.1} % a minute after the first, over {:.0} minutes",
            report.run.duration_s / 60.0
        ));
    }
    let advice = if resources.includes_sandbox {
        "put the target into a process of its own with swell sandbox, and name it with --target"
            .to_owned()
    } else if is_large {
        format!("--concurrency {}", (limits.in_flight_max.get() / 2).max(1))
    } else {
        "memory is meant to stay flat: please report this with report.json and run.log".to_owned()
    };
    Some(finding(what::MEMORY, evidence, advice))
}
