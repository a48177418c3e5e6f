//! What libFuzzer says at the end of a run.

use serde::Serialize;

/// The final statistics of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Statistics {
    /// Inputs that were tried.
    pub(super) executions: u64,
    /// Inputs that reached something new, and were kept.
    pub(super) new_inputs: u64,
    /// Resident memory at its most, MiB.
    pub(super) rss_peak_mib: u64,
    /// Files with the inputs that broke it or took long; empty is how it ought to be.
    pub(super) found: Vec<String>,
}

impl Statistics {
    /// Reads them from what a run wrote; `None` when it did not come to its end.
    pub(super) fn parse(log: &str) -> Option<Self> {
        Some(Self {
            executions: number(log, "stat::number_of_executed_units:")?,
            new_inputs: number(log, "stat::new_units_added:")?,
            rss_peak_mib: number(log, "stat::peak_rss_mb:")?,
            found: found(log),
        })
    }
}

/// The inputs that a run put aside.
pub(super) fn found(log: &str) -> Vec<String> {
    let paths = log.lines().filter_map(|line| line.split_once("Test unit written to "));
    let name = |path: &str| path.trim().rsplit('/').next().unwrap_or_default().to_owned();
    paths.map(|(_, path)| name(path)).collect()
}

fn number(log: &str, name: &str) -> Option<u64> {
    log.lines().rev().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::Statistics;

    const CLEAN: &str = "INFO: Seed: 1\n\
        stat::number_of_executed_units: 123456\n\
        stat::average_exec_per_sec:     205\n\
        stat::new_units_added:          78\n\
        stat::slowest_unit_time_sec:    0\n\
        stat::peak_rss_mb:              91\n";

    #[test]
    fn a_clean_run_has_figures_and_found_nothing() {
        let read = Statistics::parse(CLEAN).unwrap();
        assert_eq!((read.executions, read.new_inputs, read.rss_peak_mib), (123_456, 78, 91));
        assert!(read.found.is_empty());
    }

    #[test]
    fn what_was_put_aside_is_named() {
        let log = format!(
            "artifact_prefix='target/fuzz/event-'; Test unit written to \
             target/fuzz/event-crash-0a1b\n{CLEAN}"
        );
        assert_eq!(Statistics::parse(&log).unwrap().found, ["event-crash-0a1b"]);
    }

    #[test]
    fn a_run_that_was_killed_has_no_figures() {
        assert_eq!(Statistics::parse("INFO: Seed: 1\n"), None);
    }
}
