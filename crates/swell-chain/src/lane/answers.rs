//! What the node's answers mean for a lane.

use std::time::Duration;

use alloy_primitives::B256;

use super::slot::{Slot, SlotState};
use super::task::{LaneTask, Nonces};
use super::types::LaneError;
use crate::fees::replacement;
use crate::follower::TxState;
use crate::rpc::ChainError;
use crate::submit::{RejectReason, SubmitOutcome};

impl LaneTask {
    /// Refusals that may pass, in a row, until the caller is told; about two minutes.
    const TRIES_MAX: u32 = 32;
    const PAUSE_MAX: Duration = Duration::from_secs(4);

    pub(super) fn on_outcome(&mut self, nonce: u64, hash: B256, outcome: SubmitOutcome) {
        let head = self.chain.follower().head().number;
        let Some(slot) = self.slots.get_mut(&nonce) else { return };
        if slot.state != SlotState::Sending || slot.tx.hash != hash {
            // It has been seen in a block since.
            return;
        }
        match outcome {
            SubmitOutcome::Accepted { .. } => {
                slot.may_be_out = true;
                slot.tries = 0;
                slot.state = SlotState::Pooled { since: head };
                slot.payload.tell_accepted(hash, self.chain.clock().now(), head);
                self.count(|counters| counters.accepted += 1);
            }
            SubmitOutcome::Unknown { source, .. } => {
                slot.may_be_out = true;
                slot.state = SlotState::InDoubt;
                tracing::debug!(nonce, error = %source, "a submission got no answer");
                self.count(|counters| counters.unknown += 1);
            }
            SubmitOutcome::Rejected { reason } => {
                let may_be_out = slot.may_be_out;
                self.count(|counters| counters.count_rejection(&reason));
                if may_be_out {
                    self.on_repeat_refused(nonce, &reason, head);
                } else {
                    self.on_first_refused(nonce, reason);
                }
            }
        }
    }

    /// Nothing was ever taken under this nonce by us.
    fn on_first_refused(&mut self, nonce: u64, reason: RejectReason) {
        match reason {
            // Somebody else's transaction has it; ours goes under another.
            RejectReason::NonceTooLow | RejectReason::ReplacementUnderpriced => {
                let Some(slot) = self.slots.remove(&nonce) else { return };
                slot.watch.cancel();
                self.queue.push_front(slot.payload);
                self.window.forfeit(nonce);
                self.count(|counters| counters.foreign += 1);
                // Not at once: a node that lags behind would send us round in circles.
                self.resync_at = Some(self.chain.clock().now() + Self::TICK);
                self.resync_first = true;
            }
            RejectReason::NonceTooHigh => {
                // A nonce below is missing, or the node lags behind.
                self.resync_at = Some(self.chain.clock().now());
                self.wait_or_fail(nonce, reason);
            }
            RejectReason::PoolFull | RejectReason::RateLimited | RejectReason::Unreachable => {
                self.wait_or_fail(nonce, reason);
            }
            RejectReason::Underpriced => self.raise_or_fail(nonce, reason),
            _ => self.fail(nonce, LaneError::Rejected(reason)),
        }
    }

    /// A node may have an earlier attempt: the nonce is not free, whatever this answer says.
    fn on_repeat_refused(&mut self, nonce: u64, reason: &RejectReason, head: u64) {
        let Some(slot) = self.slots.get_mut(&nonce) else { return };
        if *reason == RejectReason::NonceTooLow {
            slot.watch.look_up();
            slot.state = SlotState::NonceSpent { by: None };
        } else if reason.is_passing() {
            self.wait(nonce);
        } else {
            slot.state = SlotState::Pooled { since: head };
        }
    }

    fn wait(&mut self, nonce: u64) {
        let now = self.chain.clock().now();
        if let Some(slot) = self.slots.get_mut(&nonce) {
            slot.tries = slot.tries.saturating_add(1);
            let pause = Duration::from_millis(250) * slot.tries.min(16);
            slot.state = SlotState::Waiting { until: now + pause.min(Self::PAUSE_MAX) };
        }
    }

    fn wait_or_fail(&mut self, nonce: u64, reason: RejectReason) {
        let tries = self.slots.get(&nonce).map_or(0, |slot| slot.tries);
        if tries < Self::TRIES_MAX {
            self.wait(nonce);
        } else {
            self.fail(nonce, LaneError::Rejected(reason));
        }
    }

