//! Findings on what a run hands out: places, wallets and lanes.

use super::findings::{failed_as, finding, share};
use super::rates::rate_to_carry;
use super::what;
use crate::ceiling;
use crate::journey::FailureClass;
use crate::plan::{ArrivalKind, RunPlan};
use crate::report::{Finding, Report};

/// From this share of users that waited for a place, or were shed, places bound the run.
const WAITED_SHARE_MIN: f64 = 0.05;

/// From this wait for a wallet, milliseconds at the 99th percentile, funding bound the run.
const WALLET_WAIT_MS_MIN: f64 = 1_000.0;

/// Little's law with what was measured: places needed = rate × time in the system.
pub(super) fn places(report: &Report, plan: &RunPlan) -> Option<Finding> {
    let arrivals = &report.arrivals;
    let held_up = arrivals.waited_for_place + arrivals.shed;
    let held_up_share = share(held_up, arrivals.due - arrivals.abandoned.min(arrivals.due));
    if held_up_share < WAITED_SHARE_MIN {
        return None;
    }
    let places = plan.limits.in_flight_max.get();
    let journey_s = report.service_ms.mean / 1000.0;
    let mut evidence = format!(
        "{:.0} % of users found no place: {} waited for one and {} were shed",
        100.0 * held_up_share,
        arrivals.waited_for_place,
        arrivals.shed
    );
    if plan.load.arrivals == ArrivalKind::Burst {
        evidence.push_str(&format!("; all came at once, and --concurrency is {places}"));
        let advice = format!("--concurrency {}", plan.load.users);
        return Some(finding(what::PLACES, evidence, advice));
    }
    // The highest rate that lasted longer than a journey is what places must carry.
    let rate = rate_to_carry(report, plan, journey_s);
    evidence.push_str(&format!(
        "; {rate}/s × {journey_s:.1} s a journey (measured mean) needs {:.0} places, --concurrency is {places}",
        (rate * journey_s).ceil()
    ));
    let enough = ceiling::places_for(rate, journey_s).max(u64::from(places) + 1);
    // Nobody needs more places than there are users.
    let enough = enough.min(plan.load.users.get());
    Some(finding(what::PLACES, evidence, format!("--concurrency {enough}")))
}

/// Waits for wallets, with the same law for the pool.
pub(super) fn funding(report: &Report, plan: &RunPlan) -> Option<Finding> {
    if !plan.limits.submit.funds_users() {
        return None;
    }
    let (funding, started) = (&report.funding, report.arrivals.started);
    let failed = failed_as(report, FailureClass::Funding);
    if failed == 0 && funding.wait_ms.p99 < WALLET_WAIT_MS_MIN {
        return None;
    }
    let pool = u64::from(plan.limits.pool_max.get());
    let latency_s = funding.latency_ms.p99 / 1000.0;
    let rate = rate_to_carry(report, plan, latency_s);
    let needed = ceiling::places_for(rate, latency_s);
    let evidence = format!(
        "{failed} of {started} users found no wallet in time, and users waited up to {:.1} s (99th percentile \
         {:.1} s); {rate}/s × {latency_s:.1} s to fund a wallet (99th percentile) takes a pool of {needed}, it \
         is {pool}",
        funding.wait_ms.max / 1000.0,
        funding.wait_ms.p99 / 1000.0
    );
    let advice = if needed > pool {
        format!("--pool-size {needed}")
    } else {
        // The pool would do: the lanes do not fill it.
        format!("--funding-workers {}", 2 * plan.limits.funding_workers.get())
    };
    Some(finding(what::FUNDING, evidence, advice))
}

/// Calls that the relayer had no money for.
pub(super) fn relayer(report: &Report) -> Option<Finding> {
    let relay = report.relay.as_ref().filter(|relay| relay.submit.uses_lanes())?;
    let (funding, started) = (&report.funding, report.arrivals.started);
    let failed = failed_as(report, FailureClass::Funding);
    if failed == 0 && funding.droughts == 0 {
        return None;
    }
    let evidence = format!(
        "the relayer ran dry {} times, for {:.1} s in all, and {failed} of {started} users' calls were not \
         sent for want of money",
        funding.droughts, funding.drought_s
    );
    let each = relay.cost.mean_wei;
    let advice = format!("top the relayer up: a user's call cost {each} wei on average");
    Some(finding(what::RELAYER, evidence, advice))
}

/// Calls that waited for a lane.
pub(super) fn lanes(report: &Report, plan: &RunPlan) -> Option<Finding> {
    let queue = report.relay.as_ref()?.queue_ms?;
    // Whoever waits for money waits in the same queue.
    if queue.p99 < WALLET_WAIT_MS_MIN || report.funding.droughts > 0 {
        return None;
    }
    let lanes = plan.limits.funding_workers.get();
    let evidence = format!(
        "users' calls waited for a lane of the relayer for up to {:.1} s (99th percentile {:.1} s); there \
         are {lanes}, with {} calls in flight each",
        queue.max / 1000.0,
        queue.p99 / 1000.0,
        plan.limits.lane_window()
    );
    Some(finding(what::LANES, evidence, format!("--funding-workers {}", 2 * lanes)))
}
