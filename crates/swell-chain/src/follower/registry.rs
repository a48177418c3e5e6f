//! Which transactions are ours, and what became of them. Pure: no clock, no network.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use alloy_primitives::{Address, B256};
use swell_core::report::InclusionRow;
use swell_core::stats::InclusionLatency;
use swell_core::time::RunOffset;
use tokio::sync::watch;

use super::types::{FeeTag, FeeTotals, Inclusion, TxRegistration, TxState};

/// A transaction and its replacements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TxKey {
    /// Ours: one nonce of one account.
    Ours(Address, u64),
    /// Somebody else's, of which only the hash is known: its fee is not in our books.
    Foreign(B256),
}

/// Memory is one entry a transaction in flight, or not final, or given up on recently.
#[derive(Debug, Default)]
pub(super) struct Registry {
    entries: BTreeMap<TxKey, Entry>,
    /// Looked up, never walked: its order does not show.
    by_hash: HashMap<B256, TxKey>,
    /// May be in a block that was read before they were registered.
    late: BTreeSet<TxKey>,
    /// Nobody waits for them any more; forgotten at the height that comes first.
    abandoned: VecDeque<(u64, TxKey)>,
    totals: FeeTotals,
    /// By tag, in the order of [`FeeTag::ALL`].
    latencies: [InclusionLatency; 4],
    forgotten: u64,
}

#[derive(Debug)]
struct Entry {
    /// `None` for somebody else's.
    tag: Option<FeeTag>,
    hashes: Vec<B256>,
    state: watch::Sender<TxState>,
    watchers: u32,
    sent: Sent,
}

/// Where the measuring of a transaction's way into a block stands.
#[derive(Clone, Copy, Debug, Default)]
enum Sent {
    #[default]
    NotYet,
    /// When its first version was sent, and the newest block then.
    At(RunOffset, u64),
    /// It was included once. What a reorganisation does to it is no part of the figure.
    Measured,
}

impl Registry {
    /// Blocks for which a transaction that nobody waits for is still looked for, so that its fee
    /// is not missing from the books.
    const ABANDONED_BLOCKS: u64 = 64;

    pub(super) fn register(&mut self, tx: &TxRegistration) -> watch::Receiver<TxState> {
        self.add(TxKey::Ours(tx.from, tx.nonce), tx.hash, Some(tx.tag))
    }

    /// Watches somebody else's transaction, which may be in a block already.
    pub(super) fn register_foreign(&mut self, hash: B256) -> watch::Receiver<TxState> {
        let key = TxKey::Foreign(hash);
        self.late.insert(key);
        self.add(key, hash, None)
    }

    fn add(&mut self, key: TxKey, hash: B256, tag: Option<FeeTag>) -> watch::Receiver<TxState> {
        let entry = self.entries.entry(key).or_insert_with(|| Entry {
            tag,
            hashes: Vec::new(),
            state: watch::Sender::default(),
            watchers: 0,
            sent: Sent::NotYet,
        });
        entry.watchers += 1;
        if !entry.hashes.contains(&hash) {
            entry.hashes.push(hash);
        }
        let state = entry.state.subscribe();
        // One of ours stays ours, whoever else tells of it.
        let is_ours = matches!(self.by_hash.get(&hash), Some(TxKey::Ours(..)));
        if tag.is_some() || !is_ours {
            self.by_hash.insert(hash, key);
        }
        state
    }

