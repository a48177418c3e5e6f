//! The report as Markdown, for the page of a build.

use swell_core::report::{FailureRow, Report, ThresholdResult, VerdictOutcome};

use crate::human::{count, latency, length, measure, money, rate};

/// Failures that are shown; the report has them all.
const FAILURES_MAX: usize = 5;

/// The report in Markdown: verdict, thresholds, what held the run back, the main figures, failures.
/// Made for the step summary of GitHub Actions, which other readers of Markdown show as well.
#[must_use]
pub fn step_summary(report: &Report) -> String {
    let mut text = verdict(report);
    text.push_str(&thresholds(report));
    text.push_str(&diagnosis(report));
    text.push_str(&figures(report));
    text.push_str(&failures(report));
    for note in &report.notes {
        text.push_str(&format!("> {}\n>\n", plain(note)));
    }
    text
}

fn verdict(report: &Report) -> String {
    let (sign, word) = match report.verdict.outcome {
        VerdictOutcome::Passed => ("✅", "passed"),
        VerdictOutcome::Failed => ("❌", "failed"),
        VerdictOutcome::Inconclusive => ("❔", "is inconclusive"),
        VerdictOutcome::Stopped => ("⏹️", "was stopped"),
    };
    let run = &report.run;
    let mut text = format!(
        "## {sign} Load test {word}: {} on {}\n\nRun `{}`, seed {}, {}{}.\n\n",
        plain(&run.journey),
        plain(&run.target),
        run.id,
        run.seed,
        length(run.duration_s),
        if run.virtual_time { " of virtual time" } else { "" },
    );
    for reason in &report.verdict.reasons {
        text.push_str(&format!("- {}\n", plain(reason)));
    }
    text.push('\n');
    text
}

fn thresholds(report: &Report) -> String {
    if report.thresholds.is_empty() {
        return String::new();
    }
    let row = |threshold: &ThresholdResult| {
        let value =
            threshold.value.map_or_else(|| "–".into(), |value| measure(value, &threshold.unit));
        format!(
            "| {} | `{}` | {value} | {} |\n",
            if threshold.pass { "✅" } else { "❌" },
            threshold.expr.replace('|', "\\|").replace('`', "'"),
            measure(threshold.limit, &threshold.unit),
        )
    };
    let rows: String = report.thresholds.iter().map(row).collect();
    format!("| | Threshold | measured | limit |\n| --- | --- | ---: | ---: |\n{rows}\n")
}

fn diagnosis(report: &Report) -> String {
    if report.diagnosis.is_empty() {
        return "Nothing held the run back.\n\n".into();
    }
    let mut text = String::from("### What held the run back\n\n");
    for finding in &report.diagnosis {
        text.push_str(&format!(
            "- **{}**: {}. Change: {}\n",
            finding.what,
            plain(&finding.evidence),
            plain(&finding.advice)
        ));
    }
    text.push('\n');
    text
}

fn figures(report: &Report) -> String {
    let (arrivals, outcomes) = (&report.arrivals, &report.outcomes);
    let through = &report.throughput;
    let (response, service) = (&report.response_ms, &report.service_ms);
    let money_row = format!(
        "{} spent, {} left or in doubt, {} wei unexplained",
        money(report.money.spent_wei),
        money(report.money.left_wei + report.money.in_doubt_wei),
        report.money.unexplained_wei
    );
    let rows = [
        (
            "Users",
            format!(
                "{} due, {} succeeded, {} failed, {} shed, {} abandoned",
                count(arrivals.due),
                count(outcomes.succeeded),
                count(outcomes.failed),
                count(arrivals.shed),
                count(arrivals.abandoned)
            ),
        ),
        (
            "Throughput",
            format!(
                "{} sustained of {} offered",
                rate(through.sustained_per_s),
                rate(through.offered_per_s)
            ),
        ),
        ("Response time", percentiles(response)),
        ("Service time", percentiles(service)),
        ("Money", money_row),
    ];
    let rows: String = rows.iter().map(|(name, words)| format!("| {name} | {words} |\n")).collect();
    format!("| | |\n| --- | --- |\n{rows}\n")
}

fn percentiles(of: &swell_core::report::Latency) -> String {
    format!("p50 {}, p95 {}, p99 {}", latency(of.p50), latency(of.p95), latency(of.p99))
}

fn failures(report: &Report) -> String {
    if report.failures.is_empty() {
        return String::new();
    }
    let row = |row: &FailureRow| {
        let sample = row.samples.first();
        let body = sample.and_then(|sample| sample.detail.body.as_deref()).unwrap_or("–");
        format!(
            "| {} | {} | {} | {} |\n",
            plain(&row.class),
            plain(&row.step),
            count(row.count),
            plain(body)
        )
    };
    let rows: String = report.failures.iter().take(FAILURES_MAX).map(row).collect();
    format!(
        "<details><summary>Failures</summary>\n\n| Class | Step | Users | First sample |\n| --- | --- \
         | ---: | --- |\n{rows}\n</details>\n\n"
    )
}

/// Text in one line that is no markup, whatever a target sent.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' => {
                plain.push('\\');
                plain.push(character);
            }
            character if character.is_control() => plain.push(' '),
            character => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_failed_run_as_markdown() {
        insta::assert_snapshot!(step_summary(&sample::report()));
    }

    #[test]
    fn a_passed_run_as_markdown() {
        let text = step_summary(&sample::passed());
        assert!(text.starts_with("## ✅ Load test passed"), "{text}");
        assert!(text.contains("Nothing held the run back."));
    }

    #[test]
    fn what_a_target_sent_is_no_markup() {
        let mut report = sample::report();
        report.run.target = "<img src=x> | [a](b)\n# head".into();
        let text = step_summary(&report);
        assert!(text.contains("&lt;img src=x&gt; \\| \\[a\\](b) \\# head"), "{text}");
    }
}
