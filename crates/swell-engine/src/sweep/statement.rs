//! What a sweep found, and what became of it.

use std::collections::BTreeMap;

use alloy_primitives::I256;
use swell_chain::Role;
use swell_core::units::Wei;

use crate::books::signed;

/// Accounts, and what they hold together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How many.
    pub accounts: u64,
    /// Wei in all of them.
    pub amount: Wei,
}

impl Held {
    pub(super) fn add(&mut self, amount: Wei) {
        self.accounts += 1;
        self.amount += amount;
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self { accounts: self.accounts + other.accounts, amount: self.amount + other.amount }
    }

    /// What is here and not in `other`.
    pub(super) fn beyond(self, other: Self) -> Self {
        Self {
            accounts: self.accounts.saturating_sub(other.accounts),
            amount: self.amount.saturating_sub(other.amount),
        }
    }
}

/// How far a sweep is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepProgress {
    /// Which time the accounts are searched, from 1.
    pub round: u32,
    /// The accounts that are searched now.
    pub role: Role,
    /// Accounts of that role looked at in this round.
    pub looked_at: u64,
    /// Accounts of that role to look at; `None` when nobody knows where they end.
    pub of: Option<u64>,
    /// Accounts of the round that hold more than their transfer costs.
    pub found: Held,
    /// What reached the relayer so far, in all rounds.
    pub swept: Held,
}

/// What a sweep found, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepStatement {
    /// Wallets looked at: indices below this.
    pub wallets: u64,
    /// Lanes looked at: indices below this.
    pub lanes: u64,
    /// Accounts that held anything.
    pub found: Held,
    /// What reached the relayer.
    pub swept: Held,
    /// What the transfers cost.
    pub fees: Wei,
    /// What stays, because it is worth no more than its own transfer.
    pub dust: Held,
    /// What stays although it is worth more: it could not be sent.
    pub stuck: Held,
    /// The relayer's balance before.
    pub start: Wei,
    /// The relayer's balance after.
    pub end: Wei,
}

impl SweepStatement {
    /// Whether nothing is left that is worth its own transfer.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.stuck.accounts == 0
    }

    /// What the relayer has more than it had, without what was swept: 0 when the books close.
    #[must_use]
    pub fn unexplained(&self) -> I256 {
        signed(self.end) - signed(self.start) - signed(self.swept.amount)
    }

    /// What the accounts held when they were found, without what was swept, paid and left.
    ///
    /// Not 0 when transactions of the run itself were included while the sweep went on: they
    /// moved or spent money that was counted where it had been.
    #[must_use]
    pub fn moved(&self) -> I256 {
        let known = self.swept.amount + self.fees + self.dust.amount + self.stuck.amount;
        signed(self.found.amount) - signed(known)
    }
}

/// What a run holds, and what a sweep would return of it at the fees of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepSurvey {
    /// Wallets looked at: indices below this.
    pub wallets: u64,
    /// Lanes looked at: indices below this.
    pub lanes: u64,
    /// Accounts that hold more than their own transfer costs.
    pub worth: Held,
    /// What their transfers would cost.
    pub fees: Wei,
    /// Accounts that hold no more than that.
    pub dust: Held,
}

impl SweepSurvey {
    /// What would reach the relayer.
    #[must_use]
    pub fn returns(&self) -> Wei {
        self.worth.amount.saturating_sub(self.fees)
    }
}

/// What a run that goes on takes over from the part that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvage {
    /// What was swept.
    pub statement: SweepStatement,
    /// Funded and unused wallets, by index, with what each holds.
    pub wallets: BTreeMap<u64, Wei>,
}
