//! The mempool: transactions that wait for a block.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use alloy_primitives::map::{AddressMap, B256Map};
use alloy_primitives::{Address, B256, U256};

use super::config::PoolLimits;
use super::incoming::Incoming;
use super::pool_error::PoolError;
use super::pool_sender::{Pooled, SenderQueue};

/// Transactions that wait for a block, by sender and nonce.
#[derive(Debug)]
pub(crate) struct Pool {
    limits: PoolLimits,
    senders: AddressMap<SenderQueue>,
    by_hash: B256Map<(Address, u64)>,
    arrivals: u64,
}

/// What the chain knows of a sender when its transaction comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SenderView {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Self { limits, senders: AddressMap::default(), by_hash: B256Map::default(), arrivals: 0 }
    }

    /// Takes `incoming` in, or says why not.
    pub(crate) fn insert(
        &mut self,
        incoming: Incoming,
        view: SenderView,
    ) -> Result<B256, PoolError> {
        let (hash, sender, nonce) = (incoming.hash(), incoming.sender, incoming.nonce());
        if self.by_hash.contains_key(&hash) {
            return Err(PoolError::AlreadyKnown);
        }
        if incoming.tip_cap() < self.limits.tip_min {
            let (tip, needed) = (incoming.tip_cap(), self.limits.tip_min);
            return Err(PoolError::Underpriced { tip, needed });
        }
        if nonce < view.nonce {
            return Err(PoolError::NonceTooLow { next: view.nonce, nonce });
        }
        self.settle(sender, view.nonce);
        let no_queue = SenderQueue::default();
        let queue = self.senders.get(&sender).unwrap_or(&no_queue);
        queue.check_funds(&incoming, view.balance)?;
        if queue.get(nonce).is_some() {
            queue.check_replacement(&incoming)?;
        } else {
            let is_executable = nonce == queue.next_free_nonce().max(view.nonce);
            self.check_sender_room(queue, is_executable)?;
            self.make_room(is_executable)?;
        }
        let arrival = self.arrivals;
        self.arrivals += 1;
        let queue = self.senders.entry(sender).or_default();
        if queue.is_empty() {
            queue.settle(view.nonce);
        }
        if let Some(old) = queue.insert(Pooled { incoming: Arc::new(incoming), arrival }) {
            self.by_hash.remove(&old.incoming.hash());
        }
        self.by_hash.insert(hash, (sender, nonce));
        Ok(hash)
    }

    fn check_sender_room(&self, queue: &SenderQueue, is_executable: bool) -> Result<(), PoolError> {
        let has_room = if is_executable {
            queue.executable() < self.limits.executable_per_sender_max
        } else {
            queue.queued() < self.limits.queued_per_sender_max
        };
        if has_room { Ok(()) } else { Err(PoolError::AccountLimit) }
    }

    /// Lets what could be mined push out the newest of what could not, so that transactions whose
    /// predecessor never comes cannot block the pool.
    fn make_room(&mut self, is_executable: bool) -> Result<(), PoolError> {
        if self.by_hash.len() < self.limits.total_max {
            return Ok(());
        }
        let queued = self.senders.iter().filter_map(|(&sender, queue)| {
            queue.last_queued().map(|last| (last.arrival, sender, last.incoming.nonce()))
        });
        match queued.max().filter(|_| is_executable) {
            Some((_, sender, nonce)) => {
                self.remove(sender, nonce);
                Ok(())
            }
            None => Err(PoolError::Full),
        }
    }

    /// Learns a sender's next nonce and drops what can never be mined any more.
    pub(crate) fn settle(&mut self, sender: Address, next: u64) {
        let Some(queue) = self.senders.get_mut(&sender) else { return };
        for stale in queue.settle(next) {
            self.by_hash.remove(&stale.incoming.hash());
        }
        if queue.is_empty() {
            self.senders.remove(&sender);
        }
    }

    /// Drops one transaction.
    pub(crate) fn remove(&mut self, sender: Address, nonce: u64) {
        let Some(queue) = self.senders.get_mut(&sender) else { return };
        if let Some(removed) = queue.remove(nonce) {
            self.by_hash.remove(&removed.incoming.hash());
        }
        if queue.is_empty() {
            self.senders.remove(&sender);
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.senders.clear();
        self.by_hash.clear();
    }

    pub(crate) fn get(&self, hash: B256) -> Option<&Incoming> {
        let (sender, nonce) = self.by_hash.get(&hash)?;
        self.waiting(*sender, *nonce).map(|pooled| &*pooled.incoming)
    }

    /// The nonce `sender` should use next, if it has transactions waiting.
    pub(crate) fn next_free_nonce(&self, sender: Address) -> Option<u64> {
        self.senders.get(&sender).map(SenderQueue::next_free_nonce)
    }

    /// How many transactions could be mined, and how many wait behind a missing nonce.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let executable = self.senders.values().map(SenderQueue::executable).sum();
        (executable, self.by_hash.len().saturating_sub(executable))
    }

    /// Number of transactions waiting.
    pub(crate) fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// The transactions worth mining at `base_fee`, the best first. See [`Selection`].
    pub(crate) fn selection(&self, base_fee: u64) -> Selection {
        let firsts = self.senders.values().filter_map(SenderQueue::first_executable);
        let best = firsts.filter_map(|pooled| Candidate::new(pooled, base_fee)).collect();
        Selection { best, base_fee }
    }

    fn waiting(&self, sender: Address, nonce: u64) -> Option<&Pooled> {
        self.senders.get(&sender)?.get(nonce)
    }
}

/// The order in which a block takes transactions: by tip, then by arrival, nonces in order.
///
/// The pool must not change between [`Pool::selection`] and the last call.
#[derive(Debug)]
pub(crate) struct Selection {
    best: BinaryHeap<Candidate>,
    base_fee: u64,
}

impl Selection {
    /// The best transaction left. The sender's next one is offered after
    /// [`Selection::advance`]; without it the sender is left out of this block.
    pub(crate) fn next(&mut self) -> Option<Arc<Incoming>> {
        self.best.pop().map(|candidate| candidate.incoming)
    }

    /// Offers the transaction that follows `mined`.
    pub(crate) fn advance(&mut self, pool: &Pool, mined: &Incoming) {
        let following = pool.waiting(mined.sender, mined.nonce() + 1);
        self.best.extend(following.and_then(|pooled| Candidate::new(pooled, self.base_fee)));
    }
}

#[derive(Debug)]
struct Candidate {
    tip: u128,
    arrival: u64,
    incoming: Arc<Incoming>,
}

impl Candidate {
    fn new(pooled: &Pooled, base_fee: u64) -> Option<Self> {
        let tip = pooled.incoming.effective_tip(base_fee)?;
        Some(Self { tip, arrival: pooled.arrival, incoming: Arc::clone(&pooled.incoming) })
    }

    /// Arrivals are all different, so the order is total.
    fn rank(&self) -> (u128, Reverse<u64>) {
        (self.tip, Reverse(self.arrival))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}
