//! What the rest of Swell holds of a lane.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use alloy_primitives::{Address, B256};
use swell_core::journey::FailureClass;
use swell_core::units::WeiPerGas;
use tokio::sync::{mpsc, oneshot};

use super::call::{LaneAccepted, LaneCall};
use super::task::LaneTask;
use crate::follower::{FeeTag, Inclusion};
use crate::handle::ChainHandle;
use crate::keys::AccountKey;
use crate::submit::RejectReason;
use crate::tx::TxSpec;

/// How a lane sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneOptions {
    /// Nonces in flight at once. geth guarantees an account 16 places in its pool.
    pub window: usize,
    /// Blocks without inclusion after which the lowest nonce is replaced at a higher fee.
    pub stuck_blocks: u64,
}

impl Default for LaneOptions {
    fn default() -> Self {
        Self { window: 16, stuck_blocks: 5 }
    }
}

/// Why a lane did not get a transaction into a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// The node refused it for good; nothing was spent.
    #[error("the lane's transaction was refused")]
    Rejected(#[source] RejectReason),
    /// Somebody else spent the nonce after this was sent; it can no longer be included.
    #[error("somebody else spent nonce {nonce} of the lane; transaction {tx} is void")]
    NonceTaken {
        /// The nonce.
        nonce: u64,
        /// The transaction that lost it.
        tx: B256,
    },
    /// The lane has ended. What it had sent may still be included.
    #[error("the lane has ended")]
    Closed,
}

impl LaneError {
    /// The class reports count it under, where it was a user's call.
    #[must_use]
    pub const fn class(&self) -> FailureClass {
        match self {
            Self::Rejected(RejectReason::Reverted { .. }) => FailureClass::Reverted,
            Self::Rejected(RejectReason::RateLimited) => FailureClass::RateLimited,
            Self::Rejected(RejectReason::Unreachable) => FailureClass::Transport,
            Self::Rejected(RejectReason::InsufficientFunds) => FailureClass::Funding,
            Self::Rejected(_) => FailureClass::Rejected,
            Self::NonceTaken { .. } => FailureClass::NotIncluded,
            Self::Closed => FailureClass::Stopped,
        }
    }
}

/// How often a lane met each thing that can happen to a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneCounters {
    /// Transactions signed for a caller.
    pub signed: u64,
    /// Answers that a node has it.
    pub accepted: u64,
    /// In a block, reverted ones too.
    pub included: u64,
    /// Answers that did not come.
    pub unknown: u64,
    /// Looked up after that, and found.
    pub found: u64,
    /// Sent again with the same bytes.
    pub resent: u64,
    /// Replaced with a higher fee.
    pub replaced: u64,
    /// Stuck, and not replaced because of the fee cap.
    pub capped: u64,
    /// Times that a nonce was free below one in flight, which could not move before it was used.
    pub gaps: u64,
    /// Nonces filled with a transfer of nothing to itself, for those above to move.
    pub refilled: u64,
    /// Nonces the chain had lost.
    pub lost: u64,
    /// Nonces somebody else spent.
    pub foreign: u64,
    /// In a block that left the chain.
    pub reorged: u64,
    /// Nonces read anew from the chain.
    pub resynced: u64,
    /// Refused: nonce too low.
    pub nonce_too_low: u64,
    /// Refused: nonce too high.
    pub nonce_too_high: u64,
    /// Refused: replacement underpriced.
    pub replacement_underpriced: u64,
    /// Refused: underpriced.
    pub underpriced: u64,
    /// Refused: insufficient funds.
    pub insufficient_funds: u64,
    /// Refused: pool full.
    pub pool_full: u64,
    /// Refused: rate limited.
    pub rate_limited: u64,
    /// Not sent: no endpoint could be reached.
    pub unreachable: u64,
    /// Refused for another reason.
    pub refused: u64,
}

