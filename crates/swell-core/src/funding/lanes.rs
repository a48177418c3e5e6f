//! Which lanes carry a run, and how much each must be able to pay.

use std::time::Duration;

use super::calls_ahead;
use crate::plan::RunPlan;
use crate::submit::SubmitMode;

/// Which lanes carry a run, and how much each must be able to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneShare {
    /// Lanes that work.
    pub lanes: u32,
    /// Wallets that each of them may have to carry at a time.
    pub wallets: u64,
}

/// Users whose wallets or calls lanes pay for at a time: a place and a pool full of wallets, or the
/// calls of the next blocks; never more than there are users, and nobody where others pay.
#[must_use]
pub fn paid_at_once(plan: &RunPlan, block_time: Duration) -> u64 {
    let RunPlan { load, limits, .. } = plan;
    match limits.submit {
        SubmitMode::Own => {
            let at_once = u64::from(limits.in_flight_max.get()) + u64::from(limits.pool_max.get());
            at_once.min(load.users.get())
        }
        SubmitMode::Relayed => calls_ahead(load, limits, block_time),
        SubmitMode::Endpoint => 0,
    }
}

/// Shares `at_once` wallets, as many as may hold money at the same time, among `lanes`.
///
/// With batches of `batch` wallets no more lanes work than there are batches, and each holds enough
/// for whole ones: a lane with less would ask for a refill, and a block would pass, before its first.
#[must_use]
pub fn lane_share(lanes: u32, at_once: u64, batch: Option<u64>) -> LaneShare {
    let batch = batch.unwrap_or(1).clamp(1, at_once.max(1));
    let payments = at_once.div_ceil(batch).max(1);
    let working = match u32::try_from(payments) {
        Ok(payments) if batch > 1 => payments.min(lanes),
        _ => lanes,
    };
    LaneShare { lanes: working, wallets: payments.div_ceil(u64::from(working)) * batch }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn transfers_are_shared_evenly() {
        assert_eq!(lane_share(5, 150, None), LaneShare { lanes: 5, wallets: 30 });
        assert_eq!(lane_share(5, 2, None), LaneShare { lanes: 5, wallets: 1 });
    }

    #[test]
    fn batches_are_shared_whole_among_no_more_lanes_than_there_are() {
        assert_eq!(lane_share(30, 3264, Some(408)), LaneShare { lanes: 8, wallets: 408 });
        assert_eq!(lane_share(5, 3264, Some(408)), LaneShare { lanes: 5, wallets: 816 });
        assert_eq!(lane_share(5, 100, Some(408)), LaneShare { lanes: 1, wallets: 100 });
    }

    proptest! {
        #[test]
        fn together_they_carry_everything(lanes in 1_u32..200, at_once in 0_u64..100_000, batch in prop::option::of(1_u64..456)) {
            let share = lane_share(lanes, at_once, batch);
            prop_assert!((1..=lanes).contains(&share.lanes));
            prop_assert!(u64::from(share.lanes) * share.wallets >= at_once);
        }
    }
}
