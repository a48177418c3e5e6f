use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use super::*;
use crate::annotation::{Annotation, AnnotationKind};
use crate::ceiling;
use crate::plan::{ArrivalKind, Limits, LoadPlan, RunPlan};
use crate::report::{
    ArrivalCounts, Blocks, Ceiling, Ended, EndpointRow, EndpointState, FailureRow, Finding,
    Funding, InclusionRow, Lag, Latency, Money, OutcomeCounts, REPORT_FORMAT, Report, Resources,
    RunFacts, StepRow, ThresholdResult, Throughput, Verdict, VerdictOutcome,
};
use crate::seed::Seed;
use crate::stats::RelayStats;
use crate::submit::SubmitMode;
use crate::timeline::{BlockPoint, Extremes, TimelinePoint};
use crate::units::{Rate, WeiPerGas};

fn plan() -> RunPlan {
    RunPlan {
        load: LoadPlan {
            users: NonZeroU64::new(1000).unwrap(),
            rate: Rate::new(3.0).unwrap(),
            duration: Duration::from_secs(600),
            arrivals: ArrivalKind::Poisson,
            ramp_up: Duration::ZERO,
            ramp_down: Duration::ZERO,
            spikes: Vec::new(),
        },
        limits: Limits {
            in_flight_max: NonZeroU32::new(50).unwrap(),
            pool_max: NonZeroU32::new(100).unwrap(),
            funding_workers: NonZeroU32::new(5).unwrap(),
            ..Limits::default()
        },
        seed: Seed(1),
        thresholds: Vec::new(),
    }
}

fn latency(seconds: f64) -> Latency {
    let ms = seconds * 1000.0;
    Latency { mean: ms, p50: ms, p90: ms, p95: ms, p99: ms, max: ms }
}

/// A run that nothing held back: 1000 users at 3/s, 4 s each.
fn healthy() -> Report {
    let step = |name: &str, seconds| StepRow {
        name: name.to_owned(),
        count: 1000,
        errors: 0,
        response_ms: latency(seconds),
        service_ms: latency(seconds),
    };
    Report {
        format: REPORT_FORMAT,
        run: RunFacts {
            id: "test".into(),
            seed: 1,
            version: "0".into(),
            duration_s: 350.0,
            journey: "data-portability".into(),
            target: "sandbox".into(),
            chain_id: 14800,
            virtual_time: false,
            ended: Ended::Completed,
            resumed: None,
        },
        verdict: Verdict { outcome: VerdictOutcome::Passed, reasons: Vec::new() },
        thresholds: Vec::new(),
        arrivals: ArrivalCounts { due: 1000, started: 1000, ..ArrivalCounts::default() },
        outcomes: OutcomeCounts { succeeded: 1000, ..OutcomeCounts::default() },
        throughput: Throughput {
            sustained_per_s: 3.0,
            offered_per_s: 3.0,
            ..Throughput::default()
        },
        response_ms: latency(4.0),
        service_ms: latency(4.0),
        response_ms_succeeded: latency(4.0),
        steps: vec![step("wallet", 0.001), step("confirm", 1.0), step("poll", 3.0)],
        failures: Vec::new(),
        schedule_lag_us: Lag { p50: 50, p99: 2_000, max: 9_000 },
        funding: Funding { latency_ms: latency(2.0), ..Funding::default() },
        money: Money::default(),
        resources: Some(Resources { cpu_percent: 4.0, ..Resources::default() }),
        inclusion: Vec::new(),
        relay: None,
        endpoints: Vec::new(),
        storage: Vec::new(),
        ceilings: Vec::new(),
        diagnosis: Vec::new(),
        notes: Vec::new(),
        annotations: Vec::new(),
        curves: Vec::new(),
        timeline: Vec::new(),
    }
}

fn fail(report: &mut Report, class: &str, step: &str, count: u64) {
    report.outcomes.succeeded -= count;
    report.outcomes.failed += count;
    report.outcomes.by_class.insert(class.to_owned(), count);
    report.failures.push(FailureRow {
        last: None,
        class: class.to_owned(),
        step: step.to_owned(),
        count,
        first_at_s: 12.5,
        samples: Vec::new(),
    });
}

fn only(report: &Report, plan: &RunPlan) -> Finding {
    let mut findings = diagnose(report, plan);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.remove(0)
}

