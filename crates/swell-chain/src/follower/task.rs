//! The follower's loop: one cheap question a poll, each block read once.

use std::collections::VecDeque;
use std::time::Duration;

use alloy_primitives::B256;
use swell_core::target::SafeUrl;
use swell_net::clock::RunClock;
use swell_net::socket::SocketService;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::feed::{HeadFeed, Told};
use super::handle::FollowerHandle;
use super::registry::TxKey;
use super::types::{FollowerEvent, Head, Inclusion};
use crate::rpc::{BlockHeader, BlockWithReceipts, ChainError, Rpc};

/// Follows the chain, block by block.
pub(crate) struct Follower {
    rpc: Rpc,
    clock: RunClock,
    handle: FollowerHandle,
    /// What is announced, where anything is.
    told: Option<watch::Receiver<Told>>,
    /// The newest blocks, oldest first; never empty.
    blocks: VecDeque<Followed>,
}

/// A block that has been read.
struct Followed {
    number: u64,
    hash: B256,
    timestamp: u64,
    /// Transactions of ours in it that are not final.
    included: Vec<TxKey>,
}

impl Follower {
    /// Blocks kept to recognise a reorganisation by, and to measure the block time.
    const HISTORY_BLOCKS: usize = 64;
    const POLL_MIN: Duration = Duration::from_millis(100);
    const POLL_MAX: Duration = Duration::from_secs(2);
    /// Where blocks are announced, one that is half a block time late is looked for.
    const NET_MIN: Duration = Duration::from_millis(500);
    const NET_MAX: Duration = Duration::from_secs(15);
    /// The longest one poll may take; what it has read by then is kept.
    const POLL_LIMIT: Duration = Duration::from_secs(10);
    /// Polls per block: an inclusion is noticed a twentieth of a block late on average.
    const POLLS_PER_BLOCK: u32 = 10;
    /// Transactions looked up after one poll.
    const LOOKUPS_MAX: usize = 200;

    /// A follower that starts after `latest`.
    pub(crate) fn new(
        rpc: Rpc,
        clock: RunClock,
        latest: &BlockHeader,
        finality_blocks: u64,
    ) -> (Self, FollowerHandle) {
        rpc.require_block(latest.number);
        let handle = FollowerHandle::new(Head::from(latest), finality_blocks);
        let blocks = VecDeque::from([Followed::new(latest)]);
        (Self { rpc, clock, handle: handle.clone(), told: None, blocks }, handle)
    }

    /// Has heads announced by the nodes at `urls`. The feed must run for that.
    pub(crate) fn listen(&mut self, sockets: SocketService, urls: Vec<SafeUrl>) -> HeadFeed {
        let (feed, told) = HeadFeed::new(sockets, urls, self.clock.clone(), self.handle.clone());
        self.told = Some(told);
        feed
    }