    /// The fee was too low for the node: offer more, up to the cap.
    fn raise_or_fail(&mut self, nonce: u64, reason: RejectReason) {
        let cap = self.chain.fees().policy().cap();
        let tries = self.slots.get(&nonce).map_or(0, |slot| slot.tries);
        let raised = self.slots.get(&nonce).map(|slot| {
            let cap = slot.payload.fee_cap(cap);
            replacement(slot.quote, cap).map(|quote| (quote, cap))
        });
        let Some(Ok((quote, cap))) = raised.filter(|_| tries < Self::TRIES_MAX) else {
            self.fail(nonce, LaneError::Rejected(reason));
            return;
        };
        let newest = self.quote.map_or(quote, |newest| quote.at_least(newest));
        self.resign(nonce, newest.within(cap));
        self.wait(nonce);
    }

    /// Gives up a transaction that was never taken, and frees its nonce.
    fn fail(&mut self, nonce: u64, error: LaneError) {
        let Some(mut slot) = self.slots.remove(&nonce) else { return };
        slot.watch.cancel();
        if !slot.payload.tell(Err(error)) {
            self.refill_at = self.chain.clock().now() + Self::RETRY;
        }
        self.window.release(nonce);
    }

    pub(super) fn on_looked_up(&mut self, nonce: u64, known: Result<bool, ChainError>) {
        let head = self.chain.follower().head().number;
        let Some(slot) = self.slots.get_mut(&nonce) else { return };
        if slot.state != SlotState::LookingUp {
            return;
        }
        match known {
            Ok(true) => {
                slot.watch.look_up();
                slot.state = SlotState::Pooled { since: head };
                slot.payload.tell_accepted(slot.tx.hash, self.chain.clock().now(), head);
                self.count(|counters| counters.found += 1);
            }
            // The same bytes: at most one of both can ever be included.
            Ok(false) => {
                self.count(|counters| counters.resent += 1);
                self.wait(nonce);
            }
            Err(error) => {
                tracing::debug!(nonce, %error, "looking a transaction up failed");
                self.wait(nonce);
            }
        }
    }

    pub(super) fn on_nonces(&mut self, nonces: Result<Nonces, ChainError>) {
        let Nonces { latest, pending, height } = match nonces {
            Ok(nonces) => nonces,
            Err(error) => {
                tracing::debug!(%error, "reading the lane's nonce failed");
                self.resync_at = Some(self.chain.clock().now() + Self::RETRY);
                return;
            }
        };
        self.resync_first = false;
        let lost = self.window.resync(latest, pending) as u64;
        self.count(|counters| {
            counters.resynced += 1;
            counters.lost += lost;
        });
        let spent: Vec<u64> = self.slots.range(..latest).map(|(nonce, _)| *nonce).collect();
        for nonce in spent {
            self.on_spent(nonce, height);
        }
        self.send_unspent_again(latest, height);
    }

    /// A node said that a nonce was spent, and by the blocks that have been read since it is not:
    /// the block that spent it has left the chain.
    fn send_unspent_again(&mut self, latest: u64, height: u64) {
        let head = self.chain.follower().head().number;
        let mut resent = 0;
        for slot in self.slots.range_mut(latest..).map(|(_, slot)| slot) {
            match slot.state {
                SlotState::NonceSpent { by: None } => {
                    slot.state = SlotState::NonceSpent { by: Some(height) };
                }
                SlotState::NonceSpent { by: Some(by) }
                    if head >= by + self.options.stuck_blocks =>
                {
                    slot.state = SlotState::ToSend;
                    resent += 1;
                }
                _ => {}
            }
        }
        self.count(|counters| counters.resent += resent);
    }

    /// The account's nonce has passed this one on a node of this height, and no block we read
    /// includes ours.
    fn on_spent(&mut self, nonce: u64, height: u64) {
        let head = self.chain.follower().head().number;
        // A block that has been read just now may include it.
        let is_open =
            |slot: &&mut Slot| !slot.is_included() && slot.watch.state() == TxState::Pending;
        let Some(slot) = self.slots.get_mut(&nonce).filter(is_open) else { return };
        match slot.state {
            // Whoever spent it did so in a block that we have read since.
            SlotState::NonceSpent { by: Some(by) } if head >= by + self.options.stuck_blocks => {
                let Some(mut slot) = self.slots.remove(&nonce) else { return };
                let _asked =
                    slot.payload.tell(Err(LaneError::NonceTaken { nonce, tx: slot.tx.hash }));
                self.window.forfeit(nonce);
                self.count(|counters| counters.foreign += 1);
            }
            SlotState::NonceSpent { by: Some(_) } | SlotState::Sending => slot.watch.look_up(),
            _ if slot.may_be_out => {
                slot.watch.look_up();
                slot.state = SlotState::NonceSpent { by: Some(height) };
            }
            // Never sent: the node will say that the nonce is too low.
            _ => {}
        }
    }
}