#[test]
fn nothing_held_a_healthy_run_back() {
    assert_eq!(diagnose(&healthy(), &plan()), []);
}

#[test]
fn waiting_for_places_is_told_with_littles_law() {
    let mut report = healthy();
    report.arrivals.waited_for_place = 700;
    report.service_ms = latency(30.0);
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::PLACES);
    assert_eq!(
        finding.evidence,
        "70 % of users found no place: 700 waited for one and 0 were shed; 3/s × 30.0 s a journey \
         (measured mean) needs 90 places, --concurrency is 50"
    );
    assert_eq!(finding.advice, "--concurrency 119");
}

#[test]
fn a_few_who_waited_are_no_finding() {
    let mut report = healthy();
    report.arrivals.waited_for_place = 49;
    assert_eq!(diagnose(&report, &plan()), []);
}

#[test]
fn a_burst_that_waited_needs_a_place_a_user() {
    let (mut report, mut plan) = (healthy(), plan());
    plan.load.arrivals = ArrivalKind::Burst;
    report.arrivals.waited_for_place = 950;
    assert_eq!(only(&report, &plan).advice, "--concurrency 1000");
}

#[test]
fn slow_funding_names_the_pool_or_the_lanes() {
    let mut report = healthy();
    report.funding.wait_ms = latency(5.0);
    report.funding.latency_ms = latency(60.0);
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::FUNDING);
    // 180 and three standard deviations of it.
    assert_eq!(finding.advice, "--pool-size 221");

    report.funding.latency_ms = latency(2.0);
    assert_eq!(only(&report, &plan()).advice, "--funding-workers 10");
}

#[test]
fn rate_limits_are_told_with_their_share_and_the_ceiling() {
    let mut report = healthy();
    fail(&mut report, "rate-limited", "operate", 900);
    report.ceilings.push(Ceiling {
        what: ceiling::what::OPERATIONS.into(),
        allows: 100.0,
        asked: 1000.0,
        unit: "operations/h".into(),
        fits: false,
        because: String::new(),
        advice: None,
    });
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::RATE_LIMIT);
    assert_eq!(
        finding.evidence,
        "900 of 1000 users (90 %) failed as rate-limited, most of them in the step `operate`: 1000 \
         operations/h were asked for, 100 are allowed"
    );
}

#[test]
fn full_blocks_are_told_only_where_the_chain_was_near_its_ceiling() {
    let row = |fits| Ceiling {
        what: ceiling::what::BLOCK_GAS_SUSTAINED.into(),
        allows: 1.087,
        asked: 3.0,
        unit: "users/s".into(),
        fits,
        because: "the arithmetic".into(),
        advice: None,
    };
    let mut report = healthy();
    report.ceilings = vec![row(false)];
    report.throughput.sustained_per_s = 1.05;
    let finding = only(&report, &plan());
    assert_eq!(
        (finding.what.as_str(), finding.advice.as_str()),
        (what::CHAIN_GAS, "--rate 1.08, or a chain with more gas")
    );
    report.throughput.sustained_per_s = 0.2;
    assert_eq!(only(&report, &plan()).what, what::THROUGHPUT, "something else held it back");
    report.ceilings = vec![row(true)];
    report.throughput.sustained_per_s = 2.9;
    assert_eq!(diagnose(&report, &plan()), []);
}

#[test]
fn the_slowest_step_is_told_only_when_time_or_throughput_was_missed() {
    let mut report = healthy();
    let result = |expr: &str, pass| ThresholdResult {
        expr: expr.into(),
        value: Some(50.0),
        limit: 45.0,
        unit: "s".into(),
        pass,
        note: None,
    };
    report.thresholds = vec![result("p95(response) <= 45s", true), result("success >= 85%", false)];
    assert_eq!(diagnose(&report, &plan()), []);
    report.thresholds = vec![result("p95(response) <= 45s", false)];
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::SERVER);
    assert!(
        finding.evidence.starts_with("the step `poll` took 75 % of the time of all steps: 3.0 s")
    );
    assert!(finding.advice.starts_with("the personal server"), "{}", finding.advice);
}