    /// Follows the chain until `shutdown`.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        // Also when this future is dropped: waiters must not wait for nothing.
        let _stopped = self.handle.shared.stopped.clone().drop_guard();
        loop {
            let polled = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                polled = self.poll() => polled,
            };
            if let Err(error) = polled {
                self.handle.shared.stats().poll_errors += 1;
                tracing::debug!(%error, "polling for blocks failed");
            }
            let pause = self.pause();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = announced(&mut self.told) => {}
                () = self.clock.sleep(pause) => {}
            }
        }
    }

    /// How long to wait for the next poll, when nothing is announced before.
    fn pause(&self) -> Duration {
        let told = self.told.as_ref().map(|told| *told.borrow());
        match told {
            // The node that is asked has not caught up with the one that tells.
            Some(Told { is_live: true, newest }) if newest > self.tip().number => Self::POLL_MIN,
            Some(Told { is_live: true, .. }) => {
                let block_time = self.block_time().unwrap_or(Self::POLL_MAX);
                (block_time * 3 / 2).clamp(Self::NET_MIN, Self::NET_MAX)
            }
            _ => self.poll_interval(),
        }
    }

    /// Reads what is new. An error leaves everything consistent; the next poll goes on from there.
    async fn poll(&mut self) -> Result<(), ChainError> {
        // Of one node: what several say need not fit together.
        let rpc = self.rpc.by(self.clock.now() + Self::POLL_LIMIT).on_one();
        let newest = rpc.block_number().await?;
        if newest < self.tip().number
            && !self.is_ours(&rpc, newest).await?
            && !self.is_tip_alive().await
        {
            self.rewind(&rpc).await?;
        }
        let skipped = newest.saturating_sub(self.tip().number + 1);
        while self.tip().number < newest {
            if !self.advance(&rpc).await? {
                break;
            }
        }
        if skipped > 0 {
            self.handle.shared.stats().caught_up += skipped;
            self.tell(FollowerEvent::CaughtUp { blocks: skipped });
        }
        self.look_up_late(&rpc).await
    }

    /// Whether the node's block at `number` is ours: if so, the node lags behind; if not, the chain
    /// became shorter.
    async fn is_ours(&self, rpc: &Rpc, number: u64) -> Result<bool, ChainError> {
        let Some(ours) = self.blocks.iter().find(|block| block.number == number) else {
            return Ok(true);
        };
        Ok(rpc.block(number).await?.is_some_and(|theirs| theirs.header.hash == ours.hash))
    }

    /// Whether any node still has the tip: then the one that does not is stale or on a branch that
    /// lost, and the chain is as it was.
    async fn is_tip_alive(&self) -> bool {
        let tip = self.tip();
        let rpc = self.rpc.by(self.clock.now() + Self::POLL_LIMIT);
        rpc.is_block_anywhere(tip.number, tip.hash).await
    }

    /// Reads the block after the tip; where it does not fit, removes the tip. `false`: the node
    /// does not have that block after all.
    async fn advance(&mut self, rpc: &Rpc) -> Result<bool, ChainError> {
        let next = self.tip().number + 1;
        let shared = self.handle.shared.clone();
        let is_ours = |tx: &B256| shared.registry().is_ours(tx);
        let Some(read) = rpc.block_with_receipts(next, is_ours).await? else {
            return Ok(false);
        };
        if read.block.header.parent_hash == self.tip().hash {
            self.append(read);
        } else {
            self.rewind(rpc).await?;
        }
        Ok(true)
    }

    /// Removes blocks until the tip is on the node's chain.
    async fn rewind(&mut self, rpc: &Rpc) -> Result<(), ChainError> {
        let (mut depth, mut withdrawn) = (0, 0);
        // All questions first: should one fail, nothing has changed.
        for block in self.blocks.iter().rev() {
            let theirs = rpc.block(block.number).await?;
            if theirs.is_some_and(|theirs| theirs.header.hash == block.hash) {
                break;
            }
            depth += 1;
        }
        let oldest = self.blocks.len() - 1;
        if depth > oldest {
            tracing::warn!(depth, "a reorganisation goes back further than was kept");
            self.adopt_oldest(rpc).await?;
            depth = oldest;
        }
        for _ in 0..depth {
            let Some(removed) = self.blocks.pop_back() else { break };
            withdrawn += self.withdraw(&removed.included);
        }
        self.rpc.require_block(self.tip().number);
        let depth = depth as u64;
        let mut stats = self.handle.shared.stats();
        stats.reorgs += 1;
        stats.reorg_depth_max = stats.reorg_depth_max.max(depth);
        drop(stats);
        self.tell(FollowerEvent::Reorg { depth, withdrawn });
        Ok(())
    }

    /// Takes the node's block in place of the oldest one kept.
    async fn adopt_oldest(&mut self, rpc: &Rpc) -> Result<(), ChainError> {
        let number = self.blocks[0].number;
        let Some(theirs) = rpc.block(number).await? else { return Ok(()) };
        let included = std::mem::replace(&mut self.blocks[0], Followed::new(&theirs.header));
        self.withdraw(&included.included);
        Ok(())
    }

    fn withdraw(&self, keys: &[TxKey]) -> u64 {
        let height = self.tip().number;
        let mut registry = self.handle.shared.registry();
        for key in keys {
            registry.withdraw(*key, height);
            // The other branch's blocks are read as they come, except one adopted unread.
            registry.request_lookup(*key);
        }
        keys.len() as u64
    }

    fn append(&mut self, read: BlockWithReceipts) {
        let (header, now) = (read.block.header, self.clock.now());
        let mut followed = Followed::new(&header);
        {
            let mut registry = self.handle.shared.registry();
            let ours = read.receipts.into_iter().filter(|r| r.block_hash == header.hash);
            for receipt in ours {
                if registry.is_ours(&receipt.tx) {
                    followed.included.extend(registry.include(Inclusion::from(receipt), now));
                }
            }
            registry.expire(header.number);
        }
        self.blocks.push_back(followed);
        self.settle(header.number);
        if self.blocks.len() > Self::HISTORY_BLOCKS {
            self.blocks.pop_front();
        }
        let block_time = self.block_time();
        {
            let mut stats = self.handle.shared.stats();
            stats.blocks += 1;
            stats.block_time = block_time;
        }
        self.rpc.require_block(header.number);
        // Last: whoever wakes finds every waiter told.
        self.handle.shared.heads.publish(Head::from(&header));
    }

    /// Forgets transactions in blocks that are final at height `tip`.
    fn settle(&mut self, tip: u64) {
        let finality = self.handle.shared.finality_blocks;
        let mut registry = self.handle.shared.registry();
        for block in self.blocks.iter_mut().filter(|block| block.number + finality <= tip + 1) {
            for key in block.included.drain(..) {
                registry.settle(key);
            }
        }
    }

    /// Asks for the receipts of transactions that may have been included unseen.
    async fn look_up_late(&mut self, rpc: &Rpc) -> Result<(), ChainError> {
        let (keys, hashes) = self.handle.shared.registry().take_late(Self::LOOKUPS_MAX);
        if hashes.is_empty() {
            return Ok(());
        }
        let receipts = match rpc.receipts(&hashes).await {
            Ok(receipts) => receipts,
            Err(error) => {
                let mut registry = self.handle.shared.registry();
                keys.into_iter().for_each(|key| registry.request_lookup(key));
                return Err(error);
            }
        };
        let (oldest, tip, now) = (self.blocks[0].number, self.tip().number, self.clock.now());
        for receipt in receipts.into_iter().filter(|receipt| receipt.block_number <= tip) {
            let mut registry = self.handle.shared.registry();
            let (number, hash) = (receipt.block_number, receipt.block_hash);
            if number < oldest {
                let settled = registry.include(Inclusion::from(receipt), now);
                settled.into_iter().for_each(|key| registry.settle(key));
                continue;
            }
            let at = usize::try_from(number - oldest).unwrap_or(usize::MAX);
            if let Some(block) = self.blocks.get_mut(at).filter(|block| block.hash == hash) {
                block.included.extend(registry.include(Inclusion::from(receipt), now));
            }
        }
        self.settle(tip);
        Ok(())
    }

    fn tip(&self) -> &Followed {
        self.blocks.back().expect("the first block is never removed")
    }

    fn tell(&self, event: FollowerEvent) {
        // An error only means that nobody listens.
        let _listeners = self.handle.shared.events.send(event);
    }

    fn poll_interval(&self) -> Duration {
        let block_time = self.block_time().unwrap_or(Self::POLL_MIN);
        (block_time / Self::POLLS_PER_BLOCK).clamp(Self::POLL_MIN, Self::POLL_MAX)
    }

    /// The mean over the blocks kept: timestamps have whole seconds only.
    fn block_time(&self) -> Option<Duration> {
        let (first, last) = (self.blocks.front()?, self.tip());
        let blocks = u32::try_from(last.number - first.number).ok().filter(|blocks| *blocks > 0)?;
        Some(Duration::from_secs(last.timestamp.saturating_sub(first.timestamp)) / blocks)
    }
}

/// Waits for the next announcement, or for announcements to cease; for ever where there are none.
async fn announced(told: &mut Option<watch::Receiver<Told>>) {
    if let Some(watched) = told
        && watched.changed().await.is_ok()
    {
        return;
    }
    // Nobody will announce anything any more.
    *told = None;
    std::future::pending().await
}

impl Followed {
    const fn new(header: &BlockHeader) -> Self {
        Self {
            number: header.number,
            hash: header.hash,
            timestamp: header.timestamp,
            included: Vec::new(),
        }
    }
}
