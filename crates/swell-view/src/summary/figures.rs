//! The numbers of a run.

use swell_core::funding::FundingStrategy;
use swell_core::report::{FailureRow, FailureSample, Latency, Report};

use super::labelled;
use crate::human::{bytes, count, latency, latency_us, length, money, rate};
use crate::style::{Page, cut};
use crate::table::Table;

/// Rows of failures that are shown; the report has them all.
const FAILURES_MAX: usize = 5;

pub(super) fn users(report: &Report, page: Page) -> String {
    let (arrivals, outcomes) = (&report.arrivals, &report.outcomes);
    let users = format!(
        "{} due = {} started + {} shed + {} abandoned",
        count(arrivals.due),
        count(arrivals.started),
        count(arrivals.shed),
        count(arrivals.abandoned),
    );
    let mut started = format!(
        "{} started = {} succeeded + {} failed",
        count(arrivals.started),
        count(outcomes.succeeded),
        count(outcomes.failed),
    );
    if arrivals.waited_for_place > 0 {
        started.push_str(&format!("; {} waited for a place", count(arrivals.waited_for_place)));
    }
    let through = &report.throughput;
    let window_s = through.window_end_s - through.window_start_s;
    let short = if through.window_is_short { ", which is short" } else { "" };
    let throughput = format!(
        "{} sustained where {} were due, over {}{short}; {} at the peak",
        rate(through.sustained_per_s),
        rate(through.offered_per_s),
        length(window_s),
        rate(through.peak_per_s),
    );
    let lag = &report.schedule_lag_us;
    let lateness = format!(
        "Swell started users {} after they were due at p50, {} at p99, {} at most",
        latency_us(lag.p50),
        latency_us(lag.p99),
        latency_us(lag.max)
    );
    labelled(page, "Users", &users)
        + &labelled(page, "", &started)
        + &labelled(page, "Throughput", &throughput)
        + &labelled(page, "Lateness", &lateness)
        + &resources(report, page)
}

fn resources(report: &Report, page: Page) -> String {
    let Some(used) = &report.resources else { return String::new() };
    let shared = if used.includes_sandbox { ", the sandbox included" } else { "" };
    let text = format!(
        "{} of memory at the peak{shared}; {:.1} s of CPU, {:.1}% of the machine",
        bytes(used.rss_peak_bytes),
        used.cpu_seconds,
        used.cpu_percent
    );
    labelled(page, "Resources", &text)
}

pub(super) fn steps(report: &Report, page: Page) -> String {
    let mut table = Table::new(1, &["Time", "count", "errors", "p50", "p95", "p99", "max"]);
    let (ended, failed) =
        (report.outcomes.succeeded + report.outcomes.failed, report.outcomes.failed);
    table.push(row("response", ended, failed, &report.response_ms));
    table.push(row("service", ended, failed, &report.service_ms));
    table.push(vec!["response by step".into()]);
    for step in &report.steps {
        table.push(row(&format!("  {}", step.name), step.count, step.errors, &step.response_ms));
    }
    let mut lines = table.lines();
    if let Some(head) = lines.first_mut() {
        *head = page.style.strong(head);
    }
    lines.join("\n") + "\n"
}

fn row(name: &str, ended: u64, errors: u64, times: &Latency) -> Vec<String> {
    let mut row = vec![name.to_owned(), count(ended), count(errors)];
    for ms in [times.p50, times.p95, times.p99, times.max] {
        row.push(if ended == 0 { "-".into() } else { latency(ms) });
    }
    row
}

pub(super) fn failures(report: &Report, page: Page) -> String {
    if report.failures.is_empty() {
        return String::new();
    }
    let mut text = page.style.strong("Failures") + "\n";
    for failure in report.failures.iter().take(FAILURES_MAX) {
        text.push_str(&failure_row(failure, page));
    }
    if report.failures.len() > FAILURES_MAX {
        let left = report.failures.len() - FAILURES_MAX;
        text.push_str(&format!("  and {left} more kinds, in the report\n"));
    }
    text
}

fn failure_row(failure: &FailureRow, page: Page) -> String {
    let mut text = format!(
        "  {:>5}  {} in {}, first after {}\n",
        count(failure.count),
        page.style.bad(&failure.class),
        failure.step,
        length(failure.first_at_s)
    );
    if let Some(sample) = failure.samples.first() {
        let room = page.width.saturating_sub(9);
        text.push_str(&format!("         {}\n", page.style.faint(&cut(&in_words(sample), room))));
    }
    text
}

fn in_words(sample: &FailureSample) -> String {
    let detail = &sample.detail;
    let mut parts = vec![format!("user {}", sample.seq)];
    parts.extend(detail.status.map(|status| format!("status {status}")));
    parts.extend(detail.operation_id.as_ref().map(|id| format!("operation {id}")));
    parts.extend(detail.tx.as_ref().map(|tx| format!("tx {}", cut(tx, 14))));
    parts.extend(detail.body.clone());
    parts.join(", ")
}

pub(super) fn funding(report: &Report, page: Page) -> String {
    if report.relay.is_some() {
        // Nobody was funded.
        return String::new();
    }
    let funding = &report.funding;
    let mut text = format!(
        "{} wallets of {}, {}, usable after {} at p50 and {} at p99; users waited {} at p50, {} at most",
        count(funding.wallets),
        money(funding.wallet_size_wei),
        match funding.strategy {
            FundingStrategy::Direct => "paid one by one",
            FundingStrategy::Batch => "paid in batches",
        },
        latency(funding.latency_ms.p50),
        latency(funding.latency_ms.p99),
        latency(funding.wait_ms.p50),
        latency(funding.wait_ms.max),
    );
    if funding.failed > 0 {
        text.push_str(&format!("; {} could not be funded", count(funding.failed)));
    }
    if funding.droughts > 0 {
        text.push_str(&format!(
            "; the relayer ran dry {} times, for {} in all",
            count(funding.droughts),
            length(funding.drought_s)
        ));
    }
    labelled(page, "Funding", &text)
}
