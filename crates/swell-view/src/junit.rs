//! The verdict as JUnit XML, which every build server reads.

use std::time::Duration;

use quick_junit::{
    NonSuccessKind, Report as Suites, SerializeError, TestCase, TestCaseStatus, TestSuite,
};
use swell_core::report::{Report, ThresholdResult, VerdictOutcome};

use crate::human::measure;

/// A suite with a case a threshold, and one for the verdict, which may fail though every threshold
/// was met: money may be in doubt, or the run stopped.
///
/// # Errors
/// Text that XML cannot hold; there is none, as such characters are left out.
pub fn junit(report: &Report) -> Result<String, SerializeError> {
    let run = &report.run;
    let took = Duration::try_from_secs_f64(run.duration_s).unwrap_or_default();
    let mut suite = TestSuite::new(format!("{} on {}", run.journey, run.target));
    suite.set_time(took);
    for (name, value) in [("run", run.id.clone()), ("seed", run.seed.to_string())] {
        suite.add_property((name.to_owned(), value));
    }
    suite.add_test_cases(report.thresholds.iter().map(case));
    suite.add_test_case(verdict(report));
    let mut suites = Suites::new("swell");
    suites.set_time(took);
    suites.add_test_suite(suite);
    suites.to_string()
}

fn case(threshold: &ThresholdResult) -> TestCase {
    let note = threshold.note.as_ref().map_or_else(String::new, |note| format!("; {note}"));
    let words = match threshold.value {
        Some(value) => format!(
            "measured {}, the limit is {}{note}",
            measure(value, &threshold.unit),
            measure(threshold.limit, &threshold.unit)
        ),
        None => format!("nothing was measured{note}"),
    };
    let mut case = TestCase::new(threshold.expr.as_str(), status(threshold.pass, &words));
    case.set_classname("swell.threshold");
    case.set_system_out(words);
    case
}

fn verdict(report: &Report) -> TestCase {
    let passed = report.verdict.outcome == VerdictOutcome::Passed;
    let reasons = report.verdict.reasons.join("\n");
    let mut case = TestCase::new("verdict", status(passed, &reasons));
    case.set_classname("swell.run");
    case
}

fn status(passed: bool, words: &str) -> TestCaseStatus {
    if passed {
        return TestCaseStatus::success();
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(words);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_failed_run_as_junit() {
        insta::assert_snapshot!(junit(&sample::report()).unwrap());
    }

    #[test]
    fn a_run_whose_thresholds_were_met_can_still_fail() {
        let mut report = sample::passed();
        assert!(junit(&report).unwrap().contains("failures=\"0\""));
        report.verdict.outcome = VerdictOutcome::Inconclusive;
        report.verdict.reasons = vec!["<money> & doubt".into()];
        let xml = junit(&report).unwrap();
        assert!(
            xml.contains("failures=\"1\"") && xml.contains("&lt;money&gt; &amp; doubt"),
            "{xml}"
        );
    }
}
