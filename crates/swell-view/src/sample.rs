//! A run for tests to show: 1000 users on a target that could not carry them.

mod over_time;

use std::collections::BTreeMap;

use swell_core::command::RatePercent;
use swell_core::journey::FailureDetail;
use swell_core::report::{
    ArrivalCounts, Blocks, Ceiling, Ended, EndpointRow, EndpointState, FailureRow, FailureSample,
    Finding, Funding, InclusionRow, Lag, Latency, Money, OutcomeCounts, REPORT_FORMAT, Relay,
    RelayCost, Report, Resources, RunFacts, StepRow, StorageRow, ThresholdResult, Throughput,
    Verdict, VerdictOutcome,
};
use swell_core::snapshot::{Phase, PoolCounts, RecentRates, RunIdentity, Snapshot, StepSnapshot};
use swell_core::submit::SubmitMode;
use swell_core::units::{Wei, WeiPerGas};

use crate::check::{CHECK_FORMAT, CheckReport, Costs, VariableRow};

fn latency(p50: f64) -> Latency {
    // To the microsecond, as measured ones are.
    let times = |factor: f64| (p50 * factor * 1000.0).round() / 1000.0;
    Latency {
        mean: times(1.25),
        p50: times(1.0),
        p90: times(1.5),
        p95: times(1.75),
        p99: times(2.5),
        max: times(3.25),
    }
}

fn threshold(expr: &str, value: f64, limit: f64, unit: &str, pass: bool) -> ThresholdResult {
    ThresholdResult {
        expr: expr.into(),
        value: Some(value),
        limit,
        unit: unit.into(),
        pass,
        note: None,
    }
}

/// A run that failed, with something in every part.
pub(crate) fn report() -> Report {
    Report {
        format: REPORT_FORMAT,
        run: facts(),
        verdict: Verdict {
            outcome: VerdictOutcome::Failed,
            reasons: vec![
                "p95(response) is 61.2 s, and its limit is 45 s, over all 996 journeys that ended"
                    .into(),
                "success is 81.1%, and its limit is 85%, of 1000 users due and not abandoned"
                    .into(),
            ],
        },
        thresholds: thresholds(),
        arrivals: ArrivalCounts {
            planned: 1000.0,
            due: 1000,
            started: 996,
            shed: 4,
            abandoned: 0,
            shed_by_reason: BTreeMap::from([("backlog-full".into(), 4)]),
            waited_for_place: 412,
        },
        outcomes: OutcomeCounts {
            succeeded: 811,
            failed: 185,
            by_class: BTreeMap::from([("rate-limited".into(), 177), ("timeout".into(), 8)]),
        },
        throughput: Throughput {
            sustained_per_s: 1.43,
            peak_per_s: 2.6,
            offered_per_s: 2.98,
            window_start_s: 34.0,
            window_end_s: 340.0,
            window_is_short: false,
        },
        response_ms: latency(34_000.0),
        service_ms: latency(28_400.0),
        response_ms_succeeded: latency(31_000.0),
        steps: steps(),
        failures: failures(),
        schedule_lag_us: Lag { p50: 112, p99: 640, max: 4_210 },
        funding: funding(),
        money: money(),
        resources: Some(Resources {
            rss_peak_bytes: 58 << 20,
            cpu_seconds: 14.2,
            cpu_percent: 1.1,
            rss_slope_percent_per_min: Some(0.2),
            includes_sandbox: false,
        }),
        relay: None,
        inclusion: inclusion(),
        endpoints: endpoints(),
        storage: vec![storage()],
        ceilings: ceilings(),
        diagnosis: vec![Finding {
            what: "places".into(),
            evidence:
                "all 50 places were taken for 92% of the load: 3/s x 28.4 s of service need 86"
                    .into(),
            advice: "raise --concurrency to 90".into(),
        }],
        notes: vec![
            "Key stretching was the fast one: real users' browsers and the server do more.".into(),
        ],
        annotations: over_time::annotations(),
        curves: over_time::curves(),
        timeline: over_time::timeline(340),
    }
}

/// The same run on a target that carried it.
pub(crate) fn passed() -> Report {
    let mut report = report();
    report.verdict = Verdict { outcome: VerdictOutcome::Passed, reasons: Vec::new() };
    for threshold in &mut report.thresholds {
        threshold.pass = true;
    }
    report.arrivals.started = 1000;
    report.arrivals.shed = 0;
    report.arrivals.waited_for_place = 0;
    report.outcomes = OutcomeCounts { succeeded: 1000, failed: 0, by_class: BTreeMap::default() };
    report.failures.clear();
    (report.storage[0].errors, report.storage[0].by_class) = (0, BTreeMap::default());
    report.diagnosis.clear();
    report.notes.clear();
    report.money.in_doubt_wei = Wei::ZERO;
    report
}

