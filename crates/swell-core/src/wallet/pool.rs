//! The wallets that exist right now: being funded, ready, in use, on their way home.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{IllegalTransition, WalletEvent, WalletState};
use crate::snapshot::PoolCounts;
use crate::time::RunOffset;
use crate::units::Wei;

/// Position of a wallet under the run's key tree.
pub type WalletIndex = u64;

/// Every wallet whose story has not ended. Memory is O(in flight + pool): ended ones are forgotten.
#[derive(Debug, Default)]
pub struct Pool {
    wallets: BTreeMap<WalletIndex, WalletState>,
    /// Ready wallets, oldest first, so that none waits for ever.
    ready: VecDeque<WalletIndex>,
    leases: BTreeMap<u64, WalletIndex>,
    /// Handed out, and certainly never paid: used again before a new index is.
    unused: BTreeSet<WalletIndex>,
    next_index: WalletIndex,
    counts: PoolCounts,
}

impl Pool {
    /// No index is handed out so far above one that may never have been paid: a search for what a
    /// run left, without its ledger, goes on until as many in a row are untouched.
    pub const UNFUNDED_GAP: u64 = 10_000;

    /// A pool whose first wallet gets index `first`.
    #[must_use]
    pub fn starting_at(first: WalletIndex) -> Self {
        Self { next_index: first, ..Self::default() }
    }

    /// Wallets by state.
    #[must_use]
    pub const fn counts(&self) -> PoolCounts {
        self.counts
    }

