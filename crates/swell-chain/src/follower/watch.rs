//! Waiting for one transaction.

use std::fmt;
use std::sync::Arc;

use alloy_primitives::B256;
use tokio::sync::watch;

use super::handle::FollowerHandle;
use super::registry::TxKey;
use super::types::{Inclusion, TxState};

/// Waits for one transaction, and for its replacements as if they were it.
///
/// Dropping it ends the waiting. A transaction that may have been sent is still looked for, for 64
/// blocks, so that its fee is in the books; [`Self::cancel`] is for one that certainly was not.
#[must_use]
pub struct TxWatch {
    follower: FollowerHandle,
    key: TxKey,
    state: watch::Receiver<TxState>,
    cancelled: bool,
}

/// Why nothing more will be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The follower has ended.
    #[error("the block follower has ended")]
    Stopped,
}

impl TxWatch {
    pub(super) const fn new(
        follower: FollowerHandle,
        key: TxKey,
        state: watch::Receiver<TxState>,
    ) -> Self {
        Self { follower, key, state, cancelled: false }
    }

    /// What the chain says now.
    #[must_use]
    pub fn state(&self) -> TxState {
        self.state.borrow().clone()
    }

    /// Announces a replacement: same sender and nonce, another hash. Call it before sending.
    pub fn add_replacement(&self, hash: B256) {
        self.follower.shared.registry().add_replacement(self.key, hash);
    }

    /// Asks the follower to look for a receipt: the transaction may be in a block that was read
    /// before it was announced. The answer comes like any other.
    pub fn look_up(&self) {
        self.follower.shared.registry().request_lookup(self.key);
    }

    /// Waits until a block includes it. Cancel-safe.
    ///
    /// # Errors
    /// [`WatchError::Stopped`] when the follower has ended.
    pub async fn included(&mut self) -> Result<Arc<Inclusion>, WatchError> {
        let stopped = self.follower.shared.stopped.clone();
        let state = tokio::select! {
            biased;
            state = self.state.wait_for(|state| *state != TxState::Pending) => state,
            () = stopped.cancelled() => return Err(WatchError::Stopped),
        };
        match state.as_deref() {
            Ok(TxState::Included(inclusion)) => Ok(Arc::clone(inclusion)),
            _ => Err(WatchError::Stopped),
        }
    }

    /// Waits until it is `depth` blocks deep, its own block counted: 1 means included. Deeper than
    /// the chain's finality is the same as final. Cancel-safe.
    ///
    /// # Errors
    /// [`WatchError::Stopped`] when the follower has ended.
    pub async fn confirmed(&mut self, depth: u64) -> Result<Arc<Inclusion>, WatchError> {
        let depth = depth.clamp(1, self.follower.shared.finality_blocks);
        loop {
            let inclusion = self.included().await?;
            let follower = self.follower.clone();
            tokio::select! {
                biased;
                withdrawn = self.state.wait_for(|state| *state == TxState::Pending) => {
                    // An error: the follower has settled it, so it is final.
                    if withdrawn.is_err() {
                        return Ok(inclusion);
                    }
                }
                head = follower.wait_for_block(inclusion.block + depth - 1) => {
                    return head.map(|_| inclusion);
                }
            }
        }
    }

    /// Waits until it is final on this chain. Cancel-safe.
    ///
    /// # Errors
    /// [`WatchError::Stopped`] when the follower has ended.
    pub async fn final_(&mut self) -> Result<Arc<Inclusion>, WatchError> {
        self.confirmed(u64::MAX).await
    }

    /// Ends the waiting for a transaction that was certainly not taken.
    pub fn cancel(mut self) {
        self.cancelled = true;
        self.follower.shared.registry().cancel(self.key);
    }
}

impl Drop for TxWatch {
    fn drop(&mut self) {
        if !self.cancelled {
            let height = self.follower.head().number;
            self.follower.shared.registry().release(self.key, height);
        }
    }
}

impl fmt::Debug for TxWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            TxKey::Ours(from, nonce) => write!(f, "TxWatch({from} #{nonce})"),
            TxKey::Foreign(hash) => write!(f, "TxWatch({hash})"),
        }
    }
}
