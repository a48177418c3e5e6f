//! Which accounts of a run hold money.

use alloy_primitives::Address;
use swell_chain::{AccountKey, ChainError, KeyTree, Role, Rpc};
use swell_core::units::Wei;

use crate::ledger::HighWater;
use crate::sweeper::Sweeper;

/// Which accounts may hold money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SweepRange {
    /// Those below the marks of the run's ledger.
    Below(HighWater),
    /// Those below these marks, which may be too low, and on until so many in a row beyond them have
    /// neither money nor a transaction.
    Beyond(HighWater, u64),
    /// Nobody knows: search until so many in a row have neither money nor a transaction.
    UntilUntouched(u64),
}

impl SweepRange {
    /// A run never hands out an index more than this above one that was never funded.
    pub const GAP: u64 = 10_000;

    /// Accounts of `role` to look at, when that is known.
    pub(super) fn end(self, role: Role) -> Option<u64> {
        let end = match (self, role) {
            (Self::Below(marks), Role::Wallet) => marks.wallets,
            (Self::Below(marks), Role::Lane) => marks.lanes,
            (Self::Beyond(..) | Self::UntilUntouched(_), _) => return None,
        };
        Some(end.min(u64::from(KeyTree::INDEX_END)))
    }

    /// Untouched accounts in a row after which nothing more is expected, and the index up to which
    /// they do not count.
    fn gap(self, role: Role) -> Option<(u64, u64)> {
        match (self, role) {
            (Self::Below(_), _) => None,
            (Self::Beyond(marks, gap), Role::Wallet) => Some((gap, marks.wallets)),
            (Self::Beyond(marks, gap), Role::Lane) => Some((gap, marks.lanes)),
            (Self::UntilUntouched(gap), _) => Some((gap, 0)),
        }
    }
}

/// An account, and what it holds.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) role: Role,
    pub(crate) index: u64,
    pub(crate) key: AccountKey,
    pub(crate) balance: Wei,
}

/// Walks the accounts of one role in batches: memory does not grow with their number.
pub(crate) struct Search<'a> {
    sweeper: &'a Sweeper,
    keys: &'a KeyTree,
    role: Role,
    range: SweepRange,
    next: u64,
    /// Untouched accounts in a row, up to `next`.
    untouched: u64,
}

impl<'a> Search<'a> {
    /// Agents of a distributed run have path elements of their own; this version runs one.
    const AGENT: u32 = 0;
    /// Times a batch is asked for, beyond what the RPC client repeats by itself.
    const ATTEMPTS_MAX: u32 = 4;

    pub(crate) const fn new(
        sweeper: &'a Sweeper,
        keys: &'a KeyTree,
        role: Role,
        range: SweepRange,
    ) -> Self {
        Self { sweeper, keys, role, range, next: 0, untouched: 0 }
    }

    /// Accounts looked at: indices below this.
    pub(super) const fn looked_at(&self) -> u64 {
        self.next
    }

    /// The accounts of the next batch that hold anything; `None` at the end.
    pub(crate) async fn next_batch(&mut self) -> Result<Option<Vec<Account>>, ChainError> {
        let left = match self.range.gap(self.role) {
            None => self.range.end(self.role).unwrap_or(0) - self.next,
            Some((gap, from)) => {
                let beyond = gap.saturating_sub(self.untouched);
                let below = from.saturating_sub(self.next);
                beyond.max(below).min(u64::from(KeyTree::INDEX_END) - self.next)
            }
        };
        let size = left.min(Rpc::BATCH_MAX as u64);
        if size == 0 {
            return Ok(None);
        }
        let indices = self.next..self.next + size;
        let keys: Vec<AccountKey> = indices.map(|index| self.key(index)).collect();
        let (nonces, balances) = self.read_patiently(&keys).await?;
        let counts_from = self.range.gap(self.role).map_or(0, |(_, from)| from);
        let first = self.next;
        self.next += size;
        let mut accounts = Vec::new();
        for (at, (key, balance)) in keys.into_iter().zip(balances).enumerate() {
            let is_touched = !balance.is_zero() || nonces.get(at).is_some_and(|nonce| *nonce > 0);
            let counts = first + at as u64 >= counts_from;
            self.untouched = if is_touched || !counts { 0 } else { self.untouched + 1 };
            if !balance.is_zero() {
                let (role, index) = (self.role, first + at as u64);
                accounts.push(Account { role, index, key, balance });
            }
        }
        Ok(Some(accounts))
    }

    fn key(&self, index: u64) -> AccountKey {
        // The ends above are below what has no key.
        let index = u32::try_from(index).unwrap_or(KeyTree::INDEX_END - 1);
        self.keys.key(Self::AGENT, self.role, index)
    }

    /// A sweep takes its time: a node that is away for a block must not end it.
    async fn read_patiently(
        &self,
        keys: &[AccountKey],
    ) -> Result<(Vec<u64>, Vec<Wei>), ChainError> {
        let addresses: Vec<Address> = keys.iter().map(AccountKey::address).collect();
        let mut attempt = 1;
        loop {
            match self.read(&addresses).await {
                Err(error) if attempt < Self::ATTEMPTS_MAX => {
                    tracing::warn!(%error, attempt, "balances could not be read; asking again");
                    attempt += 1;
                    self.sweeper.next_block().await;
                }
                read => return read,
            }
        }
    }

    /// An account that was emptied has a nonce and no balance. Where the end is known, nonces
    /// need not be.
    async fn read(&self, addresses: &[Address]) -> Result<(Vec<u64>, Vec<Wei>), ChainError> {
        let rpc = self.sweeper.chain.rpc();
        let nonces = match self.range {
            SweepRange::Below(_) => Vec::new(),
            SweepRange::Beyond(..) | SweepRange::UntilUntouched(_) => rpc.nonces(addresses).await?,
        };
        Ok((nonces, rpc.balances(addresses).await?))
    }
}
