//! Whether a run met what was asked of it.

use crate::report::{Ended, ThresholdResult, Verdict, VerdictOutcome};
use crate::units::Wei;

/// The verdict on a run that ended so, with its thresholds and the money that is not final yet.
///
/// Being stopped by the user or a limit wins over thresholds, a threshold over money in doubt.
#[must_use]
pub fn verdict(results: &[ThresholdResult], ended: Ended, in_doubt: Wei) -> Verdict {
    let failed: Vec<&ThresholdResult> = results.iter().filter(|result| !result.pass).collect();
    let outcome = match ended {
        Ended::Drained | Ended::Aborted | Ended::LimitReached => VerdictOutcome::Stopped,
        Ended::ThresholdAborted => VerdictOutcome::Failed,
        Ended::Completed if !failed.is_empty() => VerdictOutcome::Failed,
        Ended::Completed if !in_doubt.is_zero() => VerdictOutcome::Inconclusive,
        Ended::Completed => VerdictOutcome::Passed,
    };
    let stopped = match ended {
        Ended::Completed => None,
        Ended::Drained => Some("The user stopped the run, and it drained.".to_owned()),
        Ended::Aborted => Some("The user aborted the run: it was cut off.".to_owned()),
        Ended::ThresholdAborted => Some("A threshold aborted the run.".to_owned()),
        Ended::LimitReached => Some("A limit stopped the run.".to_owned()),
    };
    let doubt = (!in_doubt.is_zero()).then(|| {
        format!("{in_doubt} wei are not final yet: `swell sweep` resolves what became of them.")
    });
    let met = (outcome == VerdictOutcome::Passed && !results.is_empty())
        .then(|| format!("All thresholds were met, {0} of {0}.", results.len()));
    let breaches = failed.into_iter().map(sentence);
    Verdict {
        outcome,
        reasons: stopped.into_iter().chain(breaches).chain(doubt).chain(met).collect(),
    }
}

/// One sentence on a threshold that was not met: its number, its limit and the window.
fn sentence(result: &ThresholdResult) -> String {
    let unit = match result.unit.as_str() {
        "" => String::new(),
        unit if unit.starts_with('/') => unit.to_owned(),
        unit => format!(" {unit}"),
    };
    let note = result.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    let limit = number(result.limit);
    match result.value {
        Some(value) => {
            format!(
                "{}: it was {}{unit}, the limit is {limit}{unit}{note}.",
                result.expr,
                number(value)
            )
        }
        None => format!("{}: there is no number to compare{note}.", result.expr),
    }
}

/// Three digits behind the point at most, and none that say nothing.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
