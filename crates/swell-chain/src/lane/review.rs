//! What a lane does with each new block.

use swell_core::units::WeiPerGas;

use super::slot::SlotState;
use super::task::LaneTask;
use crate::fees::{FeeQuote, replacement};
use crate::follower::TxState;

impl LaneTask {
    /// Looks at every transaction that is not final: at most a window, and those in the last
    /// blocks.
    pub(super) fn review(&mut self) {
        let head = self.chain.follower().head();
        let nonces: Vec<u64> = self.slots.keys().copied().collect();
        for nonce in nonces {
            self.review_inclusion(nonce, head.number);
            self.review_wait(nonce);
        }
        self.review_stuck(head.number, head.base_fee);
    }

    fn review_inclusion(&mut self, nonce: u64, head: u64) {
        let finality = self.chain.finality_blocks();
        let Some(slot) = self.slots.get_mut(&nonce) else { return };
        match (slot.watch.state(), slot.is_included()) {
            (TxState::Included(inclusion), was_included) => {
                let block = inclusion.block;
                slot.state = SlotState::Included { block };
                if !was_included {
                    // No node may ever have answered for it.
                    slot.payload.tell_accepted(
                        inclusion.tx,
                        self.chain.clock().now(),
                        block.saturating_sub(1),
                    );
                    let _asked = slot.payload.tell(Ok(inclusion));
                    self.window.included(nonce);
                    self.count(|counters| counters.included += 1);
                }
                if block + finality <= head + 1 {
                    self.slots.remove(&nonce);
                    self.window.settle(nonce);
                }
            }
            (TxState::Pending, true) => {
                // Its block left the chain, and the pool may not have it back.
                slot.state = SlotState::ToSend;
                self.window.withdrawn(nonce);
                self.count(|counters| {
                    counters.reorged += 1;
                    counters.resent += 1;
                });
            }
            (TxState::Pending, false) => {}
        }
    }

    fn review_wait(&mut self, nonce: u64) {
        let now = self.chain.clock().now();
        let Some(slot) = self.slots.get_mut(&nonce) else { return };
        match slot.state {
            SlotState::Waiting { until } if until <= now => slot.state = SlotState::ToSend,
            SlotState::NonceSpent { .. } => {
                // Whoever spent it, the chain says so with the next blocks.
                self.resync_at.get_or_insert(now + Self::RETRY);
            }
            _ => {}
        }
    }

    /// Replaces the lowest nonce when it does not move, and sends those above again.
    fn review_stuck(&mut self, head: u64, base_fee: Option<WeiPerGas>) {
        let lowest = self.slots.iter().find(|(_, slot)| !slot.is_included()).map(|(n, _)| *n);
        let Some(lowest) = lowest else {
            self.lowest = None;
            return;
        };
        let lowest_since = match self.lowest {
            Some((nonce, since)) if nonce == lowest => since,
            _ => head,
        };
        self.lowest = Some((lowest, lowest_since));
        let stuck_blocks = self.options.stuck_blocks;
        let stuck: Vec<u64> = self
            .slots
            .iter()
            .filter(|(nonce, slot)| match slot.state {
                SlotState::Pooled { since } => {
                    let since = if **nonce == lowest { since.max(lowest_since) } else { since };
                    head >= since + stuck_blocks
                }
                _ => false,
            })
            .map(|(nonce, _)| *nonce)
            .collect();
        for nonce in stuck {
            if nonce != lowest || !self.replace(nonce, base_fee) {
                self.count(|counters| counters.resent += 1);
            }
            if let Some(slot) = self.slots.get_mut(&nonce) {
                slot.watch.look_up();
                slot.state = SlotState::ToSend;
            }
            // The pool may have lost one below.
            self.resync_at.get_or_insert(self.chain.clock().now());
        }
    }

    /// Signs a stuck transaction anew, with more for gas. `false`: the cap forbids it.
    fn replace(&mut self, nonce: u64, base_fee: Option<WeiPerGas>) -> bool {
        let cap = self.chain.fees().policy().cap();
        let Some(slot) = self.slots.get(&nonce) else { return false };
        let cap = slot.payload.fee_cap(cap);
        let Ok(bumped) = replacement(slot.quote, cap) else {
            self.count(|counters| counters.capped += 1);
            return false;
        };
        let behind = base_fee.is_some_and(|base_fee| !bumped.covers(base_fee));
        let quote = match self.quote {
            Some(newest) if behind => bumped.at_least(newest).within(cap),
            _ => bumped,
        };
        self.resign(nonce, quote);
        self.count(|counters| counters.replaced += 1);
        true
    }

    /// Signs the same payload under the same nonce with other fees, and announces it.
    pub(super) fn resign(&mut self, nonce: u64, quote: FeeQuote) {
        let chain_id = self.chain.chain_id();
        if let Some(slot) = self.slots.get_mut(&nonce) {
            slot.tx = slot.payload.order.spec.sign(&self.key, chain_id, nonce, &quote);
            slot.quote = quote;
            slot.watch.add_replacement(slot.tx.hash);
        }
    }
}
