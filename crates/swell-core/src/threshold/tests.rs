use std::num::NonZeroU64;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::journey::{Failure, FailureClass, FailureDetail, JourneySpec, StepId, StepSpec};
use crate::plan::{ArrivalKind, LoadPlan, Spike};
use crate::report::{
    ArrivalCounts, Ended, Money, Resources, ThresholdResult, Throughput, VerdictOutcome,
};
use crate::stats::{JourneyRecord, Shard, StepRecord, Totals};
use crate::submit::SubmitMode;
use crate::time::RunOffset;
use crate::units::{Rate, Wei};

const SPEC: JourneySpec =
    JourneySpec { name: "two", steps: &[StepSpec { name: "wallet" }, StepSpec { name: "poll" }] };

fn threshold(expr: &str) -> Threshold {
    expr.parse().unwrap()
}

fn error(expr: &str) -> String {
    expr.parse::<Threshold>().unwrap_err().to_string()
}

/// What was measured, with everything a test may want to change.
struct Run {
    totals: Totals,
    throughput: Throughput,
    arrivals: ArrivalCounts,
    money: Option<Money>,
    resources: Option<Resources>,
}

impl Run {
    /// 90 successes of 10 s, 10 timeouts of 60 s; the step `wallet` took 1 s, `poll` 8 s.
    fn new() -> Self {
        let (mut totals, mut shard) = (Totals::new(&SPEC), Shard::new(&SPEC));
        for seq in 0..100 {
            let failed = seq >= 90;
            let detail = FailureDetail::default();
            let failure = Failure { class: FailureClass::Timeout, step: StepId(1), detail };
            shard.record_journey(&JourneyRecord {
                seq,
                due: RunOffset::ZERO,
                sent: RunOffset::ZERO,
                ended: RunOffset::from_secs_f64(if failed { 60.0 } else { 10.0 }),
                outcome: if failed { Err(failure) } else { Ok(()) },
                wallet: None,
            });
            for (step, seconds) in [(StepId(0), 1), (StepId(1), 8)] {
                let service = Duration::from_secs(seconds);
                let response = service * 2;
                shard.record_step(&StepRecord { step, response, service, failed: false });
            }
        }
        totals.absorb(&mut shard);
        Self {
            totals,
            throughput: Throughput {
                sustained_per_s: 2.0,
                peak_per_s: 6.0,
                offered_per_s: 2.2,
                window_start_s: 10.0,
                window_end_s: 110.0,
                window_is_short: false,
            },
            arrivals: ArrivalCounts { due: 100, started: 100, ..ArrivalCounts::default() },
            money: Some(Money { unexplained_wei: "0".into(), ..Money::default() }),
            resources: Some(Resources {
                rss_peak_bytes: 512 << 20,
                cpu_percent: 3.0,
                rss_slope_percent_per_min: Some(0.4),
                ..Resources::default()
            }),
        }
    }

    fn measured(&self) -> Measured<'_> {
        Measured {
            totals: &self.totals,
            throughput: &self.throughput,
            arrivals: &self.arrivals,
            duration: Duration::from_secs(300),
            money: self.money.as_ref(),
            resources: self.resources.as_ref(),
        }
    }

    fn evaluate(&self, expr: &str) -> ThresholdResult {
        threshold(expr).evaluate(&self.measured())
    }
}

#[test]
fn a_threshold_is_shown_in_one_line() {
    let read = threshold(" success\n>=\t85%   abort after\r\n60s ");
    assert_eq!(read.expr, "success >= 85% abort after 60s");
    assert_eq!(threshold(&read.expr), read);
}

