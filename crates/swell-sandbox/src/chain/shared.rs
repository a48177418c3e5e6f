//! The handle by which everything else holds the chain.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes};
use tokio::sync::broadcast;

use super::block::Head;
use super::call::{CallError, CallRequest};
use super::config::ChainConfig;
use super::incoming::Incoming;
use super::machine::Chain;
use super::pool_error::PoolError;

/// Heads a slow subscriber may fall behind before it misses some.
const HEADS_WAITING_MAX: usize = 256;

/// A chain that many hold. Cheap to clone; no call waits for anything but the lock.
#[derive(Clone, Debug)]
pub struct SharedChain {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    chain: RwLock<Chain>,
    heads: broadcast::Sender<Head>,
    chain_id: u64,
    block_time: Duration,
}

impl SharedChain {
    /// A new chain at its genesis. [`run`](super::run) makes its blocks.
    #[must_use]
    pub fn new(config: ChainConfig) -> Self {
        let (heads, _) = broadcast::channel(HEADS_WAITING_MAX);
        let (chain_id, block_time) = (config.chain_id, config.block_time);
        let chain = RwLock::new(Chain::new(config));
        Self { inner: Arc::new(Inner { chain, heads, chain_id, block_time }) }
    }

    /// Looks at the chain. Others can look at the same time; keep it short.
    pub fn read<T>(&self, look: impl FnOnce(&Chain) -> T) -> T {
        look(&self.inner.chain.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the chain. Blocks are better made by [`SharedChain::produce_block`], which tells
    /// the subscribers.
    pub fn write<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> T {
        change(&mut self.inner.chain.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a signed transaction into the mempool and returns its hash.
    ///
    /// The sender is recovered before the chain is locked.
    ///
    /// # Errors
    /// [`PoolError`] if it is malformed, not for this chain, or not taken by the pool.
    pub fn submit_raw(&self, raw: &[u8]) -> Result<B256, PoolError> {
        let incoming = Incoming::decode(raw, self.inner.chain_id)?;
        self.write(|chain| chain.submit(incoming))
    }

    /// Makes the next block, at `unix` seconds since the epoch, and tells the subscribers.
    pub fn produce_block(&self, unix: u64) -> Head {
        let head = self.write(|chain| chain.produce_block(unix));
        // No subscribers is no error.
        let _listeners = self.inner.heads.send(head);
        head
    }

    /// Calls `to` with `data` on the newest state and returns the output.
    ///
    /// # Errors
    /// [`CallError`] if the contract reverts, halts, or the call cannot begin.
    pub fn call(&self, to: Address, data: Bytes) -> Result<Bytes, CallError> {
        let request = CallRequest::plain(to, data);
        self.read(|chain| chain.call(&request))
    }

    /// The newest block, in brief.
    #[must_use]
    pub fn head(&self) -> Head {
        self.read(Chain::head)
    }

    /// Every new block from now on. A subscriber more than 256 behind misses the oldest.
    #[must_use]
    pub fn subscribe_heads(&self) -> broadcast::Receiver<Head> {
        self.inner.heads.subscribe()
    }

    /// The chain id transactions must be signed for.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.inner.chain_id
    }

    /// Time between two blocks.
    #[must_use]
    pub fn block_time(&self) -> Duration {
        self.inner.block_time
    }

    /// Whether blocks are withheld.
    #[must_use]
    pub fn mining_paused(&self) -> bool {
        self.read(Chain::mining_paused)
    }

    /// Withholds blocks, or makes them again.
    pub fn pause_mining(&self, paused: bool) {
        self.write(|chain| chain.pause_mining(paused));
    }

    /// Pins the base fee of all blocks to come, in wei per gas; `None` lets it move.
    pub fn pin_base_fee(&self, base_fee: Option<u64>) {
        self.write(|chain| chain.pin_base_fee(base_fee));
    }
}
