//! The report, from what was counted.

use swell_chain::{FeeTag, FeeTotals, RunId};
use swell_core::arrival::LoadClock;
use swell_core::funding::StrategyChoice;
use swell_core::plan::RunPlan;
use swell_core::report::{
    ArrivalCounts, Funding, InclusionRow, Money, REPORT_FORMAT, Relay, Report, Resumed, RunFacts,
    ThresholdResult,
};
use swell_core::run::RunState;
use swell_core::stats::{Distribution, Totals};
use swell_core::threshold::{Measured, verdict};
use swell_core::time::RunOffset;
use swell_core::units::{Gas, Wei};

use crate::books::{Books, Closing};
use crate::foreign::Foreign;
use crate::journey::JourneyPorts;
use crate::live::LiveView;
use crate::run::SetupFacts;
use crate::treasury::Treasury;

/// A run that is over.
pub(crate) struct Finished<'a> {
    pub(crate) plan: &'a RunPlan,
    pub(crate) run_id: &'a RunId,
    pub(crate) facts: SetupFacts,
    pub(crate) chain_id: u64,
    pub(crate) fees: FeeTotals,
    pub(crate) inclusion: Vec<InclusionRow>,
    pub(crate) books: &'a Books,
    pub(crate) start: Wei,
    pub(crate) end: Wei,
    pub(crate) foreign: &'a Foreign,
    pub(crate) wallet_size: Wei,
    pub(crate) choice: &'a StrategyChoice,
    pub(crate) gas_per_block: Gas,
    pub(crate) treasury: &'a Treasury,
    pub(crate) ports: &'a JourneyPorts,
    pub(crate) is_virtual: bool,
    pub(crate) now: RunOffset,
    pub(crate) state: &'a RunState,
    pub(crate) totals: &'a Totals,
    pub(crate) counts: &'a ArrivalCounts,
    pub(crate) live: &'a LiveView,
    pub(crate) load_clock: &'a LoadClock,
    pub(crate) funding_failed: u64,
    pub(crate) resumed: Option<&'a Resumed>,
}

/// Makes the report of a run that is over.
pub(crate) fn report(run: Finished<'_>) -> Report {
    let totals = run.totals;
    let throughput = totals.throughput(run.live.window(run.load_clock));
    let resources = run.live.host.resources();
    let money = money(&run);
    let measured = Measured {
        totals,
        throughput: &throughput,
        arrivals: run.counts,
        duration: run.now.since_start(),
        money: Some(&money),
        resources: resources.as_ref(),
    };
    let thresholds: Vec<ThresholdResult> =
        run.plan.thresholds.iter().map(|threshold| threshold.evaluate(&measured)).collect();
    Report {
        format: REPORT_FORMAT,
        run: facts(&run),
        verdict: verdict(&thresholds, run.state.ended(), money.in_doubt_wei),
        arrivals: run.counts.clone(),
        outcomes: totals.outcomes(),
        throughput,
        response_ms: totals.latency(Distribution::Response),
        service_ms: totals.latency(Distribution::Service),
        response_ms_succeeded: totals.latency(Distribution::ResponseSucceeded),
        steps: totals.step_rows(),
        failures: totals.failure_rows(),
        schedule_lag_us: totals.lag(),
        funding: funding(&run),
        money,
        thresholds,
        resources,
        relay: relay(&run),
        inclusion: run.inclusion,
        // Whoever made the endpoints knows them.
        endpoints: Vec::new(),
        storage: Vec::new(),
        ceilings: run.facts.ceilings,
        // Told once those are known.
        diagnosis: Vec::new(),
        notes: run
            .facts
            .notes
            .into_iter()
            .chain(run.foreign.note())
            .chain(run.live.annotations.note())
            .collect(),
        annotations: run.live.annotations.all().to_vec(),
        curves: totals.curves(),
        timeline: run.live.timeline.points(),
    }
}

fn facts(run: &Finished<'_>) -> RunFacts {
    RunFacts {
        id: run.run_id.to_string(),
        seed: run.plan.seed.0,
        version: env!("CARGO_PKG_VERSION").into(),
        duration_s: run.now.as_secs_f64(),
        journey: run.totals.spec().name.into(),
        target: run.facts.target.clone(),
        chain_id: run.chain_id,
        virtual_time: run.is_virtual,
        ended: run.state.ended(),
        resumed: run.resumed.cloned(),
    }
}

/// The money statement.
pub(crate) fn money(run: &Finished<'_>) -> Money {
    let mut money = run.books.close(&Closing {
        start: run.start,
        end: run.end,
        received: run.foreign.received,
        taken: run.foreign.taken,
        spent: run.fees.fee(),
        succeeded: run.totals.succeeded(),
    });
    if !(money.left_wei + money.in_doubt_wei).is_zero() {
        money.how_to_recover = Some(format!("swell sweep {}", run.run_id));
    }
    money
}

fn relay(run: &Finished<'_>) -> Option<Relay> {
    let gaps = run.treasury.lane_counters().gaps;
    run.ports.calls.stats().row(run.plan.limits.submit, gaps)
}

fn funding(run: &Finished<'_>) -> Funding {
    let wallets = run.totals.funded();
    let gas = run.fees.of(FeeTag::Funding).gas_used;
    #[expect(clippy::cast_precision_loss, reason = "a mean for display")]
    let gas_per_wallet = if wallets == 0 { 0.0 } else { gas as f64 / wallets as f64 };
    let (droughts, drought) = run.treasury.drought().so_far(run.now);
    let met = run.treasury.counters().rows();
    Funding {
        wallets,
        failed: run.funding_failed,
        latency_ms: run.totals.latency(Distribution::FundingLatency),
        wait_ms: run.totals.latency(Distribution::WalletWait),
        gas_per_wallet,
        wallet_size_wei: run.wallet_size,
        locked_peak_wei: run.books.lent_peak(),
        strategy: run.choice.strategy,
        because: run.choice.because.clone(),
        gas_per_block: run.gas_per_block.0,
        droughts,
        drought_s: drought.as_secs_f64(),
        lanes: met.map(|(name, count)| (name.to_owned(), count)).into_iter().collect(),
    }
}
