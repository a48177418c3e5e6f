//! The run as it goes on: one line, or one JSON object.

use swell_core::snapshot::{PoolCounts, Snapshot};

use crate::human::{bytes, count, latency, length, rate};

/// One line of about 120 columns that says where the run is.
#[must_use]
pub fn live_line(snapshot: &Snapshot) -> String {
    let success =
        snapshot.success_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1}%"));
    let ended = snapshot.succeeded + snapshot.failed;
    let p95 = if ended == 0 { "-".to_owned() } else { latency(snapshot.response_ms.p95) };
    let mut waiting = format!("{} in flight, {} backlog", snapshot.in_flight, snapshot.backlog);
    if snapshot.shed > 0 {
        waiting.push_str(&format!(", {} shed", snapshot.shed));
    }
    [
        format!("{:<6} {:>7}", snapshot.phase.label(), length(snapshot.elapsed_s)),
        format!("{} done {success} ok", count(ended)),
        rate(snapshot.throughput_per_s),
        format!("p95 {p95}"),
        waiting,
        format!("pool {}, {}", pool(snapshot.pool), rate(snapshot.funding_per_s)),
        format!("{} {:.0}% cpu", bytes(snapshot.rss_bytes), snapshot.cpu_percent_of_core),
    ]
    .join(" | ")
}

/// Wallets by state: ready, leased, on their way in and on their way home; troubled ones if any.
fn pool(pool: PoolCounts) -> String {
    let mut shown = format!(
        "{} ready {} used {} in {} home",
        pool.ready, pool.leased, pool.funding, pool.sweeping
    );
    if pool.quarantined > 0 {
        shown.push_str(&format!(" {} unclear", pool.quarantined));
    }
    shown
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
    use super::*;
    use crate::sample;

    #[test]
    fn a_run_under_load_as_a_line() {
        let line = live_line(&sample::snapshot());
        assert!(line.chars().count() <= 132, "{}", line.chars().count());
        insta::assert_snapshot!(line);
    }

    #[test]
    fn a_run_that_just_began_shows_no_numbers_it_does_not_have() {
        let mut snapshot = sample::snapshot();
        (snapshot.succeeded, snapshot.failed, snapshot.success_percent) = (0, 0, None);
        let line = live_line(&snapshot);
        assert!(line.contains("0 done - ok") && line.contains("p95 -"), "{line}");
    }

    #[test]
    fn trouble_shows_only_when_there_is_some() {
        let mut snapshot = sample::snapshot();
        assert!(!live_line(&snapshot).contains("shed"));
        snapshot.shed = 3;
        snapshot.pool.quarantined = 2;
        let line = live_line(&snapshot);
        assert!(line.contains("3 shed") && line.contains("2 unclear"), "{line}");
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