/// The same run, whose calls the relayer's lanes sent.
pub(crate) fn relayed() -> Report {
    let relay = Relay {
        submit: SubmitMode::Relayed,
        calls: 1_000,
        queue_ms: Some(latency(0.4)),
        hash_ms: latency(31.0),
        included: 1_000,
        inclusion_ms: latency(6_150.0),
        inclusion_blocks: Blocks { p50: 1, p95: 2, p99: 2, max: 3 },
        nonce_gaps: Some(2),
        polls: None,
        cost: RelayCost {
            gas_mean: 1_790_412.0,
            mean_wei: Wei::new(2_148_494_400_000_000),
            max_wei: Wei::new(4_296_988_800_000_000),
        },
    };
    Report { relay: Some(relay), funding: Funding::default(), ..passed() }
}

/// The same run, whose calls the target's relay sent.
pub(crate) fn by_endpoint() -> Report {
    let mut report = relayed();
    if let Some(relay) = &mut report.relay {
        relay.submit = SubmitMode::Endpoint;
        (relay.queue_ms, relay.nonce_gaps, relay.polls) = (None, None, Some(1_204));
    }
    report
}

fn facts() -> RunFacts {
    RunFacts {
        id: "k3v9".into(),
        seed: 42,
        version: "0.1.0".into(),
        duration_s: 642.3,
        journey: "data-portability".into(),
        target: "sandbox moksha".into(),
        chain_id: 14800,
        virtual_time: false,
        ended: Ended::Completed,
        resumed: None,
    }
}

fn thresholds() -> Vec<ThresholdResult> {
    let mut slope = threshold("rss_slope <= 1%", 0.0, 1.0, "%/min", false);
    (slope.value, slope.note) = (None, Some("the run was too short to tell".into()));
    vec![
        threshold("throughput >= 2.5/s or 85% of due", 1.43, 2.5, "/s", false),
        threshold("p95(response) <= 45s", 61.2, 45.0, "s", false),
        threshold("success >= 85%", 81.1, 85.0, "%", false),
        threshold("rss < 1GiB", 0.057, 1.0, "GiB", true),
        threshold("unexplained == 0", 0.0, 0.0, "wei", true),
        slope,
    ]
}

fn steps() -> Vec<StepRow> {
    let step = |name: &str, count, errors, p50| StepRow {
        name: name.into(),
        count,
        errors,
        response_ms: latency(p50),
        service_ms: latency(p50 * 0.875),
    };
    vec![
        step("wallet", 996, 0, 0.2),
        step("encrypt", 996, 0, 11.4),
        step("upload", 996, 0, 96.0),
        step("grant", 996, 0, 94.0),
        step("identity", 996, 0, 130.0),
        step("sign", 996, 0, 0.1),
        step("submit", 996, 0, 31.0),
        step("confirm", 996, 0, 6_200.0),
        step("operate", 996, 177, 1_140.0),
        step("poll", 819, 8, 20_400.0),
    ]
}

fn failures() -> Vec<FailureRow> {
    let row = |class: &str, step: &str, count, first_at_s, detail| FailureRow {
        last: None,
        class: class.into(),
        step: step.into(),
        count,
        first_at_s,
        samples: vec![FailureSample {
            seq: 118,
            wallet: Some("0xd54523048add05b4d734afae7c68324ebb7373ef".into()),
            detail,
        }],
    };
    let limited = FailureDetail { status: Some(429), ..FailureDetail::default() }.with_body(
        "{\"detail\": \"Too many requests from this address; the limit is 100 in one hour. Try again later.\"}",
    );
    let late = FailureDetail {
        operation_id: Some("op-7f31".into()),
        tx: Some(format!("0x{}", "ab".repeat(32))),
        ..FailureDetail::words("still starting after 180 s")
    };
    vec![row("rate-limited", "operate", 177, 41.2, limited), row("timeout", "poll", 8, 214.9, late)]
}

fn funding() -> Funding {
    Funding {
        wallets: 1_004,
        failed: 0,
        latency_ms: latency(6_900.0),
        wait_ms: latency(0.2),
        gas_per_wallet: 21_000.0,
        wallet_size_wei: Wei::new(24_115_000_000_000_000),
        locked_peak_wei: Wei::from_tokens(4),
        ..Funding::default()
    }
}