#[test]
fn each_measure_is_read_in_the_unit_of_its_limit() {
    let run = Run::new();
    for (expr, value, pass) in [
        ("p50(response) < 45s", 10.0, true),
        ("p95(response) < 45s", 60.0, false),
        ("p95(response) < 2m", 1.0, true),
        ("max(response) <= 60000ms", 60_000.0, true),
        ("mean(response) < 15s", 15.0, false),
        ("max(response.succeeded) < 11s", 10.0, true),
        ("p90(service) <= 11s", 10.0, true),
        ("p95(step.poll) < 20s", 16.0, true),
        ("p95(step.poll.response) < 20s", 16.0, true),
        ("p95(step.poll.service) < 20s", 8.0, true),
        ("max(step.wallet.service) < 1s", 1.0, false),
        ("success >= 85%", 90.0, true),
        ("success > 90%", 90.0, false),
        ("throughput >= 2.5/s", 2.0, false),
        ("peak >= 5/s", 6.0, true),
        ("failed == 10", 10.0, true),
        ("failed(timeout) < 10", 10.0, false),
        ("failed(funding) == 0", 0.0, true),
        ("shed == 0", 0.0, true),
        ("rss < 1GiB", 0.5, true),
        ("rss < 512MiB", 512.0, false),
        ("cpu < 5%", 3.0, true),
        ("rss_slope <= 1%", 0.4, true),
        ("duration < 20m", 5.0, true),
        ("unexplained == 0", 0.0, true),
    ] {
        let result = run.evaluate(expr);
        let found = result.value.unwrap();
        assert!((found - value).abs() <= 0.001 * value, "{expr}: {found} is not {value}");
        assert_eq!(result.pass, pass, "{expr}: {result:?}");
    }
}

#[test]
fn shed_arrivals_count_against_success_and_abandoned_ones_do_not() {
    let mut run = Run::new();
    run.arrivals.shed = 20;
    run.arrivals.abandoned = 500;
    assert_eq!(run.evaluate("success >= 85%").value, Some(75.0));
}

#[test]
fn throughput_is_asked_for_no_more_than_its_share_of_what_was_due() {
    let mut run = Run::new();
    let result = run.evaluate("throughput >= 2.5/s or 85% of due");
    assert!((result.limit - 1.87).abs() < 1e-9 && result.pass, "{result:?}");
    let note = result.note.unwrap();
    assert!(note.contains("85 % of the 2.20/s that were due"), "{note}");
    assert!(note.contains("from 10.0 s to 110.0 s, 100.0 s: under 10 minutes"), "{note}");

    run.throughput.offered_per_s = 3.0;
    let result = run.evaluate("throughput >= 2.5/s or 85% of due");
    assert!((result.limit - 2.5).abs() < 1e-9 && !result.pass, "{result:?}");
}

#[test]
fn nothing_measured_is_not_met_and_says_so() {
    let (totals, throughput) = (Totals::new(&SPEC), Throughput::default());
    let arrivals = ArrivalCounts::default();
    let measured = Measured {
        totals: &totals,
        throughput: &throughput,
        arrivals: &arrivals,
        duration: Duration::ZERO,
        money: None,
        resources: None,
    };
    for expr in ["p95(response) < 45s", "success >= 0%", "throughput >= 0/s", "unexplained == 0"] {
        let result = threshold(expr).evaluate(&measured);
        assert_eq!((result.value, result.pass), (None, false), "{expr}");
        assert!(result.note.is_some());
        let aborting = threshold(&format!("{expr} abort after 0s"));
        assert!(!aborting.aborts(Duration::from_secs(1), &measured), "no number, no abort");
    }
}

#[test]
fn what_a_host_cannot_tell_is_excused_and_said() {
    let mut run = Run::new();
    let resources = run.resources.as_mut().unwrap();
    resources.includes_sandbox = true;
    let result = run.evaluate("rss_slope <= 1%");
    assert!(result.pass && result.value.is_none());
    assert_eq!(result.note.as_deref(), Some("not judged: the sandbox shares the process"));
    assert_eq!(run.evaluate("rss < 1GiB").note.as_deref(), Some("sandbox included"));
    assert!(["rss < 1GiB", "cpu < 5%", "rss_slope <= 1%"].iter().all(|e| threshold(e).is_host()));
    assert!(!threshold("p99(schedule_lag) < 5ms").is_host());
}

