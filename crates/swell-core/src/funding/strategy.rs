//! Two ways to pay wallets, and which of them what binds allows.

use serde::{Deserialize, Serialize};

use crate::units::Gas;

/// How wallets are paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FundingStrategy {
    /// One transfer a wallet: the least gas.
    #[default]
    Direct,
    /// Many wallets in one transaction, through Multicall3: the fewest transactions.
    Batch,
}

impl FundingStrategy {
    /// The name that options and reports use.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Batch => "batch",
        }
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StrategyWish {
    /// Whichever what binds allows.
    #[default]
    Auto,
    /// This one.
    Only(FundingStrategy),
}

/// What a batched payment costs: so much, and so much more for each wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchGas {
    /// Gas of the transaction itself.
    pub base: Gas,
    /// Gas of each wallet in it.
    pub per_wallet: Gas,
}

impl BatchGas {
    /// Wallets in one batch at most.
    ///
    /// # Source
    /// 2²⁴ gas, the most one transaction may use (EIP-7825), over 36,750 gas for a fresh account
    /// paid by `aggregate3Value`.
    pub const WALLETS_MAX: u64 = 456;

    /// The most gas one transaction may use (EIP-7825).
    pub const TX_GAS_MAX: Gas = Gas(1 << 24);

    /// Gas limit of a batch of `wallets`.
    #[must_use]
    pub const fn of(&self, wallets: u64) -> Gas {
        Gas(self.base.0.saturating_add(self.per_wallet.0.saturating_mul(wallets)))
    }

    /// Wallets of one batch where batches may use `per_block` of each block: as many as let whole
    /// batches fill it. A single one of the largest size would leave half a block empty.
    #[must_use]
    pub fn wallets_per_batch(&self, per_block: Gas) -> u64 {
        let batches = per_block.0.div_ceil(Self::TX_GAS_MAX.0).max(1);
        self.wallets_within(Gas(per_block.0 / batches))
    }

    /// Wallets that fit into one batch of at most `gas`; at least one.
    #[must_use]
    pub fn wallets_within(&self, gas: Gas) -> u64 {
        let room = gas.min(Self::TX_GAS_MAX).0.saturating_sub(self.base.0);
        (room / self.per_wallet.0.max(1)).clamp(1, Self::WALLETS_MAX)
    }
}

/// What the choice starts from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StrategyFacts {
    /// Wallets asked for, a block.
    pub wanted_per_block: f64,
    /// Gas that funding may use of a block.
    pub gas_per_block: Gas,
    /// Lanes, and how many transactions each keeps in a node's pool.
    pub lanes: u32,
    /// Transactions one lane keeps in a node's pool.
    pub lane_window: u32,
    /// Submissions the RPC endpoints take from funding, a block; `None` when no limit is known.
    pub submissions_per_block: Option<f64>,
    /// What a batch costs; `None` on a chain without Multicall3.
    pub batch: Option<BatchGas>,
}

/// How wallets are paid, and why so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyChoice {
    /// How.
    pub strategy: FundingStrategy,
    /// Why, with the arithmetic: one sentence.
    pub because: String,
    /// Wallets a block that it can carry.
    pub wallets_per_block: u64,
}

/// What one strategy can carry, and what keeps it from carrying more.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Capacity {
    wallets_per_block: f64,
    bound_by: &'static str,
}

/// Chooses how wallets are paid. What was wished for is done where the chain allows it.
#[must_use]
pub fn choose_strategy(wish: StrategyWish, facts: &StrategyFacts) -> StrategyChoice {
    use FundingStrategy::{Batch, Direct};
    let direct = direct_capacity(facts);
    let Some(batch_gas) = facts.batch else {
        return without_multicall(wish, direct, facts);
    };
    let batch = batch_capacity(facts, batch_gas);
    let wanted = facts.wanted_per_block;
    match wish {
        StrategyWish::Only(strategy) => {
            let capacity = if strategy == Direct { direct } else { batch };
            capacity.chosen(strategy, format!("as asked; {}", capacity.in_words(wanted)))
        }
        StrategyWish::Auto if wanted <= direct.wallets_per_block => {
            let words = direct.in_words(wanted);
            direct.chosen(Direct, format!("21000 gas a wallet is the least, and {words}"))
        }
        StrategyWish::Auto if batch.wallets_per_block > direct.wallets_per_block => {
            let because = format!(
                "one transfer a wallet: {}; batched: {}",
                direct.in_words(wanted),
                batch.in_words(wanted)
            );
            batch.chosen(Batch, because)
        }
        StrategyWish::Auto => {
            let because = format!(
                "{}, and a batch takes {} gas a wallet instead of 21000",
                direct.in_words(wanted),
                batch_gas.per_wallet.0
            );
            direct.chosen(Direct, because)
        }
    }
}

fn without_multicall(
    wish: StrategyWish,
    direct: Capacity,
    facts: &StrategyFacts,
) -> StrategyChoice {
    let words = direct.in_words(facts.wanted_per_block);
    let because = match wish {
        StrategyWish::Only(FundingStrategy::Direct) => format!("as asked; {words}"),
        StrategyWish::Only(FundingStrategy::Batch) => {
            format!("batches were asked for, and the chain has no Multicall3; {words}")
        }
        StrategyWish::Auto => format!("the chain has no Multicall3; {words}"),
    };
    direct.chosen(FundingStrategy::Direct, because)
}

