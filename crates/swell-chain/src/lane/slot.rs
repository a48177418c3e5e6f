//! One nonce of a lane and the transaction under it.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use swell_core::time::RunOffset;
use swell_core::units::{Wei, WeiPerGas};
use tokio::sync::oneshot;

use super::call::LaneAccepted;
use super::types::{Command, LaneError, LaneOrder};
use crate::fees::FeeQuote;
use crate::follower::{FeeTag, Inclusion, TxWatch};
use crate::tx::{SignedTx, TxSpec};

/// What to send, and whom to tell. It outlives a nonce that turned out to be somebody else's.
pub(super) struct Payload {
    pub(super) order: LaneOrder,
    /// When it was first signed.
    pub(super) signed_at: Option<RunOffset>,
    accepted: Option<oneshot::Sender<LaneAccepted>>,
    reply: Option<oneshot::Sender<Result<Arc<Inclusion>, LaneError>>>,
}

impl Payload {
    /// A transfer of nothing to the lane itself, to use a nonce up.
    pub(super) fn filler(lane: alloy_primitives::Address) -> Self {
        let spec = TxSpec { data: Bytes::new(), ..TxSpec::transfer(lane, Wei::ZERO) };
        let order = LaneOrder { spec, tag: FeeTag::Lane, fee_max: None };
        Self { order, signed_at: None, accepted: None, reply: None }
    }

    /// Tells the caller, once, that a node has it.
    pub(super) fn tell_accepted(&mut self, tx: B256, at: RunOffset, height: u64) {
        if let Some(accepted) = self.accepted.take() {
            let signed_at = self.signed_at.unwrap_or(at);
            // An error only means that the caller no longer waits.
            let _waiting = accepted.send(LaneAccepted { tx, signed_at, at, height });
        }
    }

    /// The most that a unit of gas may cost, within the run's `cap`.
    pub(super) fn fee_cap(&self, cap: WeiPerGas) -> WeiPerGas {
        self.order.fee_max.map_or(cap, |fee_max| fee_max.min(cap))
    }

    /// Tells the caller how it ended; `false` when nobody ever asked for it.
    pub(super) fn tell(&mut self, result: Result<Arc<Inclusion>, LaneError>) -> bool {
        let Some(reply) = self.reply.take() else { return false };
        // An error only means that the caller no longer waits.
        let _waiting = reply.send(result);
        true
    }
}

impl From<Command> for Payload {
    fn from(command: Command) -> Self {
        let Command { order, accepted, reply } = command;
        Self { order, signed_at: None, accepted: Some(accepted), reply: Some(reply) }
    }
}

/// One nonce of a lane and the transaction under it.
pub(super) struct Slot {
    pub(super) payload: Payload,
    /// The newest version; older ones differ in their fees only.
    pub(super) tx: SignedTx,
    pub(super) quote: FeeQuote,
    pub(super) watch: TxWatch,
    pub(super) state: SlotState,
    /// Whether a node may have any version: from then on no refusal frees the nonce.
    pub(super) may_be_out: bool,
    /// Refusals in a row that may pass.
    pub(super) tries: u32,
}

/// Where a transaction is on its way into a final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotState {
    /// To be sent, or sent again, with the next request.
    ToSend,
    /// In a request that has no answer yet.
    Sending,
    /// To be sent again then.
    Waiting {
        /// When.
        until: RunOffset,
    },
    /// A request got no answer: ask the node whether it has it.
    InDoubt,
    /// That is being asked.
    LookingUp,
    /// A node has it.
    Pooled {
        /// Height when it was last sent.
        since: u64,
    },
    /// Something with this nonce is in a block, by the node's answer.
    NonceSpent {
        /// The node's height at that time: our own reading may be far behind it. `None` until a
        /// node has been asked.
        by: Option<u64>,
    },
    /// In a block, which is not final.
    Included {
        /// Height of the block.
        block: u64,
    },
}

impl Slot {
    pub(super) const fn is_included(&self) -> bool {
        matches!(self.state, SlotState::Included { .. })
    }
}
