//! What a simulation leaves behind, to be judged.

use alloy_primitives::{Address, B256, U256, keccak256};
use swell_core::event::RunEvent;
use swell_core::report::Report;
use swell_engine::ledger::HighWater;
use swell_engine::sweep::SweepStatement;

use crate::accounts::Account;
use crate::audit;
use crate::storm::Storm;
use crate::witness::Accepted;

/// What a simulation leaves behind, to be judged.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What was to go wrong.
    pub storm: Storm,
    /// What the run says of itself; without facts of the host.
    pub report: Report,
    /// What it told while it went on.
    pub(crate) events: Vec<RunEvent>,
    /// What the accounts held when the run was over.
    pub(crate) at_end: Vec<Holding>,
    /// What the sweep says it did.
    pub statement: SweepStatement,
    /// What the accounts hold after it.
    pub(crate) holdings: Vec<Holding>,
    /// Every transaction in a block, by the chain's own books.
    pub(crate) mined: Vec<Mined>,
    /// Every transaction that the chain took.
    pub(crate) accepted: Vec<Accepted>,
    /// Accounts paid before the ledger knew of them.
    pub(crate) unreserved: Vec<Account>,
    /// The ledger's marks.
    pub(crate) marks: HighWater,
    /// Transactions in the mempool: executable, and behind a missing nonce.
    pub(crate) pooled: (usize, usize),
    /// Results that the personal server handed out.
    pub(crate) results_delivered: u64,
    /// Hash of the newest block.
    pub(crate) head: B256,
    /// The ledger, and the folder's other files.
    pub(crate) files: Vec<String>,
    /// Everything logged.
    pub log: String,
}

/// An account by the chain's own books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) account: Account,
    pub(crate) address: Address,
    pub(crate) balance: U256,
    pub(crate) nonce: u64,
    /// Behind what waits in the mempool.
    pub(crate) pending: u64,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mined {
    pub(crate) from: Address,
    /// Whom it pays: one account, or each of a batch.
    pub(crate) payees: Vec<Address>,
    pub(crate) value: U256,
    pub(crate) fee: U256,
    pub(crate) succeeded: bool,
}

impl Evidence {
    /// What does not hold; nothing, when all is well.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        audit::violations(self)
    }

    /// A fingerprint of everything that happened. Equal seeds give equal ones.
    #[must_use]
    pub fn digest(&self) -> B256 {
        let report = serde_json::to_string(&self.report).unwrap_or_default();
        let mut text = format!("{report}\n{}\n{:?}\n{}", self.head, self.statement, self.log);
        for event in &self.events {
            text.push_str(&serde_json::to_string(event).unwrap_or_default());
        }
        for accepted in &self.accepted {
            text.push_str(&accepted.hash.to_string());
        }
        keccak256(text)
    }
}
