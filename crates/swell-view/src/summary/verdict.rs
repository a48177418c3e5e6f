//! Whether the run met its thresholds, and what held it back.

use swell_core::report::{Ended, Report, VerdictOutcome};

use super::heading;
use crate::human::{length, measure};
use crate::style::Page;
use crate::table::Table;

pub(super) fn verdict(report: &Report, page: Page) -> String {
    let style = page.style;
    let word = match report.verdict.outcome {
        VerdictOutcome::Passed => style.good("PASSED"),
        VerdictOutcome::Failed => style.bad("FAILED"),
        VerdictOutcome::Inconclusive => style.bad("INCONCLUSIVE"),
        VerdictOutcome::Stopped => style.bad("STOPPED"),
    };
    let met = report.thresholds.iter().filter(|threshold| threshold.pass).count();
    let run = &report.run;
    let clock = if run.virtual_time { " of virtual time" } else { "" };
    let mut text = format!(
        "{word}  {met} of {} thresholds met in {}{clock}{}\n",
        report.thresholds.len(),
        length(run.duration_s),
        ended(run.ended),
    );
    text.push_str(&style.faint(&format!(
        "run {} | seed {} | {} on {} (chain {})",
        run.id, run.seed, run.journey, run.target, run.chain_id
    )));
    text.push('\n');
    for reason in &report.verdict.reasons {
        text.push_str(&page.paragraph("  - ", 4, reason));
    }
    text
}

const fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Completed => "",
        Ended::Drained => "; stopped by you, users in flight could finish",
        Ended::Aborted => "; aborted by you",
        Ended::ThresholdAborted => "; aborted by a threshold",
        Ended::LimitReached => "; stopped by a limit",
    }
}

pub(super) fn diagnosis(report: &Report, page: Page) -> String {
    if report.diagnosis.is_empty() {
        return "Nothing held the run back.\n".into();
    }
    let mut text = heading(page, "What held the run back");
    for finding in &report.diagnosis {
        let first = format!("  {}: ", finding.what);
        text.push_str(&page.paragraph(&first, 4, &finding.evidence));
        text.push_str(&page.paragraph("    -> ", 7, &finding.advice));
    }
    text
}

pub(super) fn thresholds(report: &Report, page: Page) -> String {
    if report.thresholds.is_empty() {
        return String::new();
    }
    let mut table = Table::new(1, &["Threshold", "measured", "limit", ""]);
    for threshold in &report.thresholds {
        table.push(vec![
            threshold.expr.clone(),
            threshold.value.map_or_else(|| "-".into(), |value| measure(value, &threshold.unit)),
            measure(threshold.limit, &threshold.unit),
            if threshold.pass { "met".into() } else { "MISSED".into() },
        ]);
    }
    let mut text = String::new();
    let lines = table.lines();
    for (at, line) in lines.iter().enumerate() {
        let threshold = at.checked_sub(1).map(|row| &report.thresholds[row]);
        match threshold {
            None => text.push_str(&page.style.strong(line)),
            Some(threshold) if threshold.pass => text.push_str(line),
            Some(_) => text.push_str(&page.style.bad(line)),
        }
        text.push('\n');
        if let Some(note) = threshold.and_then(|threshold| threshold.note.as_deref()) {
            text.push_str(&page.paragraph("      ", 6, note));
        }
    }
    text
}

pub(super) fn notes(report: &Report, page: Page) -> String {
    report.notes.iter().map(|note| page.paragraph("Note: ", 6, note)).collect()
}
