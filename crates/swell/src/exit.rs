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
        match (report.run.ended, report.verdict.outcome) {
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
