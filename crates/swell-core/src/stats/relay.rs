//! How users' calls fared that others sent for them.

use std::time::Duration;

use alloy_primitives::U256;

use super::{InclusionLatency, LatencyHistogram};
use crate::report::{Relay, RelayCost};
use crate::submit::SubmitMode;
use crate::units::{Gas, Wei};

/// How users' calls fared that lanes or a relay sent for them. Memory does not grow with their number.
#[derive(Clone, Debug, Default)]
pub struct RelayStats {
    queue: LatencyHistogram,
    hash: LatencyHistogram,
    inclusion: InclusionLatency,
    polls: u64,
    paid: u64,
    gas: u128,
    fees: Wei,
    fee_max: Wei,
    /// The most that calls may have cost whose users ended before they knew.
    unknown: Wei,
}

impl RelayStats {
    /// A call waited so long until a lane had signed it.
    pub fn record_queue(&mut self, waited: Duration) {
        self.queue.record(waited);
    }

    /// A call's hash was known so long after a lane had signed it, or the relay had been asked.
    pub fn record_hash(&mut self, took: Duration) {
        self.hash.record(took);
    }

    /// The relay was asked once more how a call is.
    pub const fn record_poll(&mut self) {
        self.polls += 1;
    }

    /// A call was in a block so long, and so many blocks, after its hash was known.
    pub fn record_inclusion(&mut self, took: Duration, blocks: u64) {
        self.inclusion.record(took, blocks);
    }

    /// A call used so much gas, for which so much was paid.
    pub fn record_cost(&mut self, gas: Gas, fee: Wei) {
        self.paid += 1;
        self.gas += u128::from(gas.0);
        self.fees += fee;
        self.fee_max = self.fee_max.max(fee);
    }

    /// A user ended without knowing what its call cost: `most` at most.
    pub fn record_unknown_cost(&mut self, most: Wei) {
        self.unknown += most;
    }

    /// What was paid for calls so far, as far as is known, and the most that may have been besides.
    #[must_use]
    pub fn fees_at_most(&self) -> Wei {
        self.fees + self.unknown
    }

    /// What a report shows; `None` where users send for themselves. `nonce_gaps` is what the lanes
    /// counted.
    #[must_use]
    pub fn row(&self, mode: SubmitMode, nonce_gaps: u64) -> Option<Relay> {
        if mode == SubmitMode::Own {
            return None;
        }
        let by_lanes = mode.uses_lanes();
        let row = self.inclusion.row(mode.label());
        Some(Relay {
            submit: mode,
            calls: self.hash.count(),
            queue_ms: by_lanes.then(|| self.queue.latency()),
            hash_ms: self.hash.latency(),
            included: self.inclusion.count(),
            inclusion_ms: row.as_ref().map(|row| row.ms).unwrap_or_default(),
            inclusion_blocks: row.map(|row| row.blocks).unwrap_or_default(),
            nonce_gaps: by_lanes.then_some(nonce_gaps),
            polls: (!by_lanes).then_some(self.polls),
            cost: self.cost(),
        })
    }

    fn cost(&self) -> RelayCost {
        let mean = self.fees.0.checked_div(U256::from(self.paid)).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a mean for display")]
        let gas_mean = if self.paid == 0 { 0.0 } else { self.gas as f64 / self.paid as f64 };
        RelayCost { gas_mean, mean_wei: Wei(mean), max_wei: self.fee_max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_calls_way_is_told_apart() {
        let mut stats = RelayStats::default();
        stats.record_queue(Duration::from_millis(40));
        stats.record_hash(Duration::from_millis(3));
        stats.record_inclusion(Duration::from_millis(900), 1);
        stats.record_cost(Gas(1_000), Wei::new(10));
        stats.record_cost(Gas(2_000), Wei::new(31));
        let relay = stats.row(SubmitMode::Relayed, 7).unwrap();
        assert_eq!((relay.calls, relay.included, relay.nonce_gaps), (1, 1, Some(7)));
        assert!((relay.queue_ms.unwrap().p50 - 40.0).abs() < 0.1);
        assert_eq!((relay.cost.mean_wei, relay.cost.max_wei), (Wei::new(20), Wei::new(31)));
        assert!((relay.cost.gas_mean - 1_500.0).abs() < 1e-9);
        assert_eq!(relay.polls, None, "lanes are not polled");
    }

    #[test]
    fn a_relay_has_polls_and_no_lanes_and_users_of_their_own_have_neither() {
        let mut stats = RelayStats::default();
        stats.record_poll();
        let relay = stats.row(SubmitMode::Endpoint, 0).unwrap();
        assert_eq!((relay.polls, relay.queue_ms, relay.nonce_gaps), (Some(1), None, None));
        assert_eq!(relay.cost, RelayCost::default(), "nothing was paid");
        assert_eq!(stats.row(SubmitMode::Own, 0), None);
    }
}
