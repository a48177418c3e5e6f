//! The runs of the store, for people and for machines.

use std::time::Duration;

use serde::Serialize;
use swell_core::report::Ended;
use swell_view::Table;
use swell_view::human::{moment, money};

use super::row::{Holds, OtherEnd, RunEnd, RunRow, WhoSays};

/// Version of the list for machines.
const RUNS_FORMAT: u32 = 1;

/// The runs as a table, and what is wrong with some of them.
#[must_use]
pub fn runs_text(rows: &[RunRow], home: &str) -> String {
    if rows.is_empty() {
        return format!("No run has left a folder in {home}.\n");
    }
    let head = ["Run", "began", "target", "chain", "ended", "holds", "folder"];
    let mut table = Table::new(head.len(), &head);
    let absent = || "-".to_owned();
    for row in rows {
        table.push(vec![
            row.id.clone(),
            row.began_unix_s.map_or_else(absent, |unix_s| moment(Duration::from_secs(unix_s))),
            row.target.clone().unwrap_or_else(absent),
            row.chain_id.map_or_else(absent, |id| id.to_string()),
            ended(row.ended).to_owned(),
            holds(&row.holds),
            row.folder.display().to_string(),
        ]);
    }
    let mut text = table.lines().join("\n") + "\n";
    for row in rows {
        if let Some(problem) = &row.problem {
            text.push_str(&format!("  {}: {problem}\n", row.id));
        }
    }
    if rows.iter().any(RunRow::may_hold) {
        text.push_str(
            "\n`swell sweep RUN_ID` returns what a run holds, `swell sweep --all` what all hold.\n",
        );
    }
    text
}

/// The runs as indented JSON.
///
/// # Errors
/// A number that JSON cannot hold.
pub fn runs_json(rows: &[RunRow]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct List<'a> {
        format: u32,
        runs: &'a [RunRow],
    }
    Ok(serde_json::to_string_pretty(&List { format: RUNS_FORMAT, runs: rows })? + "\n")
}

const fn ended(end: RunEnd) -> &'static str {
    match end {
        RunEnd::Reported(Ended::Completed) => "completed",
        RunEnd::Reported(Ended::Drained) => "stopped",
        RunEnd::Reported(Ended::Aborted) => "aborted",
        RunEnd::Reported(Ended::ThresholdAborted) => "by a threshold",
        RunEnd::Reported(Ended::LimitReached) => "by a limit",
        RunEnd::Other(OtherEnd::GoingOn) => "is going on",
        RunEnd::Other(OtherEnd::DidNotEnd) => "did not end",
        RunEnd::Other(OtherEnd::DidNotBegin) => "did not begin",
        RunEnd::Other(OtherEnd::Unknown) => "unknown",
    }
}

fn holds(holds: &Holds) -> String {
    match (holds.wei, holds.says) {
        (_, WhoSays::InProcess) => "nothing (in-process)".into(),
        (None, _) => "unknown".into(),
        (Some(wei), WhoSays::Ledger | WhoSays::Nobody) => amount(wei),
        (Some(wei), WhoSays::Report) => format!("{} (report)", amount(wei)),
        (Some(wei), WhoSays::Sweep) => format!("{} (swept)", amount(wei)),
        (Some(wei), WhoSays::Chain) => format!("{} (chain)", amount(wei)),
    }
}

fn amount(wei: swell_core::units::Wei) -> String {
    if wei.is_zero() { "nothing".into() } else { money(wei) }
}