#[test]
fn a_breach_aborts_only_after_its_time() {
    let run = Run::new();
    let breached = threshold("success >= 95% abort after 60s");
    assert!(!breached.aborts(Duration::from_secs(59), &run.measured()));
    assert!(breached.aborts(Duration::from_secs(60), &run.measured()));
    assert!(!threshold("success >= 95%").aborts(Duration::from_secs(600), &run.measured()));
    let met = threshold("success >= 80% abort after 60s");
    assert!(!met.aborts(Duration::from_secs(600), &run.measured()));
}

#[test]
fn a_bad_threshold_gets_one_clear_sentence() {
    for (expr, sentence) in [
        (
            "p95(response)",
            "the threshold `p95(response)` compares nothing; expected a measure, one of < <= > >= ==, \
             and a limit, such as `p95(response) < 45s`",
        ),
        (
            "p95(respnse) < 45s",
            "the threshold `p95(respnse) < 45s` measures `respnse`, which is unknown; expected one of \
             response, response.succeeded, service, schedule_lag, funding, step.NAME, \
             step.NAME.service; did you mean `response`?",
        ),
        (
            "p95(response) < 45",
            "the threshold `p95(response) < 45` has the limit `45`; expected a duration, such as \
             `300ms`, `45s` or `20m`",
        ),
        (
            "sucess >= 85%",
            "the threshold `sucess >= 85%` measures `sucess`, which is unknown; expected a statistic \
             `p0` to `p100`, `mean` or `max`, such as `p95(response)`, or one of success, throughput, \
             peak, failed, shed, duration, unexplained, rss, cpu, rss_slope; did you mean `success`?",
        ),
        (
            "success >= 85% abort after soon",
            "the threshold `success >= 85% abort after soon` aborts after `soon`; expected a \
             duration, such as `abort after 60s`",
        ),
    ] {
        assert_eq!(error(expr), sentence);
    }
    for (expr, part) in [
        ("p101(response) < 1s", "`p0` to `p100`"),
        ("response < 1s", "such as `p95(response)`"),
        ("p95(step.) < 1s", "step.NAME"),
        ("success >= -5%", "expected a percentage"),
        ("success >= 85% or 5% of due", "expected a percentage"),
        ("throughput >= 2/s or most of due", "`85% of due`"),
        ("failed(timeut) < 1", "did you mean `timeout`?"),
        ("rss < 1 elephant", "expected a size"),
        ("rss <", "expected a size"),
        ("", "compares nothing"),
        ("< 5", "compares nothing"),
    ] {
        assert!(error(expr).contains(part), "{expr}: {}", error(expr));
    }
}

#[test]
fn a_step_the_journey_does_not_have_is_an_error() {
    assert_eq!(threshold("p95(step.poll) < 20s").check(&SPEC), Ok(()));
    assert_eq!(threshold("success >= 5%").check(&SPEC), Ok(()));
    assert_eq!(
        threshold("p95(step.pol) < 20s").check(&SPEC).unwrap_err().to_string(),
        "the threshold `p95(step.pol) < 20s` names the step `pol`; expected one of wallet, poll; did \
         you mean `poll`?"
    );
}

fn load(spikes: &[f64]) -> LoadPlan {
    LoadPlan {
        users: NonZeroU64::new(1000).unwrap(),
        rate: Rate::new(3.0).unwrap(),
        duration: Duration::from_secs(600),
        arrivals: ArrivalKind::Poisson,
        ramp_up: Duration::ZERO,
        ramp_down: Duration::ZERO,
        spikes: spikes
            .iter()
            .map(|rate| Spike {
                rate: Rate::new(*rate).unwrap(),
                start: RunOffset::ZERO,
                length: Duration::from_secs(1),
            })
            .collect(),
    }
}