#[test]
fn a_late_or_busy_generator_comes_before_all_else() {
    let mut report = healthy();
    report.arrivals.waited_for_place = 700;
    report.schedule_lag_us.p99 = 30_000;
    let findings = diagnose(&report, &plan());
    assert_eq!(findings[0].what, what::GENERATOR);
    assert_eq!(findings[1].what, what::PLACES);

    let mut busy = healthy();
    busy.resources = Some(Resources { cpu_percent: 95.0, ..Resources::default() });
    assert!(only(&busy, &plan()).evidence.contains("used 95 % of the machine"));
    busy.resources = None;
    assert_eq!(diagnose(&busy, &plan()), [], "a virtual run has no CPU to speak of");
}

#[test]
fn the_most_frequent_failure_that_nothing_else_explains_is_told() {
    let mut report = healthy();
    fail(&mut report, "server-error", "upload", 40);
    fail(&mut report, "timeout", "poll", 60);
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::SERVER);
    assert_eq!(
        finding.evidence,
        "60 of 1000 users (6 %) failed as timeout, most of them in the step `poll`, the first at 12.5 s"
    );
    assert!(finding.advice.contains("--journey-timeout"));
}

#[test]
fn a_relayed_run_is_told_of_lanes_and_the_relayer_and_not_of_wallets() {
    let (mut report, mut plan) = (healthy(), plan());
    plan.limits.submit = SubmitMode::Relayed;
    report.funding.wait_ms = latency(5.0);
    let mut stats = RelayStats::default();
    stats.record_queue(Duration::from_secs(3));
    report.relay = stats.row(plan.limits.submit, 0);
    let finding = only(&report, &plan);
    let told = (finding.what.as_str(), finding.advice.as_str());
    assert_eq!(told, (what::LANES, "--funding-workers 10"));
    fail(&mut report, "funding", "submit", 40);
    report.funding.droughts = 1;
    assert_eq!(only(&report, &plan).what, what::RELAYER);
}

fn endpoint(name: &str, requests: u64, errors: u64, rate_limited: u64) -> EndpointRow {
    EndpointRow {
        name: name.into(),
        requests,
        errors,
        retries: 0,
        rate_limited,
        latency_ms: latency(4.2),
        head_lag_blocks_max: 0,
        state: EndpointState::Healthy,
    }
}

#[test]
fn failing_uploads_blame_the_storage_with_its_numbers() {
    let mut report = healthy();
    fail(&mut report, "server-error", "upload", 40);
    report.endpoints = vec![endpoint("rpc", 9_000, 0, 0), endpoint("storage", 2_000, 160, 0)];
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::STORAGE);
    assert!(
        finding.evidence.ends_with(
            "`storage` answered 160 of 2000 requests with an error or not at all, and took 4.20 s at the \
             95th percentile"
        ),
        "{}",
        finding.evidence
    );
}

#[test]
fn answers_that_ask_for_patience_are_told_though_nobody_failed() {
    let mut report = healthy();
    report.endpoints = vec![endpoint("rpc", 9_000, 0, 20), endpoint("server", 5_210, 412, 412)];
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::RATE_LIMIT);
    assert!(
        finding.evidence.starts_with("`server` asked for fewer requests 412 times in 5210 (8 %)")
    );
    report.endpoints[1].rate_limited = 100;
    assert_eq!(diagnose(&report, &plan()), []);
}

/// 300 s of load over blocks of which `percent` of the gas is used, `ours` of that by the run.
fn blocks(percent: u64, ours: u64, fee_max: u128) -> Vec<TimelinePoint> {
    let point = |at: u64| TimelinePoint {
        in_flight: Extremes { min: 9, max: 12, last: 9 },
        blocks: Some(BlockPoint {
            count: 1,
            gas_used: 300_000 * percent,
            gas_limit: 30_000_000,
            gas_ours: 3_000 * percent * ours,
            fullest_percent: percent as f64,
            base_fee_first: Some(WeiPerGas(1_000_000_000)),
            base_fee_max: Some(WeiPerGas(if at == 0 { 1_000_000_000 } else { fee_max })),
        }),
        ..TimelinePoint::default()
    };
    (0..50).map(point).collect()
}

