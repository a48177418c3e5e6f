//! Blocks that leave the chain again.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::U256;

use super::block::{Block, MinedTx};
use super::incoming::Incoming;
use super::machine::Chain;
use super::state::State;

/// What the chain was before each of its newest blocks, as far back as its rules say.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    before: VecDeque<Before>,
    /// Reorganisations so far: blocks of another branch must have other hashes.
    branches: u64,
}

#[derive(Debug)]
struct Before {
    state: State,
    base_fee_next: u64,
    burnt: U256,
}

impl Undo {
    /// What tells the blocks of this branch from those they replace; nothing on the first one.
    pub(crate) fn branch(&self) -> Vec<u8> {
        if self.branches == 0 { Vec::new() } else { self.branches.to_be_bytes().to_vec() }
    }
}

impl Chain {
    /// Takes the newest `depth` blocks back, or as many as can be, and returns how many they were.
    ///
    /// Of their transactions, those that `keep` wants wait in the mempool again, where it still
    /// takes them; the others are gone. The chain is shorter until new blocks are made. How many
    /// blocks are kept for this is [`ChainConfig::undo_blocks_max`](super::ChainConfig).
    pub fn reorganise(&mut self, depth: usize, keep: impl FnMut(&MinedTx) -> bool) -> usize {
        let mut orphans: Vec<Arc<Block>> = Vec::new();
        while orphans.len() < depth
            && let Some(before) = self.undo.before.pop_back()
        {
            let Some(block) = self.archive.pop() else { break };
            self.state = before.state;
            self.base_fee_next = before.base_fee_next;
            self.burnt = before.burnt;
            orphans.push(block);
        }
        self.undo.branches += u64::from(!orphans.is_empty());
        orphans.reverse();
        self.take_back(&orphans, keep);
        orphans.len()
    }

    fn take_back(&mut self, orphans: &[Arc<Block>], mut keep: impl FnMut(&MinedTx) -> bool) {
        let mined = || orphans.iter().flat_map(|block| &block.transactions);
        // First every sender's nonce: what waits behind the orphans can no longer be mined.
        for orphan in mined() {
            self.pool.settle(orphan.sender, self.state.nonce(orphan.sender));
        }
        for orphan in mined() {
            if keep(orphan) {
                let incoming = Incoming { tx: orphan.tx.clone(), sender: orphan.sender };
                // A pool that has no room for it forgets it, as real ones do.
                let _forgotten = self.submit(incoming);
            }
        }
    }

    /// Keeps what the chain is before its next block.
    pub(super) fn remember(&mut self) {
        let kept_max = self.config.undo_blocks_max;
        if kept_max == 0 {
            return;
        }
        if self.undo.before.len() == kept_max {
            self.undo.before.pop_front();
        }
        self.undo.before.push_back(Before {
            state: self.state.clone(),
            base_fee_next: self.base_fee_next,
            burnt: self.burnt,
        });
    }
}
