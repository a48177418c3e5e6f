//! Waiting for what a lane was asked to send.

use std::sync::Arc;

use alloy_primitives::B256;
use swell_core::time::RunOffset;
use tokio::sync::oneshot;

use super::types::LaneError;
use crate::follower::Inclusion;

/// A transaction of a lane that a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneAccepted {
    /// Its hash; replacements have others.
    pub tx: B256,
    /// When the lane first signed it.
    pub signed_at: RunOffset,
    /// When a node said that it has it.
    pub at: RunOffset,
    /// The newest block known then.
    pub height: u64,
}

/// What a lane was asked to send.
#[derive(Debug)]
#[must_use]
pub struct LaneCall {
    accepted: oneshot::Receiver<LaneAccepted>,
    answer: oneshot::Receiver<Result<Arc<Inclusion>, LaneError>>,
}

impl LaneCall {
    pub(super) const fn new(
        accepted: oneshot::Receiver<LaneAccepted>,
        answer: oneshot::Receiver<Result<Arc<Inclusion>, LaneError>>,
    ) -> Self {
        Self { accepted, answer }
    }

    /// Waits until a node has it, or a block. `None`: no node ever had it, and [`Self::included`]
    /// says why. Cancel-safe; asked a second time, it is `None`.
    pub async fn accepted(&mut self) -> Option<LaneAccepted> {
        if self.accepted.is_terminated() {
            return None;
        }
        (&mut self.accepted).await.ok()
    }

    /// Waits until a block includes it.
    ///
    /// # Errors
    /// [`LaneError`]. A transaction that was included and reverted is no error here.
    pub async fn included(self) -> Result<Arc<Inclusion>, LaneError> {
        self.answer.await.unwrap_or(Err(LaneError::Closed))
    }
}