#[test]
fn the_defaults_ask_for_a_peak_only_where_a_spike_is_and_the_preset_full_for_more() {
    let exprs = |spikes: &[f64], full| -> Vec<String> {
        default_thresholds(&load(spikes), SubmitMode::Own, full)
            .into_iter()
            .map(|t| t.expr)
            .collect()
    };
    assert_eq!(
        exprs(&[], false),
        [
            "throughput >= 2.5/s or 85% of due",
            "p95(response) <= 45s",
            "success >= 85%",
            "rss < 1GiB",
            "max(step.wallet.service) < 30s",
            "unexplained == 0",
        ]
    );
    for submit in [SubmitMode::Relayed, SubmitMode::Endpoint] {
        let exprs = default_thresholds(&load(&[]), submit, false).into_iter().map(|t| t.expr);
        assert!(
            !exprs.into_iter().any(|expr| expr.contains("wallet")),
            "nobody waits for a wallet"
        );
    }
    assert_eq!(exprs(&[10.0], false)[1], "peak >= 5/s");
    assert_eq!(exprs(&[4.0], false)[1], "peak >= 3.4/s");
    assert!(!exprs(&[1.0], false).iter().any(|expr| expr.starts_with("peak")), "a dip is no spike");
    assert_eq!(exprs(&[], true)[6..], ["cpu < 5%", "duration < 20m", "rss_slope <= 1%"]);
}

#[test]
fn the_verdict_weighs_stops_over_thresholds_over_doubt() {
    let run = Run::new();
    let met = [run.evaluate("success >= 85%")];
    let breached = [run.evaluate("success >= 85%"), run.evaluate("p95(response) < 45s")];
    let outcome = |results: &[ThresholdResult], ended, doubt| {
        verdict(results, ended, Wei::new(doubt)).outcome
    };
    assert_eq!(outcome(&met, Ended::Completed, 0), VerdictOutcome::Passed);
    assert_eq!(outcome(&breached, Ended::Completed, 1), VerdictOutcome::Failed);
    assert_eq!(outcome(&met, Ended::Completed, 1), VerdictOutcome::Inconclusive);
    assert_eq!(outcome(&met, Ended::ThresholdAborted, 0), VerdictOutcome::Failed);
    for ended in [Ended::Drained, Ended::Aborted, Ended::LimitReached] {
        assert_eq!(outcome(&breached, ended, 1), VerdictOutcome::Stopped);
    }
    let reasons = verdict(&breached, Ended::Completed, Wei::ZERO).reasons;
    assert_eq!(reasons, ["p95(response) < 45s: it was 60 s, the limit is 45 s (of 100 measured)."]);
    assert_eq!(
        verdict(&met, Ended::Completed, Wei::ZERO).reasons,
        ["All thresholds were met, 1 of 1."]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_from_a_threshold_reads_back_as_it(
        percent in 0.0_f64..=100.0,
        of in prop::sample::select(vec!["response", "service", "step.poll", "step.poll.service"]),
        sign in prop::sample::select(vec!["<", "<=", ">", ">=", "=="]),
        limit in 0.0_f64..1e6,
        unit in prop::sample::select(vec!["us", "ms", "s", "m", "h"]),
        gap in prop::sample::select(vec!["", " ", "  "]),
    ) {
        let first = threshold(&format!("p{percent}({of}){gap}{sign}{gap}{limit}{unit}"));
        let written = format!("{} {} {}", first.metric, first.comparison.sign(), first.limit);
        let second = threshold(&written);
        prop_assert_eq!(&first.metric, &second.metric);
        prop_assert_eq!(first.comparison, second.comparison);
        prop_assert_eq!(first.limit, second.limit);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        let _either = text.parse::<Threshold>();
    }

    #[test]
    fn no_nearly_right_text_makes_the_parser_panic(
        text in "(p9|max|failed|é)?[(]?(response|step[.]|µ)?[)]?[ <=>]{0,3}[0-9.]{0,4}(ms|%|/s| or | of due|abort after)?",
    ) {
        let _either = text.parse::<Threshold>();
    }
}
