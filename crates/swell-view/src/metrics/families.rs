//! What a snapshot says, metric by metric.

use swell_core::admission::ShedReason;
use swell_core::journey::FailureClass;
use swell_core::report::{EndpointState, LatencyClock};
use swell_core::snapshot::{Phase, Snapshot};
use swell_core::stats::Exported;
use swell_core::units::Wei;

use super::catalogue as all;
use super::catalogue::Metric;
use super::family::{Family, Value};

const PHASES: [Phase; 7] = [
    Phase::Check,
    Phase::Prime,
    Phase::Load,
    Phase::Drain,
    Phase::Settle,
    Phase::Sweep,
    Phase::Report,
];

const ENDPOINT_STATES: [EndpointState; 5] = [
    EndpointState::Healthy,
    EndpointState::Lagging,
    EndpointState::Failing,
    EndpointState::Unverified,
    EndpointState::OtherChain,
];

/// What one view could not deliver so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Which view.
    pub view: &'static str,
    /// How much.
    pub count: u64,
    /// What is counted, such as `samples`.
    pub what: &'static str,
}

/// Every metric of the catalogue that has a value, in its order.
#[must_use]
pub fn families<'a>(snapshot: &'a Snapshot, lost: &'a [Lost]) -> Vec<Family<'a>> {
    let mut families = run(snapshot);
    families.extend(arrivals(snapshot));
    families.extend(journeys(snapshot));
    families.extend(money(snapshot));
    families.extend(endpoints(snapshot));
    families.extend(chain_and_host(snapshot));
    families.extend(verdict(snapshot));
    let mut losses = Family::of(&all::LOST);
    for one in lost {
        losses = losses.with([one.view, one.what], float(one.count));
    }
    families.push(losses);
    families.retain(|family| !family.series.is_empty());
    families
}

fn run(snapshot: &Snapshot) -> Vec<Family<'_>> {
    let run = &snapshot.run;
    let identity = [&*run.id, &*run.journey, &*run.target, &*run.version];
    vec![
        Family::of(&all::RUN_INFO).with(identity, 1.0),
        Family::one(&all::ELAPSED, snapshot.elapsed_s),
        one_of(&all::PHASE, PHASES.map(|phase| (phase.label(), phase == snapshot.phase))),
        Family::one(&all::PAUSED, yes(snapshot.paused)),
        Family::one(&all::RATE, snapshot.rate_percent.factor()),
    ]
}

fn arrivals(snapshot: &Snapshot) -> Vec<Family<'_>> {
    let reasons = [ShedReason::NoPlace, ShedReason::BacklogFull];
    let mut shed = Family::of(&all::SHED);
    for reason in reasons.map(ShedReason::label) {
        let count = snapshot.shed_by_reason.get(reason).copied().unwrap_or_default();
        shed = shed.with([reason], float(count));
    }
    vec![
        Family::one(&all::PLANNED, snapshot.planned),
        Family::one(&all::DUE, float(snapshot.due)),
        Family::one(&all::STARTED, float(snapshot.started)),
        shed,
        Family::one(&all::ABANDONED, float(snapshot.abandoned)),
        Family::one(&all::WAITED, float(snapshot.waited_for_place)),
        Family::one(&all::PLACES, float(snapshot.run.places)),
        Family::one(&all::IN_FLIGHT, float(snapshot.in_flight)),
        Family::one(&all::BACKLOG, float(snapshot.backlog)),
    ]
}

fn journeys(snapshot: &Snapshot) -> Vec<Family<'_>> {
    let mut failures = Family::of(&all::FAILURES);
    for class in FailureClass::ALL.map(FailureClass::label) {
        let count = snapshot.failed_by_class.get(class).copied().unwrap_or_default();
        failures = failures.with([class], float(count));
    }
    let mut users = Family::of(&all::STEP_USERS);
    for step in &snapshot.steps {
        users = users.with([step.name], float(step.active));
    }
    let ended = Family::of(&all::JOURNEYS)
        .with(["succeeded"], float(snapshot.succeeded))
        .with(["failed"], float(snapshot.failed));
    vec![
        ended,
        failures,
        journey_histogram(snapshot, &all::JOURNEY_RESPONSE, LatencyClock::Response),
        journey_histogram(snapshot, &all::JOURNEY_SERVICE, LatencyClock::Service),
        users,
        step_histogram(snapshot, &all::STEP_RESPONSE, LatencyClock::Response),
        step_histogram(snapshot, &all::STEP_SERVICE, LatencyClock::Service),
    ]
}

fn journey_histogram<'a>(
    snapshot: &'a Snapshot,
    metric: &'static Metric,
    from: LatencyClock,
) -> Family<'a> {
    let mut family = Family::of(metric);
    for exported in &snapshot.histograms {
        if let Exported::Journey { clock, failed } = exported.of
            && clock == from
        {
            family.add([outcome(failed)], Value::Histogram(&exported.histogram));
        }
    }
    family
}

