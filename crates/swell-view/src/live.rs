//! The run as it goes on: one line, or one JSON object.

use swell_core::snapshot::Snapshot;

use crate::human::{bytes, count, latency, length, progress, rate};

/// The columns of [`live_line`], each with its width; the first stands to the left.
const COLUMNS: [(&str, usize); 15] = [
    ("phase", 6),
    ("elapsed", 7),
    ("done", 6),
    ("ok", 6),
    ("ok/s", 6),
    ("p95", 6),
    ("flight", 6),
    ("backlog", 7),
    ("ready", 5),
    ("fund", 4),
    ("lease", 5),
    ("sweep", 5),
    ("fund/s", 6),
    ("RSS", 9),
    ("CPU", 4),
];

/// The head above the lines: users done, the share that succeeded, successes per second over 60 s,
/// p95 of the response time, users in flight and waiting, wallets ready, being funded, leased and
/// being swept, wallets funded per second, memory, CPU in percent of one core.
#[must_use]
pub fn live_head() -> String {
    aligned(&COLUMNS.map(|(name, _)| name.to_owned()))
}

/// One line of about 120 columns that says where the run is; [`live_head`] names its columns.
#[must_use]
pub fn live_line(snapshot: &Snapshot) -> String {
    let ended = snapshot.succeeded + snapshot.failed;
    let success = snapshot.success_percent.filter(|_| ended > 0);
    let pool = &snapshot.pool;
    let mut line = aligned(&[
        snapshot.phase.label().to_owned(),
        length(snapshot.elapsed_s),
        count(ended),
        success.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1}%")),
        rate(snapshot.throughput_per_s),
        if ended == 0 { "-".to_owned() } else { latency(snapshot.response_ms.p95) },
        count(snapshot.in_flight),
        count(snapshot.backlog),
        count(pool.ready),
        count(pool.funding),
        count(pool.leased),
        count(pool.sweeping),
        rate(snapshot.funding_per_s),
        bytes(snapshot.rss_bytes),
        format!("{:.0}%", snapshot.cpu_percent_of_core),
    ]);
    for (trouble, what) in [(snapshot.shed, "shed"), (pool.quarantined, "quarantined")] {
        if trouble > 0 {
            line.push_str(&format!("  {} {what}", count(trouble)));
        }
    }
    if let Some(far) = &snapshot.progress {
        line.push_str(&format!("  {}", progress(far)));
    }
    line
}

fn aligned(cells: &[String; COLUMNS.len()]) -> String {
    let mut line = format!("{:<width$}", cells[0], width = COLUMNS[0].1);
    for (cell, (_, width)) in cells.iter().zip(COLUMNS).skip(1) {
        line.push_str(&format!("  {cell:>width$}"));
    }
    line
}

/// One line of JSON with everything that is known.
///
/// # Errors
/// A number that JSON cannot hold.
pub fn live_json(snapshot: &Snapshot) -> Result<String, serde_json::Error> {
    serde_json::to_string(snapshot)
}

#[cfg(test)]
mod tests {
    use swell_core::progress::Progress;

    use super::*;
    use crate::sample;

    #[test]
    fn a_run_under_load_as_a_line() {
        let lines = [live_head(), live_line(&sample::snapshot())];
        assert!(lines.iter().all(|line| line.chars().count() <= 120), "{lines:#?}");
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_run_that_just_began_shows_no_numbers_it_does_not_have() {
        let mut snapshot = sample::snapshot();
        (snapshot.succeeded, snapshot.failed, snapshot.success_percent) = (0, 0, None);
        let line = live_line(&snapshot);
        let dashes = line.split_whitespace().filter(|cell| *cell == "-").count();
        assert_eq!(dashes, 2, "{line}");
    }

    #[test]
    fn trouble_shows_only_when_there_is_some() {
        let mut snapshot = sample::snapshot();
        assert!(!live_line(&snapshot).contains("shed"));
        snapshot.shed = 3;
        snapshot.pool.quarantined = 2;
        let line = live_line(&snapshot);
        assert!(line.contains("3 shed") && line.contains("2 quarantined"), "{line}");
    }

    #[test]
    fn long_work_says_how_far_it_is() {
        let mut snapshot = sample::snapshot();
        let far = Progress { what: "wallets funded", done: 40, of: 60, left_s: Some(3.0) };
        snapshot.progress = Some(far);
        let line = live_line(&snapshot);
        assert!(line.ends_with("  40 of 60 wallets funded, about 3 s left"), "{line}");
    }

    #[test]
    fn json_is_one_line_with_every_field() {
        let json = live_json(&sample::snapshot()).unwrap();
        assert!(!json.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["phase"], "load");
        assert_eq!(value["pool"]["ready"], 86);
    }
}