    /// Whether every wallet has been forgotten.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wallets.is_empty()
    }

    /// Wallets whose story has not ended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wallets.len()
    }

    /// Index after the highest ever handed out.
    #[must_use]
    pub const fn next_index(&self) -> WalletIndex {
        self.next_index
    }

    /// Lowest index whose story has not ended, or the next one.
    #[must_use]
    pub fn lowest_open(&self) -> WalletIndex {
        self.wallets.keys().next().copied().unwrap_or(self.next_index)
    }

    /// Chooses a wallet and marks it as being funded: the lowest that was never paid, or a new one.
    ///
    /// `None` while a new one would be [`Self::UNFUNDED_GAP`] above one that may never have been
    /// paid.
    pub fn begin_funding(&mut self, now: RunOffset) -> Option<WalletIndex> {
        let index = match self.unused.pop_first() {
            Some(index) => index,
            None if self.next_index >= self.lowest_unfunded() + Self::UNFUNDED_GAP => return None,
            None => {
                self.next_index += 1;
                self.next_index - 1
            }
        };
        self.insert(index, WalletState::Funding { since: now });
        Some(index)
    }

    /// Lowest index that may never have been paid, or the next one.
    fn lowest_unfunded(&self) -> WalletIndex {
        // Wallets far below are seldom open, and nearly always paid: the search is short.
        if self.next_index < self.lowest_open() + Self::UNFUNDED_GAP {
            return self.lowest_open();
        }
        let unfunded = self.wallets.iter().find(|(_, state)| state.may_be_unfunded());
        unfunded.map_or(self.next_index, |(index, _)| *index)
    }

    /// Takes in a wallet that was funded before this pool began, and not used. Its index must lie
    /// below the first of this pool's own.
    pub fn adopt(&mut self, index: WalletIndex, balance: Wei) {
        debug_assert!(index < self.next_index, "an adopted wallet could be handed out again");
        self.insert(index, WalletState::Ready { balance });
        self.ready.push_back(index);
    }

    /// Takes note that `index` is funded.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it was not being funded.
    pub fn funded(&mut self, index: WalletIndex, balance: Wei) -> Result<(), IllegalTransition> {
        self.apply(index, WalletEvent::Funded { balance })?;
        self.ready.push_back(index);
        Ok(())
    }

    /// Takes back a wallet that was certainly never paid.
    pub fn give_back(&mut self, index: WalletIndex) {
        self.forget(index);
        self.unused.insert(index);
    }

    /// Forgets a wallet that is known to be empty: it has been swept.
    pub fn forget(&mut self, index: WalletIndex) {
        if let Some(state) = self.wallets.remove(&index) {
            *self.count_of(state) -= 1;
        }
    }

    /// Leases the oldest ready wallet to user `seq`.
    pub fn lease(&mut self, seq: u64) -> Option<(WalletIndex, Wei)> {
        let index = self.ready.pop_front()?;
        let state = self.apply(index, WalletEvent::Leased { seq }).ok()?;
        self.leases.insert(seq, index);
        match state {
            WalletState::Leased { balance, .. } => Some((index, balance)),
            _ => None,
        }
    }

    /// Leases a new wallet that holds nothing, and never will, to user `seq`.
    pub fn lend(&mut self, seq: u64) -> WalletIndex {
        let index = self.next_index;
        self.next_index += 1;
        self.insert(index, WalletState::Leased { seq, balance: Wei::ZERO });
        self.leases.insert(seq, index);
        index
    }

    /// Ends the lease of user `seq`, if it had one, and returns the wallet.
    ///
    /// `in_doubt`: the chain may hold a transaction of that user's.
    pub fn end_lease(&mut self, seq: u64, in_doubt: bool) -> Option<WalletIndex> {
        let index = self.leases.remove(&seq)?;
        let event = if in_doubt { WalletEvent::OutcomeUnknown } else { WalletEvent::Ended };
        self.apply(index, event).ok()?;
        Some(index)
    }

    /// Quarantines a wallet of which it is not known whether it was paid.
    ///
    /// # Errors
    /// [`IllegalTransition`] if it was not being funded.
    pub fn funding_unknown(&mut self, index: WalletIndex) -> Result<(), IllegalTransition> {
        self.apply(index, WalletEvent::FundingUnknown).map(drop)
    }

    /// Starts the sweep of everything that is ready, oldest first.
    pub fn sweep_rest(&mut self) -> Vec<WalletIndex> {
        let rest: Vec<WalletIndex> = self.ready.drain(..).collect();
        for index in &rest {
            let swept = self.apply(*index, WalletEvent::SweepStarted);
            debug_assert!(swept.is_ok(), "ready wallets can be swept");
        }
        rest
    }

    fn apply(
        &mut self,
        index: WalletIndex,
        event: WalletEvent,
    ) -> Result<WalletState, IllegalTransition> {
        // A forgotten wallet has no state; `Sweeping` is the last one it had.
        let before = self.wallets.get(&index).copied().unwrap_or(WalletState::Sweeping);
        let after = before.on(event)?;
        *self.count_of(before) -= 1;
        self.insert(index, after);
        Ok(after)
    }

    fn insert(&mut self, index: WalletIndex, state: WalletState) {
        *self.count_of(state) += 1;
        self.wallets.insert(index, state);
    }

    const fn count_of(&mut self, state: WalletState) -> &mut u64 {
        match state {
            WalletState::Funding { .. } => &mut self.counts.funding,
            WalletState::Ready { .. } => &mut self.counts.ready,
            WalletState::Leased { .. } => &mut self.counts.leased,
            WalletState::Quarantined { .. } => &mut self.counts.quarantined,
            WalletState::Sweeping => &mut self.counts.sweeping,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_oldest_ready_wallet_is_leased_first() {
        let mut pool = Pool::default();
        let [first, second] = [0; 2].map(|_| pool.begin_funding(RunOffset::ZERO).unwrap());
        pool.funded(second, Wei::new(2)).unwrap();
        pool.funded(first, Wei::new(1)).unwrap();
        assert_eq!(pool.lease(7), Some((second, Wei::new(2))));
        assert_eq!(pool.lease(8), Some((first, Wei::new(1))));
        assert_eq!(pool.lease(9), None);
    }

    #[test]
    fn a_wallet_in_doubt_is_quarantined_until_it_is_forgotten() {
        let mut pool = Pool::default();
        let index = pool.begin_funding(RunOffset::ZERO).unwrap();
        pool.funded(index, Wei::new(1)).unwrap();
        pool.lease(0);
        assert_eq!(pool.end_lease(0, true), Some(index));
        assert_eq!(pool.counts().quarantined, 1);
        assert_eq!(pool.sweep_rest(), [0; 0]);
        pool.forget(index);
        assert!(pool.is_empty());
    }

    #[test]
    fn an_index_that_was_never_paid_is_used_again() {
        let mut pool = Pool::default();
        let [first, second] = [0; 2].map(|_| pool.begin_funding(RunOffset::ZERO).unwrap());
        pool.give_back(first);
        assert_eq!(pool.begin_funding(RunOffset::ZERO), Some(first));
        assert_eq!(pool.begin_funding(RunOffset::ZERO), Some(second + 1));
    }

    #[test]
    fn no_index_is_handed_out_far_above_one_that_may_be_unfunded() {
        let mut pool = Pool::default();
        let paid = pool.begin_funding(RunOffset::ZERO).unwrap();
        let doubtful = pool.begin_funding(RunOffset::ZERO).unwrap();
        pool.funded(paid, Wei::new(1)).unwrap();
        pool.lease(0);
        pool.funding_unknown(doubtful).unwrap();
        let mut last = doubtful;
        while let Some(index) = pool.begin_funding(RunOffset::ZERO) {
            last = index;
            pool.funded(index, Wei::new(1)).unwrap();
            pool.sweep_rest();
            pool.forget(index);
        }
        assert_eq!(last, doubtful + Pool::UNFUNDED_GAP - 1);
        pool.forget(doubtful);
        assert_eq!(pool.begin_funding(RunOffset::ZERO), Some(last + 1));
    }

    #[test]
    fn a_wallet_without_money_is_lent_at_once_and_forgotten() {
        let mut pool = Pool::starting_at(3);
        assert_eq!([pool.lend(0), pool.lend(1)], [3, 4]);
        assert_eq!(pool.counts().leased, 2);
        assert_eq!(pool.end_lease(0, false), Some(3));
        pool.forget(3);
        assert_eq!((pool.len(), pool.next_index()), (1, 5));
    }

    #[test]
    fn an_adopted_wallet_is_used_once_like_any_other() {
        let mut pool = Pool::starting_at(1_000);
        pool.adopt(7, Wei::new(3));
        assert_eq!(pool.counts().ready, 1);
        assert_eq!(pool.begin_funding(RunOffset::ZERO), Some(1_000));
        assert_eq!(pool.lease(1), Some((7, Wei::new(3))));
        assert_eq!(pool.end_lease(1, false), Some(7));
        pool.forget(7);
        assert_eq!(pool.counts().ready + pool.counts().sweeping, 0);
    }

    proptest! {
        #[test]
        fn counts_agree_with_the_wallets(ops in proptest::collection::vec(0u8..6, 0..200)) {
            let mut pool = Pool::default();
            let mut seq = 0;
            for op in ops {
                match op {
                    0 => { pool.begin_funding(RunOffset::ZERO); }
                    1 => { let _ = pool.funded(pool.lowest_open(), Wei::new(1)); }
                    2 => { if pool.lease(seq).is_some() { seq += 1; } }
                    3 => { pool.end_lease(seq.saturating_sub(1), false); }
                    4 => { let _ = pool.funding_unknown(pool.lowest_open()); }
                    _ => { pool.sweep_rest(); }
                }
                let counts = pool.counts();
                let sum = counts.funding + counts.ready + counts.leased + counts.sweeping
                    + counts.quarantined;
                prop_assert_eq!(sum, pool.len() as u64);
            }
        }
    }
}
