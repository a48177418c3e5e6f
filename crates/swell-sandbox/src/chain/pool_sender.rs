//! The waiting transactions of one sender.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_consensus::Transaction;
use alloy_primitives::U256;

use super::incoming::Incoming;
use super::pool_error::PoolError;

/// A waiting transaction.
#[derive(Clone, Debug)]
pub(crate) struct Pooled {
    pub(crate) incoming: Arc<Incoming>,
    /// Position in the order of arrival; settles ties of tips.
    pub(crate) arrival: u64,
}

/// The waiting transactions of one sender, by nonce.
#[derive(Debug, Default)]
pub(crate) struct SenderQueue {
    txs: BTreeMap<u64, Pooled>,
    /// The sender's next nonce on the chain.
    next: u64,
    /// The first nonce from `next` on that is missing here.
    executable_end: u64,
    /// The most that all of them can cost together, in wei.
    cost_max: U256,
}

impl SenderQueue {
    /// Transactions that could be mined in nonce order.
    pub(crate) fn executable(&self) -> usize {
        usize::try_from(self.executable_end.saturating_sub(self.next)).unwrap_or(usize::MAX)
    }

    /// Transactions that wait behind a missing nonce.
    pub(crate) fn queued(&self) -> usize {
        self.txs.len().saturating_sub(self.executable())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.txs.is_empty()
    }

    /// The nonce the sender should use next.
    pub(crate) fn next_free_nonce(&self) -> u64 {
        self.executable_end
    }

    pub(crate) fn get(&self, nonce: u64) -> Option<&Pooled> {
        self.txs.get(&nonce)
    }

    /// The transaction that could be mined now.
    pub(crate) fn first_executable(&self) -> Option<&Pooled> {
        self.txs.get(&self.next)
    }

    /// The last of the transactions that wait behind a missing nonce.
    pub(crate) fn last_queued(&self) -> Option<&Pooled> {
        let (nonce, last) = self.txs.last_key_value()?;
        (*nonce >= self.executable_end).then_some(last)
    }

    /// Whether `incoming` may replace what waits with its nonce.
    ///
    /// # Errors
    /// As geth decides: the same transaction again, or not 10 % more on both fees.
    pub(crate) fn check_replacement(&self, incoming: &Incoming) -> Result<(), PoolError> {
        let Some(old) = self.txs.get(&incoming.nonce()) else { return Ok(()) };
        if old.incoming.hash() == incoming.hash() {
            return Err(PoolError::AlreadyKnown);
        }
        let raises = |old: u128, new: u128| {
            new > old && U256::from(new) * U256::from(100) >= U256::from(old) * U256::from(110)
        };
        let raises_cap = raises(old.incoming.tx.max_fee_per_gas(), incoming.tx.max_fee_per_gas());
        let raises_tip = raises(old.incoming.tip_cap(), incoming.tip_cap());
        if raises_cap && raises_tip { Ok(()) } else { Err(PoolError::ReplacementUnderpriced) }
    }

    /// Whether the sender's `balance` covers the worst case of all that could be mined with it.
    ///
    /// As geth decides: what waits behind a missing nonce does not count, or a sender could not
    /// fill its own gap with what it has.
    pub(crate) fn check_funds(&self, incoming: &Incoming, balance: U256) -> Result<(), PoolError> {
        let counts = |nonce: u64| nonce < self.executable_end;
        let replaced = self.txs.get(&incoming.nonce()).filter(|_| counts(incoming.nonce()));
        let freed = replaced.map_or(U256::ZERO, |old| old.incoming.cost_max());
        let queued = self.executable_cost_max().saturating_sub(freed);
        let cost = incoming.cost_max();
        if queued.saturating_add(cost) <= balance {
            return Ok(());
        }
        Err(PoolError::InsufficientFunds { balance, queued, cost })
    }

    /// Puts `pooled` in its place and returns what was there.
    pub(crate) fn insert(&mut self, pooled: Pooled) -> Option<Pooled> {
        self.cost_max = self.cost_max.saturating_add(pooled.incoming.cost_max());
        let old = self.txs.insert(pooled.incoming.nonce(), pooled);
        if let Some(old) = &old {
            self.cost_max = self.cost_max.saturating_sub(old.incoming.cost_max());
        }
        self.extend_executable();
        old
    }

    /// Takes out the transaction with `nonce`.
    pub(crate) fn remove(&mut self, nonce: u64) -> Option<Pooled> {
        let removed = self.txs.remove(&nonce)?;
        self.cost_max = self.cost_max.saturating_sub(removed.incoming.cost_max());
        if nonce >= self.next {
            self.executable_end = self.executable_end.min(nonce);
        }
        Some(removed)
    }

    /// Learns the sender's next nonce on the chain; returns what can never be mined any more.
    pub(crate) fn settle(&mut self, next: u64) -> Vec<Pooled> {
        if self.next == next && !self.txs.is_empty() {
            return Vec::new();
        }
        self.next = next;
        self.executable_end = next;
        let mut stale = Vec::new();
        while let Some((&nonce, _)) = self.txs.first_key_value()
            && nonce < next
        {
            stale.extend(self.remove(nonce));
        }
        self.executable_end = next;
        self.extend_executable();
        stale
    }

    /// The most that all that could be mined can cost together, in wei.
    fn executable_cost_max(&self) -> U256 {
        let behind = self.txs.range(self.executable_end..).map(|(_, tx)| tx.incoming.cost_max());
        self.cost_max.saturating_sub(behind.fold(U256::ZERO, U256::saturating_add))
    }

    fn extend_executable(&mut self) {
        while self.txs.contains_key(&self.executable_end) {
            self.executable_end += 1;
        }
    }
}