    pub(super) fn add_replacement(&mut self, key: TxKey, hash: B256) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if !entry.hashes.contains(&hash) {
            entry.hashes.push(hash);
        }
        self.by_hash.insert(hash, key);
    }

    /// Notes that a version of it is being sent. Only the first time counts.
    pub(super) fn note_sent(&mut self, key: TxKey, now: RunOffset, height: u64) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if matches!(entry.sent, Sent::NotYet) {
            entry.sent = Sent::At(now, height);
        }
    }

    /// One watcher less. Without any, a pending transaction is looked for a while longer.
    pub(super) fn release(&mut self, key: TxKey, height: u64) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.watchers = entry.watchers.saturating_sub(1);
        if entry.watchers > 0 || *entry.state.borrow() != TxState::Pending {
            return;
        }
        if entry.tag.is_some() {
            self.abandoned.push_back((height + Self::ABANDONED_BLOCKS, key));
        } else {
            // Nobody keeps books of it.
            self.remove(key);
        }
    }

    /// One watcher less, of a transaction that is known not to have been taken.
    pub(super) fn cancel(&mut self, key: TxKey) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        entry.watchers = entry.watchers.saturating_sub(1);
        if entry.watchers == 0 && *entry.state.borrow() == TxState::Pending {
            self.remove(key);
        }
    }

    pub(super) fn is_ours(&self, tx: &B256) -> bool {
        self.by_hash.contains_key(tx)
    }

    pub(super) fn request_lookup(&mut self, key: TxKey) {
        self.late.insert(key);
    }

    /// The transactions to look up and their hashes, until there are `count_max`; each is given
    /// out once.
    pub(super) fn take_late(&mut self, count_max: usize) -> (Vec<TxKey>, Vec<B256>) {
        let (mut keys, mut hashes) = (Vec::new(), Vec::new());
        while hashes.len() < count_max {
            let Some(key) = self.late.pop_first() else { break };
            let pending = self.entries.get(&key).filter(|e| *e.state.borrow() == TxState::Pending);
            if let Some(entry) = pending {
                keys.push(key);
                hashes.extend(&entry.hashes);
            }
        }
        (keys, hashes)
    }

    /// Notes that a block read at `now` includes a transaction. `None` when it is not ours or known
    /// already.
    pub(super) fn include(&mut self, inclusion: Inclusion, now: RunOffset) -> Option<TxKey> {
        let key = *self.by_hash.get(&inclusion.tx)?;
        let entry = self.entries.get_mut(&key)?;
        if *entry.state.borrow() != TxState::Pending {
            return None;
        }
        if let Some(tag) = entry.tag {
            self.totals.add(tag, &inclusion);
            if let Sent::At(at, height) = std::mem::replace(&mut entry.sent, Sent::Measured) {
                let blocks = inclusion.block.saturating_sub(height);
                self.latencies[tag as usize].record(now.saturating_since(at), blocks);
            }
        }
        entry.state.send_replace(TxState::Included(Arc::new(inclusion)));
        Some(key)
    }

    /// Notes that the block with this transaction left the chain.
    pub(super) fn withdraw(&mut self, key: TxKey, height: u64) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let TxState::Included(inclusion) = entry.state.send_replace(TxState::Pending) else {
            return;
        };
        if let Some(tag) = entry.tag {
            self.totals.withdraw(tag, &inclusion);
        }
        if entry.watchers == 0 {
            self.abandoned.push_back((height + Self::ABANDONED_BLOCKS, key));
        }
    }

    /// Forgets a transaction whose block is final. Its watchers keep what they know.
    pub(super) fn settle(&mut self, key: TxKey) {
        self.remove(key);
    }

    /// Forgets what nobody waits for and what did not come by `height`.
    pub(super) fn expire(&mut self, height: u64) {
        while self.abandoned.front().is_some_and(|(end, _)| *end <= height) {
            let Some((_, key)) = self.abandoned.pop_front() else { break };
            let Some(entry) = self.entries.get(&key) else { continue };
            if entry.watchers == 0 && *entry.state.borrow() == TxState::Pending {
                self.remove(key);
                self.forgotten += 1;
            }
        }
    }

    pub(super) const fn totals(&self) -> FeeTotals {
        self.totals
    }

    /// How long transactions took into a block, by tag.
    pub(super) fn inclusion_rows(&self) -> Vec<InclusionRow> {
        let tags = FeeTag::ALL.into_iter().zip(&self.latencies);
        tags.filter_map(|(tag, latency)| latency.row(tag.label())).collect()
    }

    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn remove(&mut self, key: TxKey) {
        let Some(entry) = self.entries.remove(&key) else { return };
        for hash in entry.hashes {
            if self.by_hash.get(&hash) == Some(&key) {
                self.by_hash.remove(&hash);
            }
        }
        self.late.remove(&key);
    }
}
