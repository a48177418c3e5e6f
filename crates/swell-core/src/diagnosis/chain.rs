//! Findings on the chain: full blocks, and what they make of fees.

use super::findings::{failed_as, finding, share};
use super::what;
use crate::ceiling;
use crate::journey::FailureClass;
use crate::plan::RunPlan;
use crate::report::{Ceiling, Finding, Report};
use crate::timeline::BlockPoint;
use crate::units::WeiPerGas;

/// From this share of their gas limit, blocks are full.
const FULL_SHARE: f64 = 0.9;

/// From this many blocks at the 95th percentile, inclusion is slow.
const SLOW_BLOCKS: u64 = 4;

/// From this growth the base fee is worth a finding.
const BASE_FEE_GROWTH: f64 = 2.0;

/// Transactions that were not included, or slow confirmation where the check foresaw full blocks.
pub(super) fn chain_gas(report: &Report, plan: &RunPlan) -> Option<Finding> {
    foreseen(report, plan).or_else(|| full_blocks(report, plan)).or_else(|| base_fee(report))
}

/// More was asked than the check said blocks would carry, and they did not.
fn foreseen(report: &Report, plan: &RunPlan) -> Option<Finding> {
    let row = sustained(report)?;
    let left_out = failed_as(report, FailureClass::NotIncluded);
    let carried = report.throughput.sustained_per_s;
    // What the chain carried came near what it can: blocks were full, or above their target.
    let full = carried >= 0.8 * row.allows;
    if row.fits || (left_out == 0 && !full) {
        return None;
    }
    let evidence = format!(
        "{:.2} users/s were asked of a chain that sustains {:.2} ({carried:.2} succeeded); {left_out} \
         transactions were never included; {}",
        row.asked, row.allows, row.because
    );
    let rate = (row.allows.min(plan.load.rate.per_second()) * 100.0).floor() / 100.0;
    Some(finding(what::CHAIN_GAS, evidence, format!("--rate {rate}, or a chain with more gas")))
}

/// Blocks as they were while users arrived.
struct Blocks(BlockPoint);

impl Blocks {
    fn of(report: &Report) -> Self {
        let loaded = report.timeline.iter().filter(|point| point.in_flight.max > 0);
        let blocks = loaded.filter_map(|point| point.blocks);
        Self(blocks.fold(BlockPoint::default(), BlockPoint::then))
    }

    fn fullness(&self) -> f64 {
        share(self.0.gas_used, self.0.gas_limit)
    }

    fn share_ours(&self) -> f64 {
        share(self.0.gas_ours, self.0.gas_used)
    }

    /// How often the highest base fee is the first one.
    fn base_fee_growth(&self) -> f64 {
        let (Some(first), Some(highest)) = (self.0.base_fee_first, self.0.base_fee_max) else {
            return 1.0;
        };
        if first.0 == 0 { 1.0 } else { highest.0 as f64 / first.0 as f64 }
    }
}

/// Full blocks, and transactions of ours that waited for room in them.
fn full_blocks(report: &Report, plan: &RunPlan) -> Option<Finding> {
    let blocks = Blocks::of(report);
    let slowest = report.inclusion.iter().max_by_key(|row| row.blocks.p95)?;
    let left_out = failed_as(report, FailureClass::NotIncluded);
    let waited = slowest.blocks.p95 >= SLOW_BLOCKS || left_out > 0;
    if blocks.fullness() < FULL_SHARE || !waited {
        return None;
    }
    let evidence = format!(
        "{} blocks were {:.0} % full while users arrived, {:.0} % of that by this run; transactions for \
         {} took {} blocks (95th percentile), and {left_out} were never included",
        blocks.0.count,
        100.0 * blocks.fullness(),
        100.0 * blocks.share_ours(),
        slowest.tag,
        slowest.blocks.p95
    );
    let advice = if blocks.share_ours() >= 0.5 {
        let offered = report.throughput.offered_per_s;
        let offered = if offered > 0.0 { offered } else { plan.load.rate.per_second() };
        let rate = offered * 0.5 / blocks.fullness();
        format!("--rate {:.2}, which fills half a block as the chain intends", rate)
    } else {
        "--fee-premium 2, as others fill the blocks".to_owned()
    };
    Some(finding(what::CHAIN_GAS, evidence, advice))
}

/// A base fee that the run itself drove up.
fn base_fee(report: &Report) -> Option<Finding> {
    let blocks = Blocks::of(report);
    let growth = blocks.base_fee_growth();
    if growth < BASE_FEE_GROWTH {
        return None;
    }
    let gwei = |fee: Option<WeiPerGas>| fee.map_or(0.0, |fee| fee.0 as f64 / 1e9);
    let evidence = format!(
        "the base fee rose {growth:.1} times, from {} to {} gwei, while blocks were {:.0} % full on \
         average, {:.0} % of that by this run",
        gwei(blocks.0.base_fee_first),
        gwei(blocks.0.base_fee_max),
        100.0 * blocks.fullness(),
        100.0 * blocks.share_ours()
    );
    let advice = match sustained(report) {
        Some(row) => format!("--rate {:.2}, which the chain sustains at a level fee", row.allows),
        None => "--max-fee, so that no transaction pays more than it is worth to you".to_owned(),
    };
    Some(finding(what::BASE_FEE, evidence, advice))
}

fn sustained(report: &Report) -> Option<&Ceiling> {
    report.ceilings.iter().find(|row| row.what == ceiling::what::BLOCK_GAS_SUSTAINED)
}
