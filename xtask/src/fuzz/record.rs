//! What is kept of fuzzing: a line a target, of its last run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::statistics::Statistics;
use crate::Outcome;
use crate::bench::{Figure, Goal, Machine, Part, keep_part, kept_part};

/// The part's name in `bench/results`.
const PART: &str = "fuzz";
const HOW: &str = "Every parser of bytes that come from outside is fuzzed by libFuzzer, from the \
    seeds in fuzz/seeds and what earlier runs found, with branches and comparisons of our own crates \
    traced. Minutes are wall time; cpu_s is what the target had of it. The figures are sums of the \
    last run of each target.";

/// One run of one target.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) target: String,
    /// When it ended.
    pub(super) date: String,
    /// What was fuzzed.
    pub(super) swell: String,
    pub(super) minutes: f64,
    /// CPU time it had; only Linux says.
    pub(super) cpu_s: Option<f64>,
    pub(super) statistics: Statistics,
    /// Whether it ended because of an input.
    pub(super) is_broken: bool,
}

impl Record {
    fn to_json(&self) -> Value {
        let Statistics { executions, new_inputs, rss_peak_mib, found } = &self.statistics;
        json!({
            "target": self.target,
            "date": self.date,
            "swell": self.swell,
            "minutes": (self.minutes * 100.0).round() / 100.0,
            "cpu_s": self.cpu_s,
            "executions": executions,
            "new_inputs": new_inputs,
            "rss_peak_mib": rss_peak_mib,
            "found": found,
        })
    }
}

/// One line a target.
pub(super) fn table(records: &[Record]) -> String {
    let mut text = format!(
        "{:<20} {:>7} {:>7} {:>12} {:>10} {:>7}  found\n",
        "target", "minutes", "cpu s", "executions", "new inputs", "MiB"
    );
    for Record { target, minutes, cpu_s, statistics, .. } in records {
        let Statistics { executions, new_inputs, rss_peak_mib, found } = statistics;
        let cpu_s = cpu_s.map_or_else(|| "?".to_owned(), |cpu_s| format!("{cpu_s:.0}"));
        let found = if found.is_empty() { "nothing".to_owned() } else { found.join(" ") };
        text += &format!(
            "{target:<20} {minutes:>7.1} {cpu_s:>7} {executions:>12} {new_inputs:>10} \
             {rss_peak_mib:>7}  {found}\n"
        );
    }
    text
}

/// Writes `bench/results/fuzz.json`: of targets that did not run now, what it said before.
pub(super) fn keep(
    records: &[Record],
    known: &[String],
    machine: &Machine,
    version: &str,
) -> Outcome {
    let runs = merged(kept_part(PART)?, records, known);
    let part = Part { how: HOW.to_owned(), figures: figures(&runs), runs };
    keep_part(PART, &part, machine, version.to_owned())
}

/// The last run of each target there is, in order.
fn merged(earlier: Vec<Value>, records: &[Record], known: &[String]) -> Vec<Value> {
    let name = |run: &Value| run["target"].as_str().unwrap_or_default().to_owned();
    let mut runs: BTreeMap<String, Value> =
        earlier.into_iter().map(|run| (name(&run), run)).collect();
    runs.extend(records.iter().map(|record| (record.target.clone(), record.to_json())));
    runs.into_iter().filter(|(target, _)| known.contains(target)).map(|(_, run)| run).collect()
}

fn figures(runs: &[Value]) -> Vec<Figure> {
    let minutes = runs.iter().filter_map(|run| run["minutes"].as_f64());
    let executions: f64 = runs.iter().filter_map(|run| run["executions"].as_f64()).sum();
    let found: usize = runs.iter().filter_map(|run| run["found"].as_array()).map(Vec::len).sum();
    let found = f64::from(u32::try_from(found).unwrap_or(u32::MAX));
    let targets = f64::from(u32::try_from(runs.len()).unwrap_or(u32::MAX));
    vec![
        Figure::of("targets", "", &[targets]),
        Figure::of("shortest run", "min", &[minutes.fold(f64::INFINITY, f64::min)]),
        Figure::of("executions", "", &[executions]),
        Figure::of("inputs that broke a target or took long", "", &[found])
            .wanted(Goal::Below(1.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Record, Statistics, figures, merged, table};

    fn record(target: &str, executions: u64, found: &[&str]) -> Record {
        let found = found.iter().map(|name| (*name).to_owned()).collect();
        Record {
            target: target.to_owned(),
            date: "2026-01-01T00:00:00Z".to_owned(),
            swell: "0123456789ab".to_owned(),
            minutes: 10.004,
            cpu_s: Some(599.5),
            statistics: Statistics { executions, new_inputs: 3, rss_peak_mib: 80, found },
            is_broken: false,
        }
    }

    #[test]
    fn a_run_replaces_the_last_one_of_its_target_and_of_no_other() {
        let known = ["event", "openpgp"].map(str::to_owned);
        let earlier = merged(
            Vec::new(),
            &[record("event", 1, &["event-crash-1"]), record("openpgp", 2, &[])],
            &known,
        );
        let now = merged(earlier, &[record("event", 5, &[])], &known);
        let executions: Vec<_> = now.iter().map(|run| run["executions"].as_u64()).collect();
        assert_eq!(executions, [Some(5), Some(2)]);
        assert_eq!(now[0]["minutes"].as_f64(), Some(10.0));
        let values: Vec<f64> = figures(&now).iter().map(|figure| figure.value).collect();
        assert_eq!(values, [2.0, 10.0, 7.0, 0.0]);
    }

    #[test]
    fn a_target_that_is_gone_is_not_kept() {
        let earlier = merged(Vec::new(), &[record("older", 1, &[])], &["older".to_owned()]);
        assert!(merged(earlier, &[], &["event".to_owned()]).is_empty());
    }

    #[test]
    fn the_table_has_a_line_a_target() {
        let text = table(&[record("event", 42, &[]), record("openpgp", 7, &["openpgp-oom-1"])]);
        let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(words, ["event", "10.0", "600", "42", "3", "80", "nothing"]);
        assert!(text.ends_with("openpgp-oom-1\n"));
    }
}
