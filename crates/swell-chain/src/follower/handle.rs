//! What the rest of Swell holds of the follower.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, B256};
use swell_core::report::InclusionRow;
use swell_core::time::RunOffset;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::heads::{HeadReceiver, Heads};
use super::registry::{Registry, TxKey};
use super::types::{FeeTotals, FollowerEvent, FollowerStats, Head, TxRegistration};
use super::watch::{TxWatch, WatchError};

/// What the rest of Swell holds of the block follower. Cheap to clone.
#[derive(Clone)]
pub struct FollowerHandle {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    registry: Mutex<Registry>,
    stats: Mutex<FollowerStats>,
    pub(super) heads: Arc<Heads>,
    pub(super) events: broadcast::Sender<FollowerEvent>,
    /// Cancelled when the follower has ended: nobody will be told anything any more.
    pub(super) stopped: CancellationToken,
    pub(super) finality_blocks: u64,
}

impl Shared {
    /// Never held across an await, nor together with another lock.
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stats(&self) -> MutexGuard<'_, FollowerStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FollowerHandle {
    /// Events a slow listener may fall behind before it misses some.
    const EVENTS_MAX: usize = 64;

    pub(super) fn new(head: Head, finality_blocks: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                registry: Mutex::default(),
                stats: Mutex::default(),
                heads: Arc::new(Heads::new(head)),
                events: broadcast::Sender::new(Self::EVENTS_MAX),
                stopped: CancellationToken::new(),
                finality_blocks: finality_blocks.max(1),
            }),
        }
    }

    /// Announces a transaction of ours. Call it *before* sending, and nothing is missed.
    ///
    /// A transaction with the sender and nonce of one that is watched already joins it as its
    /// replacement. One that may be in a block already needs [`TxWatch::look_up`] too.
    pub fn watch_tx(&self, tx: &TxRegistration) -> TxWatch {
        let state = self.shared.registry().register(tx);
        TxWatch::new(self.clone(), TxKey::Ours(tx.from, tx.nonce), state)
    }

    /// Watches a transaction that somebody else sent, of which only the hash is known. It may be in
    /// a block already. Its fee is not in the totals: somebody else pays it.
    pub fn watch_foreign(&self, hash: B256) -> TxWatch {
        let state = self.shared.registry().register_foreign(hash);
        TxWatch::new(self.clone(), TxKey::Foreign(hash), state)
    }

    /// The newest block read.
    #[must_use]
    pub fn head(&self) -> Head {
        self.shared.heads.newest()
    }

    /// Every new head, as it comes; a slow receiver sees only the newest. By then, waiters for
    /// its transactions have been told.
    #[must_use]
    pub fn heads(&self) -> HeadReceiver {
        self.shared.heads.subscribe()
    }

    /// Gaps and reorganisations, as they are noticed.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<FollowerEvent> {
        self.shared.events.subscribe()
    }

    /// Waits until the block at height `number`, or a higher one, has been read. Cancel-safe.
    ///
    /// # Errors
    /// [`WatchError::Stopped`] when the follower has ended.
    pub async fn wait_for_block(&self, number: u64) -> Result<Head, WatchError> {
        let mut heads = self.heads();
        tokio::select! {
            biased;
            head = heads.wait_for(|head| head.number >= number) => Ok(head),
            () = self.shared.stopped.cancelled() => Err(WatchError::Stopped),
        }
    }

    /// What transactions of ours have cost so far, by tag.
    #[must_use]
    pub fn fee_totals(&self) -> FeeTotals {
        self.shared.registry().totals()
    }

    /// How long transactions of ours took from being sent until their block had been read, by tag;
    /// tags without any are left out.
    #[must_use]
    pub fn inclusion_rows(&self) -> Vec<InclusionRow> {
        self.shared.registry().inclusion_rows()
    }

    /// Notes that a transaction is being sent at `now`.
    pub(crate) fn note_sent(&self, from: Address, nonce: u64, now: RunOffset) {
        let height = self.head().number;
        self.shared.registry().note_sent(TxKey::Ours(from, nonce), now, height);
    }

    /// What the follower has seen so far.
    #[must_use]
    pub fn stats(&self) -> FollowerStats {
        let (tracked, forgotten) = {
            let registry = self.shared.registry();
            (registry.len() as u64, registry.forgotten())
        };
        FollowerStats { tracked, forgotten, ..*self.shared.stats() }
    }
}

impl fmt::Debug for FollowerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FollowerHandle(block {})", self.head().number)
    }
}