fn money() -> Money {
    Money {
        start_wei: Wei::from_tokens(1_000),
        earlier_wei: Wei::ZERO,
        received_wei: Wei::ZERO,
        taken_wei: Wei::ZERO,
        end_wei: Wei::new(997_683_544_321_000_123_456),
        sent_wei: Wei::new(24_211_460_000_000_000_000),
        spent_wei: Wei::new(2_316_455_678_999_876_544),
        value_wei: Wei::ZERO,
        swept_wei: Wei::new(21_895_004_321_000_123_456),
        left_wei: Wei::ZERO,
        in_doubt_wei: Wei::new(24_115_000_000_000_000),
        unexplained_wei: "0".into(),
        per_user_wei: Wei::new(2_856_295_535_141_648),
        how_to_recover: None,
    }
}

fn inclusion() -> Vec<InclusionRow> {
    let row = |tag: &str, count, p50| InclusionRow {
        tag: tag.into(),
        count,
        ms: latency(p50),
        blocks: Blocks { p50: 1, p95: 2, p99: 2, max: 3 },
    };
    vec![row("funding", 1_004, 6_300.0), row("journey", 996, 6_200.0), row("sweep", 811, 6_100.0)]
}

fn endpoints() -> Vec<EndpointRow> {
    let row = |name: &str, requests, errors, p50| EndpointRow {
        name: name.into(),
        requests,
        errors,
        retries: errors,
        rate_limited: 0,
        latency_ms: latency(p50),
        head_lag_blocks_max: 0,
        state: EndpointState::Healthy,
    };
    let limited = EndpointRow { rate_limited: 531, ..row("server", 12_402, 12, 120.0) };
    let lagging = EndpointRow {
        head_lag_blocks_max: 5,
        state: EndpointState::Lagging,
        ..row("rpc-2", 2_950, 41, 34.0)
    };
    vec![row("rpc-1", 9_117, 0, 21.0), lagging, row("storage", 996, 0, 96.0), limited]
}

fn storage() -> StorageRow {
    StorageRow {
        provider: "gcs".into(),
        objects: 1_986,
        bytes: 7_412_044,
        errors: 3,
        by_class: BTreeMap::from([("server-error".into(), 2), ("timeout".into(), 1)]),
        latency_ms: latency(96.0),
        url_chars: 574.5,
        url_gas: swell_core::stats::url_gas(574.5).0,
    }
}

fn ceilings() -> Vec<Ceiling> {
    vec![
        Ceiling {
            what: "places".into(),
            allows: 1.667,
            asked: 3.0,
            unit: "users/s".into(),
            fits: false,
            because: "50 places / 30 s a journey (the profile moksha says so)".into(),
            advice: Some("--concurrency 90 carries 3/s".into()),
        },
        Ceiling {
            what: "pool".into(),
            allows: 16.7,
            asked: 3.0,
            unit: "users/s".into(),
            fits: true,
            because: "100 wallets / 6 s from demand to usable".into(),
            advice: None,
        },
    ]
}

/// A check of the same run.
pub(crate) fn check() -> CheckReport {
    CheckReport {
        format: CHECK_FORMAT,
        target: "sandbox moksha".into(),
        chain_id: 14800,
        relayer: "0x90F79bf6EB2c4f870365E785982E1f101E93b906".into(),
        facts: vec![
            "1000 users end arrivals after about 5m 33s; the duration of 10m would allow 1800."
                .into(),
        ],
        ceilings: ceilings(),
        costs: Costs {
            expected_per_user_wei: Wei::new(2_300_000_000_000_000),
            worst_per_user_wei: Wei::new(24_115_000_000_000_000),
            expected_run_wei: Wei::new(2_300_000_000_000_000_000),
            worst_run_wei: Wei::new(24_115_000_000_000_000_000),
            relayer_balance_wei: Wei::from_tokens(1_000),
        },
        variables: Vec::new(),
        warnings: vec![
            "places allow 1.67 users/s and 3 are asked: users will wait in the backlog.".into(),
        ],
        errors: Vec::new(),
    }
}

