//! Exit codes: what a script learns from a run without reading a word.

use std::process::ExitCode;

use swell_core::report::{Ended, Report, VerdictOutcome};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well: every threshold was met.
    Passed = 0,
    /// A threshold failed or aborted the run, or the verdict is inconclusive.
    Failed = 1,
    /// The arguments, the configuration or a file of it are wrong. Nothing was sent.
    Usage = 2,
    /// The check before the run failed. Nothing was sent.
    Check = 3,
    /// The user or a limit stopped the run. Wins over [`Exit::Failed`].
    Stopped = 4,
}

impl Exit {
    /// The exit of a run with this report.
    #[must_use]
    pub const fn of(report: &Report) -> Self {
        Self::after(report.run.ended, report.verdict.outcome)
    }

    const fn after(ended: Ended, outcome: VerdictOutcome) -> Self {
        match (ended, outcome) {
            (Ended::Drained | Ended::Aborted | Ended::LimitReached, _)
            | (_, VerdictOutcome::Stopped) => Self::Stopped,
            (Ended::Completed, VerdictOutcome::Passed) => Self::Passed,
            (Ended::ThresholdAborted, _)
            | (Ended::Completed, VerdictOutcome::Failed | VerdictOutcome::Inconclusive) => {
                Self::Failed
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_stopped_wins_over_having_failed() {
        for ended in [Ended::Drained, Ended::Aborted, Ended::LimitReached] {
            for outcome in [VerdictOutcome::Passed, VerdictOutcome::Failed, VerdictOutcome::Stopped]
            {
                assert_eq!(Exit::after(ended, outcome), Exit::Stopped);
            }
        }
    }

    #[test]
    fn only_a_run_that_met_everything_passes() {
        for (ended, outcome, exit) in [
            (Ended::Completed, VerdictOutcome::Passed, Exit::Passed),
            (Ended::Completed, VerdictOutcome::Failed, Exit::Failed),
            (Ended::Completed, VerdictOutcome::Inconclusive, Exit::Failed),
            (Ended::ThresholdAborted, VerdictOutcome::Failed, Exit::Failed),
            (Ended::ThresholdAborted, VerdictOutcome::Passed, Exit::Failed),
        ] {
            assert_eq!(Exit::after(ended, outcome), exit);
        }
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let exits = [Exit::Passed, Exit::Failed, Exit::Usage, Exit::Check, Exit::Stopped];
        assert_eq!(exits.map(|exit| exit as u8), [0, 1, 2, 3, 4]);
    }
}
