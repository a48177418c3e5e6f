//! What the follower tells.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use swell_core::units::{Gas, Wei, WeiPerGas};

use crate::rpc::{BlockHeader, Log, Receipt};

/// The newest block the follower has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Unix time, seconds.
    pub timestamp: u64,
    /// Base fee; `None` on chains without EIP-1559.
    pub base_fee: Option<WeiPerGas>,
    /// Gas its transactions used.
    pub gas_used: Gas,
    /// Gas its transactions may use.
    pub gas_limit: Gas,
}

impl From<&BlockHeader> for Head {
    fn from(header: &BlockHeader) -> Self {
        Self {
            number: header.number,
            hash: header.hash,
            timestamp: header.timestamp,
            base_fee: header.base_fee,
            gas_used: header.gas_used,
            gas_limit: header.gas_limit,
        }
    }
}

/// Which part of the books a transaction's fee belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeeTag {
    /// Funding wallets, or topping them up.
    Funding,
    /// A user's journey.
    Journey,
    /// Returning what is left.
    Sweep,
    /// Moving money to lanes, and repairing their nonces.
    Lane,
}

impl FeeTag {
    /// Every tag, in the order reports list them.
    pub const ALL: [Self; 4] = [Self::Funding, Self::Journey, Self::Sweep, Self::Lane];

    /// Bounded label for reports.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Funding => "funding",
            Self::Journey => "journey",
            Self::Sweep => "sweep",
            Self::Lane => "lane",
        }
    }
}

/// A transaction of ours, announced before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxRegistration {
    /// Its sender.
    pub from: Address,
    /// Its nonce. Transactions with the same sender and nonce are one: whichever lands counts.
    pub nonce: u64,
    /// Its hash.
    pub hash: B256,
    /// Where its fee belongs.
    pub tag: FeeTag,
}

/// A transaction of ours that is in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The transaction that landed: the original or a replacement.
    pub tx: B256,
    /// Height of its block.
    pub block: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Whether it succeeded.
    pub success: bool,
    /// Gas it used.
    pub gas_used: Gas,
    /// What a unit of gas cost.
    pub effective_gas_price: WeiPerGas,
    /// Everything its sender paid for it, without the value.
    pub fee: Wei,
    /// What its contracts emitted.
    pub logs: Vec<Log>,
}

impl From<Receipt> for Inclusion {
    fn from(receipt: Receipt) -> Self {
        Self {
            tx: receipt.tx,
            block: receipt.block_number,
            block_hash: receipt.block_hash,
            success: receipt.status.unwrap_or(true),
            gas_used: receipt.gas_used,
            effective_gas_price: receipt.effective_gas_price,
            fee: receipt.fee(),
            logs: receipt.logs,
        }
    }
}

/// What the chain says of a transaction of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TxState {
    /// In no block, or in none any more.
    #[default]
    Pending,
    /// In a block.
    Included(Arc<Inclusion>),
}

/// Something that waiters may want to know beyond the newest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowerEvent {
    /// Blocks were skipped between two polls; they have been read since.
    CaughtUp {
        /// How many.
        blocks: u64,
    },
    /// Blocks left the chain; what they included is pending again.
    Reorg {
        /// How many.
        depth: u64,
        /// Transactions of ours among them.
        withdrawn: u64,
    },
}

/// What the follower has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FollowerStats {
    /// Blocks read.
    pub blocks: u64,
    /// Blocks read late, because polls skipped them.
    pub caught_up: u64,
    /// Reorganisations.
    pub reorgs: u64,
    /// Blocks the deepest of them removed.
    pub reorg_depth_max: u64,
    /// Polls that failed.
    pub poll_errors: u64,
    /// Blocks that a node announced by itself.
    pub told: u64,
    /// Times such announcements ceased.
    pub feed_drops: u64,
    /// Transactions of ours that are in no block, or not final.
    pub tracked: u64,
    /// Transactions nobody waited for any more and that never came.
    pub forgotten: u64,
    /// Time between blocks, from their timestamps; `None` before the second block.
    pub block_time: Option<Duration>,
}

/// What the transactions of one tag cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeTotal {
    /// Transactions in a block, reverted ones too.
    pub included: u64,
    /// Those of them that reverted.
    pub reverted: u64,
    /// Gas they used.
    pub gas_used: u64,
    /// What their senders paid for gas.
    pub fee: Wei,
}

/// What all transactions of ours cost, by tag. Each is counted once, whatever replaced it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeTotals([FeeTotal; 4]);

impl FeeTotals {
    /// What one tag cost.
    #[must_use]
    pub const fn of(&self, tag: FeeTag) -> FeeTotal {
        self.0[tag as usize]
    }

    /// What everything cost.
    #[must_use]
    pub fn fee(&self) -> Wei {
        self.0.iter().map(|total| total.fee).sum()
    }

    pub(super) fn add(&mut self, tag: FeeTag, inclusion: &Inclusion) {
        let total = &mut self.0[tag as usize];
        total.included += 1;
        total.reverted += u64::from(!inclusion.success);
        total.gas_used += inclusion.gas_used.0;
        total.fee += inclusion.fee;
    }

    pub(super) fn withdraw(&mut self, tag: FeeTag, inclusion: &Inclusion) {
        let total = &mut self.0[tag as usize];
        total.included -= 1;
        total.reverted -= u64::from(!inclusion.success);
        total.gas_used -= inclusion.gas_used.0;
        total.fee = total.fee.saturating_sub(inclusion.fee);
    }
}