#[test]
fn full_blocks_are_told_by_who_fills_them() {
    let mut report = healthy();
    let spread = Blocks { p50: 3, p95: 6, p99: 7, max: 9 };
    report.inclusion = vec![InclusionRow {
        tag: "journey".into(),
        count: 1000,
        ms: latency(30.0),
        blocks: spread,
    }];
    report.timeline = blocks(96, 80, 1_000_000_000);
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::CHAIN_GAS);
    assert_eq!(
        finding.evidence,
        "50 blocks were 96 % full while users arrived, 80 % of that by this run; transactions for journey \
         took 6 blocks (95th percentile), and 0 were never included"
    );
    assert!(finding.advice.starts_with("--rate 1.56"), "{}", finding.advice);
    report.timeline = blocks(96, 20, 1_000_000_000);
    assert!(only(&report, &plan()).advice.starts_with("--fee-premium"));
    report.inclusion[0].blocks.p95 = 2;
    assert_eq!(diagnose(&report, &plan()), [], "full blocks that nobody waited for");
}

#[test]
fn a_base_fee_that_rose_is_told_with_both_ends() {
    let mut report = healthy();
    report.timeline = blocks(70, 90, 7_200_000_000);
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::BASE_FEE);
    assert!(
        finding
            .evidence
            .starts_with("the base fee rose 7.2 times, from 1 to 7.2 gwei, while blocks were 70 %")
    );
}

#[test]
fn memory_is_told_when_it_is_large_or_grows() {
    let resources = Resources { rss_peak_bytes: 1_300 << 20, ..Resources::default() };
    let mut report = healthy();
    report.resources = Some(resources);
    let finding = only(&report, &plan());
    assert_eq!(
        (finding.what.as_str(), finding.advice.as_str()),
        (what::MEMORY, "--concurrency 25")
    );
    assert_eq!(
        finding.evidence,
        "the resident set reached 1300 MiB with 50 places and 100 wallets in the pool"
    );
    let growing = Resources {
        rss_peak_bytes: 60 << 20,
        rss_slope_percent_per_min: Some(3.1),
        ..Resources::default()
    };
    report.resources = Some(growing);
    assert_eq!(diagnose(&report, &plan()), [], "too short a run to tell");
    report.run.duration_s = 1_200.0;
    assert!(only(&report, &plan()).evidence.contains("grew by 3.1 % a minute"));
}

#[test]
fn low_throughput_that_nothing_explains_is_told_with_what_became_of_users() {
    let mut report = healthy();
    report.throughput.sustained_per_s = 1.4;
    report.throughput.window_end_s = 300.0;
    let finding = only(&report, &plan());
    assert_eq!(finding.what, what::THROUGHPUT);
    assert!(
        finding
            .evidence
            .starts_with("1.40/s succeeded of 3.00/s offered, over 300 s; of 1000 users")
    );
    report.throughput.window_is_short = true;
    assert_eq!(diagnose(&report, &plan()), []);
}

#[test]
fn numbers_are_distrusted_only_when_swell_was_the_limit() {
    let told = |report: &mut Report| {
        report.diagnosis = diagnose(report, &plan());
        distrust(report)
    };
    let mut report = healthy();
    assert_eq!(told(&mut report), None);
    report.schedule_lag_us.p99 = 30_000;
    assert_eq!(told(&mut report), None, "of 4 s it is no more than a detail");
    report.schedule_lag_us.p99 = 400_000;
    let words = told(&mut report).unwrap();
    assert!(
        words.starts_with("Swell itself was the limit") && words.contains("400.0 ms"),
        "{words}"
    );
    report.arrivals.started = 40;
    assert_eq!(told(&mut report), None, "one of 40 was late");
}

#[test]
fn a_run_that_was_steered_is_told_of_the_rate_it_had_to_carry() {
    let mut report = healthy();
    report.arrivals.waited_for_place = 700;
    report.service_ms = latency(4.0);
    let steered =
        Annotation { at_s: 9.0, kind: AnnotationKind::Command, text: "rate 1000 %".into() };
    report.annotations = vec![steered];
    let point = |at: u32| TimelinePoint {
        start_s: f64::from(at),
        end_s: f64::from(at + 1),
        due: 30,
        ..TimelinePoint::default()
    };
    report.timeline = (0..60).map(point).collect();
    let finding = only(&report, &plan());
    assert!(finding.evidence.contains("30/s × 4.0 s a journey (measured mean) needs 120 places"));
}
