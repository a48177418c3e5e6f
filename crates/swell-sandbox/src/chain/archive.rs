//! The blocks that are kept, and how to find things in them.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::B256;
use alloy_primitives::map::B256Map;

use super::block::Block;

/// The blocks that are kept. Genesis stays for ever: its hash tells chains apart.
#[derive(Debug)]
pub(crate) struct Archive {
    genesis: Arc<Block>,
    /// Without gaps, the newest last; genesis is in it until it is forgotten.
    blocks: VecDeque<Arc<Block>>,
    by_hash: B256Map<u64>,
    /// Block number and position of each transaction.
    transactions: B256Map<(u64, usize)>,
}

impl Archive {
    pub(crate) fn new(genesis: Block) -> Self {
        let genesis = Arc::new(genesis);
        let mut archive = Self {
            genesis: Arc::clone(&genesis),
            blocks: VecDeque::new(),
            by_hash: B256Map::default(),
            transactions: B256Map::default(),
        };
        archive.push(genesis);
        archive
    }

    /// Appends the newest block.
    pub(crate) fn push(&mut self, block: Arc<Block>) {
        let number = block.header.number;
        self.by_hash.insert(block.hash, number);
        for (position, mined) in block.transactions.iter().enumerate() {
            self.transactions.insert(mined.hash(), (number, position));
        }
        self.blocks.push_back(block);
    }

    /// Takes the newest block out, unless it is the only one.
    pub(crate) fn pop(&mut self) -> Option<Arc<Block>> {
        if self.blocks.len() < 2 {
            return None;
        }
        let block = self.blocks.pop_back()?;
        self.by_hash.remove(&block.hash);
        for mined in &block.transactions {
            self.transactions.remove(&mined.hash());
        }
        Some(block)
    }

    /// Forgets all blocks up to `horizon`. The newest is always kept.
    pub(crate) fn forget_through(&mut self, horizon: u64) {
        while self.blocks.len() > 1 && self.oldest_number() <= horizon {
            let Some(block) = self.blocks.pop_front() else { return };
            if block.header.number > 0 {
                self.by_hash.remove(&block.hash);
            }
            for mined in &block.transactions {
                self.transactions.remove(&mined.hash());
            }
        }
    }

    pub(crate) fn newest(&self) -> &Arc<Block> {
        self.blocks.back().unwrap_or(&self.genesis)
    }

    /// Number of the oldest block that is kept, genesis aside.
    pub(crate) fn oldest_number(&self) -> u64 {
        self.blocks.front().unwrap_or(&self.genesis).header.number
    }

    pub(crate) fn by_number(&self, number: u64) -> Option<&Arc<Block>> {
        if number == 0 {
            return Some(&self.genesis);
        }
        let index = number.checked_sub(self.oldest_number())?;
        self.blocks.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.by_number(*self.by_hash.get(&hash)?)
    }

    /// The block and the position of a mined transaction.
    pub(crate) fn transaction(&self, hash: B256) -> Option<(&Arc<Block>, usize)> {
        let (number, position) = *self.transactions.get(&hash)?;
        Some((self.by_number(number)?, position))
    }

    /// How many blocks and transactions are kept.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        (self.blocks.len(), self.transactions.len())
    }
}