fn step_histogram<'a>(
    snapshot: &'a Snapshot,
    metric: &'static Metric,
    from: LatencyClock,
) -> Family<'a> {
    let mut family = Family::of(metric);
    for exported in &snapshot.histograms {
        if let Exported::Step { name, clock, failed } = exported.of
            && clock == from
        {
            family.add([name, outcome(failed)], Value::Histogram(&exported.histogram));
        }
    }
    family
}

fn single_histogram<'a>(
    snapshot: &'a Snapshot,
    metric: &'static Metric,
    of: Exported,
) -> Family<'a> {
    let mut family = Family::of(metric);
    for exported in snapshot.histograms.iter().filter(|exported| exported.of == of) {
        family.add([], Value::Histogram(&exported.histogram));
    }
    family
}

fn money(snapshot: &Snapshot) -> Vec<Family<'_>> {
    let pool = snapshot.pool;
    let states = [
        ("funding", pool.funding),
        ("ready", pool.ready),
        ("leased", pool.leased),
        ("sweeping", pool.sweeping),
        ("quarantined", pool.quarantined),
    ];
    let mut wallets = Family::of(&all::WALLETS);
    for (state, count) in states {
        wallets = wallets.with([state], float(count));
    }
    let needs = snapshot.relayer_needs.map_or(0.0, wei);
    vec![
        wallets,
        Family::one(&all::FUNDED, float(snapshot.funded)),
        Family::one(&all::FUNDING_FAILED, float(snapshot.funding_failed)),
        single_histogram(snapshot, &all::FUNDING_LATENCY, Exported::FundingLatency),
        Family::one(&all::SPENT, wei(snapshot.spent)),
        Family::one(&all::RELAYER_NEEDS, needs),
    ]
}

fn endpoints(snapshot: &Snapshot) -> Vec<Family<'_>> {
    let mut families = [
        &all::ENDPOINT_REQUESTS,
        &all::ENDPOINT_ERRORS,
        &all::ENDPOINT_RETRIES,
        &all::ENDPOINT_LIMITED,
        &all::ENDPOINT_LATENCY,
        &all::ENDPOINT_STATE,
        &all::ENDPOINT_LAG,
    ]
    .map(Family::of);
    let [requests, errors, retries, limited, latency, states, lag] = &mut families;
    for row in &snapshot.endpoints {
        let name = &*row.name;
        let counts = [
            (&mut *requests, row.requests),
            (&mut *errors, row.errors),
            (&mut *retries, row.retries),
            (&mut *limited, row.rate_limited),
            (&mut *lag, row.head_lag_blocks_max),
        ];
        for (family, count) in counts {
            family.add([name], Value::Number(float(count)));
        }
        let told = row.latency_ms;
        for (percentile, ms) in [("50", told.p50), ("95", told.p95), ("99", told.p99)] {
            latency.add([name, percentile], Value::Number(ms / 1000.0));
        }
        for state in ENDPOINT_STATES {
            states.add([name, state.label()], Value::Number(yes(state == row.state)));
        }
    }
    families.into()
}

fn chain_and_host(snapshot: &Snapshot) -> Vec<Family<'_>> {
    let mut families = Vec::new();
    families.extend(snapshot.block.map(|block| Family::one(&all::BLOCK, float(block))));
    families.extend(snapshot.base_fee.map(|price| Family::one(&all::BASE_FEE, price.0 as f64)));
    families.push(single_histogram(snapshot, &all::SCHEDULE_LAG, Exported::ScheduleLag));
    families.push(Family::one(&all::RSS, float(snapshot.rss_bytes)));
    families.push(Family::one(&all::CPU, snapshot.cpu_s));
    families
}

fn verdict(snapshot: &Snapshot) -> Vec<Family<'_>> {
    let mut met = Family::of(&all::THRESHOLD_OK);
    let mut values = Family::of(&all::THRESHOLD_VALUE);
    let mut limits = Family::of(&all::THRESHOLD_LIMIT);
    for threshold in &snapshot.thresholds {
        let (expr, unit) = (&*threshold.expr, &*threshold.unit);
        // Nothing measured yet is no miss.
        if threshold.value.is_some() {
            met = met.with([expr], yes(threshold.pass));
        }
        limits = limits.with([expr, unit], threshold.limit);
        if let Some(value) = threshold.value {
            values = values.with([expr, unit], value);
        }
    }
    vec![met, values, limits]
}

/// A series for each of `names`: 1 for what is, 0 for what is not.
fn one_of<'a, const N: usize>(metric: &'static Metric, names: [(&'a str, bool); N]) -> Family<'a> {
    names.into_iter().fold(Family::of(metric), |family, (name, is)| family.with([name], yes(is)))
}

const fn outcome(failed: bool) -> &'static str {
    if failed { "failed" } else { "succeeded" }
}

const fn yes(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

fn wei(amount: Wei) -> f64 {
    amount.as_tokens_f64() * 1e18
}

const fn float(count: u64) -> f64 {
    count as f64
}
