//! Transactions of others that touch the relayer: told apart from what is unexplained.

use std::ops::RangeInclusive;

use alloy_primitives::{Address, B256};
use swell_chain::{ChainError, Rpc, Transfer};
use swell_core::units::Wei;

/// What others did to the relayer's account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// What they sent to it.
    pub(crate) received: Wei,
    /// What they took from it, with its key.
    pub(crate) taken: Wei,
    /// The first few of their transactions.
    pub(crate) samples: Vec<B256>,
    /// How many there were.
    pub(crate) count: u64,
}

/// Blocks read at most: a day of blocks of 6 s, and more.
const BLOCKS_MAX: u64 = 20_000;
const SAMPLES_MAX: usize = 5;

impl Foreign {
    /// Reads the transactions of `blocks`. Those between the relayer and `ours` are our own.
    ///
    /// # Errors
    /// When a block or a receipt cannot be read.
    pub(crate) async fn read(
        rpc: &Rpc,
        blocks: RangeInclusive<u64>,
        relayer: Address,
        ours: &[Address],
    ) -> Result<Self, ChainError> {
        let mut foreign = Self::default();
        for number in blocks.take(usize::try_from(BLOCKS_MAX).unwrap_or(usize::MAX)) {
            for transfer in rpc.transfers(number).await? {
                if is_foreign(&transfer, relayer, ours) {
                    foreign.add(rpc, &transfer, relayer).await?;
                }
            }
        }
        Ok(foreign)
    }

    async fn add(
        &mut self,
        rpc: &Rpc,
        transfer: &Transfer,
        relayer: Address,
    ) -> Result<(), ChainError> {
        let Some(receipt) = rpc.receipt(transfer.hash).await? else { return Ok(()) };
        let moved = if receipt.status.unwrap_or(true) { Wei(transfer.value) } else { Wei::ZERO };
        if transfer.to == Some(relayer) {
            self.received += moved;
        }
        if transfer.from == relayer {
            self.taken += moved + receipt.fee();
        }
        self.count += 1;
        if self.samples.len() < SAMPLES_MAX {
            self.samples.push(transfer.hash);
        }
        Ok(())
    }

    /// What the report says of them; `None` when there were none.
    pub(crate) fn note(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let hashes: Vec<String> = self.samples.iter().map(ToString::to_string).collect();
        Some(format!(
            "{} transactions of others touched the relayer: {} wei received, {} wei taken; first {}",
            self.count,
            self.received,
            self.taken,
            hashes.join(", ")
        ))
    }
}

fn is_foreign(transfer: &Transfer, relayer: Address, ours: &[Address]) -> bool {
    let is_ours = |address: Address| ours.contains(&address);
    let comes = transfer.to == Some(relayer) && !is_ours(transfer.from);
    let goes = transfer.from == relayer && !transfer.to.is_some_and(is_ours);
    comes || goes
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    #[test]
    fn only_what_touches_the_relayer_from_outside_is_foreign() {
        let [relayer, lane, other] = [1, 2, 3].map(Address::with_last_byte);
        let transfer =
            |from, to| Transfer { hash: B256::ZERO, from, to: Some(to), value: U256::from(1) };
        let foreign = |from, to| is_foreign(&transfer(from, to), relayer, &[lane]);
        assert!(foreign(other, relayer));
        assert!(foreign(relayer, other));
        assert!(!foreign(lane, relayer));
        assert!(!foreign(relayer, lane));
        assert!(!foreign(other, lane));
    }
}