fn direct_capacity(facts: &StrategyFacts) -> Capacity {
    let gas = whole(facts.gas_per_block.0 / Gas::TRANSFER.0);
    let slots = f64::from(facts.lanes) * f64::from(facts.lane_window);
    least(gas, slots, facts.submissions_per_block)
}

fn batch_capacity(facts: &StrategyFacts, batch: BatchGas) -> Capacity {
    let each = whole(batch.wallets_per_batch(facts.gas_per_block));
    let gas = whole(facts.gas_per_block.0 / batch.per_wallet.0.max(1));
    let slots = f64::from(facts.lanes) * f64::from(facts.lane_window) * each;
    least(gas, slots, facts.submissions_per_block.map(|submissions| submissions * each))
}

fn least(gas: f64, slots: f64, submissions: Option<f64>) -> Capacity {
    let bounds = [
        (gas, "the gas that funding may use"),
        (slots, "what the lanes keep in a node's pool"),
        (submissions.unwrap_or(f64::INFINITY), "what the RPC endpoints take"),
    ];
    let first = Capacity { wallets_per_block: f64::INFINITY, bound_by: "" };
    bounds.into_iter().fold(first, |least, (wallets_per_block, bound_by)| {
        if wallets_per_block < least.wallets_per_block {
            Capacity { wallets_per_block, bound_by }
        } else {
            least
        }
    })
}

impl Capacity {
    fn chosen(self, strategy: FundingStrategy, because: String) -> StrategyChoice {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and a float cast saturates"
        )]
        let wallets_per_block = self.wallets_per_block as u64;
        StrategyChoice { strategy, because, wallets_per_block: wallets_per_block.max(1) }
    }

    fn in_words(self, wanted: f64) -> String {
        format!(
            "{} allows {:.0} wallets a block where {wanted:.1} are asked",
            self.bound_by, self.wallets_per_block
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "wallets a block are far below 2^53")]
const fn whole(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BATCH: BatchGas = BatchGas { base: Gas(25_000), per_wallet: Gas(36_750) };

    fn facts(wanted_per_block: f64) -> StrategyFacts {
        StrategyFacts {
            wanted_per_block,
            gas_per_block: Gas(30_000_000),
            lanes: 5,
            lane_window: 64,
            submissions_per_block: None,
            batch: Some(BATCH),
        }
    }

    fn auto(facts: &StrategyFacts) -> FundingStrategy {
        choose_strategy(StrategyWish::Auto, facts).strategy
    }

    #[test]
    fn the_cheapest_is_taken_while_it_carries_what_is_asked() {
        assert_eq!(auto(&facts(3.0)), FundingStrategy::Direct);
        assert_eq!(auto(&facts(320.0)), FundingStrategy::Direct);
    }

    #[test]
    fn wallets_are_batched_when_slots_or_submissions_bind() {
        assert_eq!(auto(&facts(321.0)), FundingStrategy::Batch);
        let slow = StrategyFacts { submissions_per_block: Some(2.0), ..facts(3.0) };
        let choice = choose_strategy(StrategyWish::Auto, &slow);
        assert_eq!(choice.strategy, FundingStrategy::Batch);
        assert!(choice.because.contains("RPC"), "{}", choice.because);
    }

    #[test]
    fn nothing_is_batched_when_gas_binds_both() {
        let many_lanes = StrategyFacts { lanes: 100, ..facts(5_000.0) };
        let choice = choose_strategy(StrategyWish::Auto, &many_lanes);
        assert_eq!(choice.strategy, FundingStrategy::Direct);
        assert!(choice.because.contains("1428 wallets a block"), "{}", choice.because);
    }

    #[test]
    fn a_chain_without_multicall_gets_transfers_and_is_told_so() {
        let bare = StrategyFacts { batch: None, ..facts(5_000.0) };
        for wish in [StrategyWish::Auto, StrategyWish::Only(FundingStrategy::Batch)] {
            let choice = choose_strategy(wish, &bare);
            assert_eq!(choice.strategy, FundingStrategy::Direct);
            assert!(choice.because.contains("no Multicall3"), "{}", choice.because);
        }
    }

    #[test]
    fn what_is_asked_for_is_done() {
        for strategy in [FundingStrategy::Direct, FundingStrategy::Batch] {
            let choice = choose_strategy(StrategyWish::Only(strategy), &facts(3.0));
            assert_eq!(choice.strategy, strategy);
        }
    }

    #[test]
    fn whole_batches_fill_a_block() {
        // One batch of the largest size would carry 455 of 816.
        let each = BATCH.wallets_per_batch(Gas(30_000_000));
        let (batches, gas) = (30_000_000 / BATCH.of(each).0, BATCH.of(each));
        assert_eq!(batches, 2);
        assert!(batches * each > 810, "{each} wallets of {} gas", gas.0);
        assert_eq!(BATCH.wallets_per_batch(Gas(10_000_000)), BATCH.wallets_within(Gas(10_000_000)));
    }

    proptest! {
        #[test]
        fn a_full_batch_stays_within_its_gas(base in 21_000_u64..60_000, each in 1_u64..60_000, gas in 100_000_u64..1 << 26) {
            let batch = BatchGas { base: Gas(base), per_wallet: Gas(each) };
            let wallets = batch.wallets_within(Gas(gas));
            prop_assert!((1..=BatchGas::WALLETS_MAX).contains(&wallets));
            prop_assert!(wallets == 1 || batch.of(wallets) <= Gas(gas).min(BatchGas::TX_GAS_MAX));
        }
    }
}