impl LaneCounters {
    /// Every counter by its name, in the order in which a transaction meets what they count.
    #[must_use]
    pub const fn rows(&self) -> [(&'static str, u64); 23] {
        [
            ("signed", self.signed),
            ("accepted", self.accepted),
            ("included", self.included),
            ("unknown", self.unknown),
            ("found", self.found),
            ("resent", self.resent),
            ("replaced", self.replaced),
            ("capped", self.capped),
            ("gaps", self.gaps),
            ("refilled", self.refilled),
            ("lost", self.lost),
            ("foreign", self.foreign),
            ("reorged", self.reorged),
            ("resynced", self.resynced),
            ("nonce_too_low", self.nonce_too_low),
            ("nonce_too_high", self.nonce_too_high),
            ("replacement_underpriced", self.replacement_underpriced),
            ("underpriced", self.underpriced),
            ("insufficient_funds", self.insufficient_funds),
            ("pool_full", self.pool_full),
            ("rate_limited", self.rate_limited),
            ("unreachable", self.unreachable),
            ("refused", self.refused),
        ]
    }

    /// Both added up.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            signed: self.signed + other.signed,
            accepted: self.accepted + other.accepted,
            included: self.included + other.included,
            unknown: self.unknown + other.unknown,
            found: self.found + other.found,
            resent: self.resent + other.resent,
            replaced: self.replaced + other.replaced,
            capped: self.capped + other.capped,
            gaps: self.gaps + other.gaps,
            refilled: self.refilled + other.refilled,
            lost: self.lost + other.lost,
            foreign: self.foreign + other.foreign,
            reorged: self.reorged + other.reorged,
            resynced: self.resynced + other.resynced,
            nonce_too_low: self.nonce_too_low + other.nonce_too_low,
            nonce_too_high: self.nonce_too_high + other.nonce_too_high,
            replacement_underpriced: self.replacement_underpriced + other.replacement_underpriced,
            underpriced: self.underpriced + other.underpriced,
            insufficient_funds: self.insufficient_funds + other.insufficient_funds,
            pool_full: self.pool_full + other.pool_full,
            rate_limited: self.rate_limited + other.rate_limited,
            unreachable: self.unreachable + other.unreachable,
            refused: self.refused + other.refused,
        }
    }

    pub(super) fn count_rejection(&mut self, reason: &RejectReason) {
        let counter = match reason {
            RejectReason::NonceTooLow => &mut self.nonce_too_low,
            RejectReason::NonceTooHigh => &mut self.nonce_too_high,
            RejectReason::ReplacementUnderpriced => &mut self.replacement_underpriced,
            RejectReason::Underpriced => &mut self.underpriced,
            RejectReason::InsufficientFunds => &mut self.insufficient_funds,
            RejectReason::PoolFull => &mut self.pool_full,
            RejectReason::RateLimited => &mut self.rate_limited,
            RejectReason::Unreachable => &mut self.unreachable,
            RejectReason::AlreadyKnown
            | RejectReason::GasTooLow
            | RejectReason::ExceedsBlockGas
            | RejectReason::Reverted { .. }
            | RejectReason::Other { .. } => &mut self.refused,
        };
        *counter += 1;
    }
}

/// What a lane is asked to send: a payment or a call, which it treats alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneOrder {
    /// What to do.
    pub spec: TxSpec,
    /// Where the fee belongs.
    pub tag: FeeTag,
    /// The most that a unit of gas may cost, replacements included; the run's cap when `None`.
    pub fee_max: Option<WeiPerGas>,
}

/// What a caller asks of a lane.
pub(super) struct Command {
    pub(super) order: LaneOrder,
    /// Told once a node has it.
    pub(super) accepted: oneshot::Sender<LaneAccepted>,
    pub(super) reply: oneshot::Sender<Result<Arc<Inclusion>, LaneError>>,
}

/// An account that lives on and sends in parallel: the relayer itself, or one derived from it.
/// Cheap to clone.
///
/// Nothing is lost and nothing is sent twice, whatever the node answers: nonces are taken at
/// signing and come back only when a refusal proves them unspent; what is unknown is looked up and
/// sent again with the same bytes; what is stuck is replaced under its own nonce.
///
/// Only one lane may exist for an account at a time.
#[derive(Clone)]
pub struct Lane {
    address: Address,
    commands: mpsc::Sender<Command>,
    counters: Arc<Mutex<LaneCounters>>,
}

impl Lane {
    /// A lane of `key`'s account, and the task that must run for it to send anything.
    pub fn new(chain: ChainHandle, key: AccountKey, options: LaneOptions) -> (Self, LaneTask) {
        // Beyond the window callers wait; the channel only hides the wake-up.
        let (commands, inbox) = mpsc::channel(options.window.max(1));
        let counters = Arc::new(Mutex::default());
        let lane = Self { address: key.address(), commands, counters: Arc::clone(&counters) };
        (lane, LaneTask::new(chain, key, options, inbox, counters))
    }

    /// The account's address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Sends a transaction and waits until a block includes it.
    ///
    /// Dropping the future gives up the answer, not the transaction: once taken over by the lane
    /// it is sent, and its fee is in the books.
    ///
    /// # Errors
    /// [`LaneError`]. A transaction that was included and reverted is no error here.
    pub async fn send(&self, spec: TxSpec, tag: FeeTag) -> Result<Arc<Inclusion>, LaneError> {
        self.submit(LaneOrder { spec, tag, fee_max: None }).await?.included().await
    }

    /// Hands a transaction over, waiting while the lane has no room. What becomes of it is told by
    /// the call that comes back; dropping that gives up the answers, not the transaction.
    ///
    /// # Errors
    /// [`LaneError::Closed`]: nothing was sent.
    pub async fn submit(&self, order: LaneOrder) -> Result<LaneCall, LaneError> {
        let (accepted_tx, accepted) = oneshot::channel();
        let (reply, answer) = oneshot::channel();
        let command = Command { order, accepted: accepted_tx, reply };
        self.commands.send(command).await.map_err(|_| LaneError::Closed)?;
        Ok(LaneCall::new(accepted, answer))
    }

    /// How often it met what.
    #[must_use]
    pub fn counters(&self) -> LaneCounters {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lane({})", self.address)
    }
}
