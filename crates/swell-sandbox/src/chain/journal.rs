//! Who was written in which block: what history and forgetting need.

use std::collections::VecDeque;

use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, U256};

/// An account before a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Before {
    /// In wei.
    pub(crate) balance: U256,
    /// Its next nonce.
    pub(crate) nonce: u64,
}

/// What one block wrote; each account and slot once.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockWrites {
    pub(crate) number: u64,
    pub(crate) accounts: Vec<(Address, Before)>,
    pub(crate) slots: AddressMap<Vec<U256>>,
}

/// The writes of the blocks that are kept, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    blocks: VecDeque<BlockWrites>,
}

impl Journal {
    /// Notes that block `number` changes `who`, which was `before`.
    pub(crate) fn record_account(&mut self, number: u64, who: Address, before: Before) {
        self.block(number).accounts.push((who, before));
    }

    /// Notes that block `number` writes `slot` of `who`.
    pub(crate) fn record_slot(&mut self, number: u64, who: Address, slot: U256) {
        self.block(number).slots.entry(who).or_default().push(slot);
    }

    /// What `who` was after block `number`, or `None` if it has not changed since.
    pub(crate) fn account_after(&self, who: Address, number: u64) -> Option<Before> {
        let first_later = self.blocks.partition_point(|writes| writes.number <= number);
        let mut later = self.blocks.range(first_later..).flat_map(|writes| &writes.accounts);
        later.find(|(address, _)| *address == who).map(|(_, before)| *before)
    }

    /// Takes out the oldest block's writes, if it is not newer than `horizon`.
    pub(crate) fn pop_through(&mut self, horizon: u64) -> Option<BlockWrites> {
        let is_old = self.blocks.front().is_some_and(|writes| writes.number <= horizon);
        if is_old { self.blocks.pop_front() } else { None }
    }

    fn block(&mut self, number: u64) -> &mut BlockWrites {
        let is_new = self.blocks.back().is_none_or(|writes| writes.number < number);
        if is_new {
            self.blocks.push_back(BlockWrites { number, ..BlockWrites::default() });
        }
        let newest = self.blocks.len() - 1;
        &mut self.blocks[newest]
    }
}