/// A check of a network that a `.env` speaks of, with all that is looked at beside the chain.
pub(crate) fn check_of_a_network() -> CheckReport {
    let used = VariableRow::used;
    let facts = [
        "a user's call uses 1012345 gas, by the chain's own estimate at URLs of 578 characters",
        "block 4812345 has room for 30000000 gas, and a base fee of 7 wei per gas",
        "the target's relay sends what users sign and pays for it: nobody is funded",
        "the application 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC is grantee 1 on the chain, with 42 \
         permissions",
        "the personal server answers as 0x8f139a2F2c5a7e99B096c9Ca61AB3029D0386365, which is server 7 on \
         the chain",
        "the users' data satisfies schema 12 (\"Profile\") of the chain",
        "rpc-1, https://rpc.moksha.vana.org, is at block 4812345: healthy",
        "rpc-2, https://rpc.example/…, is at block 4812341, 4 behind: healthy",
        "the bucket a-bucket of Google Cloud Storage took a tiny object, which was deleted again",
        "the relay at https://relay.example/… answers",
    ];
    CheckReport {
        target: "moksha".into(),
        facts: facts.map(str::to_owned).into(),
        variables: vec![
            used("LOAD_TEST_TOTAL_USERS", "users"),
            used("LOAD_TEST_PREMIUM_GAS_MULTIPLIER", "fee-premium: multiplies the tip"),
            used("RELAYER_PRIVATE_KEY", "the relayer's key"),
            used("NEXT_PUBLIC_VIBES_SCHEMA_ID", "schema-id"),
            used("GOOGLE_CLOUD_STORAGE_BUCKET", "storage"),
            used("RELAY_ENDPOINT_URL", "the relay, for --submit endpoint"),
            VariableRow::ignored("PINATA_JWT", "Google Cloud Storage is configured too, and wins"),
            VariableRow::ignored("2 others", "nothing that a load test is told"),
        ],
        warnings: vec![
            ".env:9: no variable is called LOAD_TEST_GAS_LIMT; did you mean LOAD_TEST_GAS_LIMIT?"
                .into(),
        ],
        ..check()
    }
}

/// The same run under load.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        run: identity(),
        phase: Phase::Load,
        elapsed_s: 124.2,
        left_s: Some(215.8),
        progress: None,
        paused: false,
        rate_percent: RatePercent::default(),
        planned: 1000.0,
        due: 366,
        started: 366,
        shed: 0,
        shed_by_reason: BTreeMap::new(),
        succeeded: 351,
        failed: 1,
        failed_by_class: BTreeMap::from([("timeout".into(), 1)]),
        abandoned: 0,
        waited_for_place: 9,
        in_flight: 14,
        backlog: 0,
        offered_per_s: 3.02,
        throughput_per_s: 2.94,
        offered_lately: RecentRates { last_10_s: 3.1, last_5_min: 3.0 },
        throughput_lately: RecentRates { last_10_s: 2.8, last_5_min: 2.9 },
        success_percent: Some(99.7),
        response_ms: latency(2_900.0),
        service_ms: latency(2_850.0),
        pool: PoolCounts { funding: 4, ready: 86, leased: 14, sweeping: 2, quarantined: 0 },
        funded: 470,
        funding_failed: 0,
        funding_latency_ms: latency(9_300.0),
        spent: money().spent_wei,
        relayer_needs: None,
        funding_per_s: 3.1,
        steps: live_steps(),
        thresholds: thresholds(),
        failures: failures().into_iter().skip(1).take(1).collect(),
        endpoints: endpoints(),
        block: Some(128),
        base_fee: Some(WeiPerGas(1_000_000_000)),
        rss_bytes: 48 << 20,
        cpu_percent_of_core: 3.6,
        cpu_s: 4.4,
        schedule_lag_us_p99: 640,
        annotations: over_time::annotations(),
        timeline: over_time::timeline(124),
        histograms: Vec::new(),
    }
}

fn identity() -> RunIdentity {
    let facts = facts();
    RunIdentity {
        id: facts.id,
        seed: facts.seed,
        version: facts.version,
        journey: facts.journey,
        target: facts.target,
        chain_id: facts.chain_id,
        virtual_time: false,
        places: 50,
    }
}

fn live_steps() -> Vec<StepSnapshot> {
    const NAMES: [&str; 8] =
        ["wallet", "encrypt", "upload", "grant", "confirm", "request", "poll", "verify"];
    let row = |(at, name)| StepSnapshot {
        name,
        count: 366 - at as u64,
        errors: u64::from(name == "poll"),
        active: if name == "poll" { 11 } else { u64::from(name == "confirm") * 3 },
        response_ms: latency(if name == "poll" { 2_100.0 } else { 4.0 + 30.0 * at as f64 }),
        service_ms: latency(if name == "poll" { 2_095.0 } else { 3.0 + 30.0 * at as f64 }),
    };
    NAMES.into_iter().enumerate().map(row).collect()
}
