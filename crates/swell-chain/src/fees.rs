//! What to pay for gas.

use std::sync::Arc;

use swell_core::units::{Gas, Wei, WeiPerGas};
use tokio::sync::Mutex;

use crate::follower::{FollowerHandle, Head};
use crate::rpc::{ChainError, Rpc};

/// What one transaction offers for gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeQuote {
    /// The most a unit of gas may cost, base fee and tip together.
    pub max_fee: WeiPerGas,
    /// What goes to the block's builder.
    pub tip: WeiPerGas,
    /// Whether the chain has no base fee: `max_fee` is then the gas price, and paid in full.
    pub legacy: bool,
}

impl FeeQuote {
    /// Whether a block with this base fee can include it.
    #[must_use]
    pub fn covers(&self, base_fee: WeiPerGas) -> bool {
        self.max_fee >= base_fee
    }

    /// What a plain transfer at this quote can hand over of `balance`; `None` when gas takes it
    /// all. With [`FeePolicy::sweep_quote`] nothing is left.
    #[must_use]
    pub fn sweep_value(&self, balance: Wei) -> Option<Wei> {
        balance.checked_sub(self.max_fee * Gas::TRANSFER).filter(|value| !value.is_zero())
    }

    /// The same, with no more than `cap` for a unit of gas.
    #[must_use]
    pub fn within(self, cap: WeiPerGas) -> Self {
        let max_fee = self.max_fee.min(cap);
        Self { max_fee, tip: self.tip.min(max_fee), legacy: self.legacy }
    }

    /// The higher of both, field by field.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self {
            max_fee: self.max_fee.max(other.max_fee),
            tip: self.tip.max(other.tip),
            legacy: self.legacy,
        }
    }
}

/// Why a fee cannot be offered. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeError {
    /// The replacement would have to pay more than allowed.
    #[error("a replacement needs {} wei per gas, above the cap of {}", needed.0, cap.0)]
    AboveCap {
        /// What it would have to offer.
        needed: WeiPerGas,
        /// What is allowed.
        cap: WeiPerGas,
    },
}

/// What a run is willing to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeePolicy {
    /// The most a unit of gas may ever cost (`--max-fee`); none means what the rule gives.
    pub max_fee: Option<WeiPerGas>,
    /// The least to offer as tip.
    pub tip_floor: WeiPerGas,
    /// What is tipped, in percent of the chain's usual tip; without a base fee, what is paid of its
    /// usual price.
    pub premium_percent: u32,
}

impl Default for FeePolicy {
    /// No cap of its own, and the usual tip, at least 1 wei per gas: some pools refuse none at all.
    fn default() -> Self {
        Self { max_fee: None, tip_floor: WeiPerGas(1), premium_percent: 100 }
    }
}

impl FeePolicy {
    /// The base fee may grow so many times before a transaction waits: 4 is 11 full blocks in a row.
    const BASE_FEE_FACTOR: u128 = 4;

    /// The most a unit of gas may cost.
    #[must_use]
    pub fn cap(&self) -> WeiPerGas {
        self.max_fee.unwrap_or(WeiPerGas(u128::MAX))
    }

    /// The tip to offer where `usual` is usual.
    fn tip(&self, usual: WeiPerGas) -> WeiPerGas {
        let raised = usual.times(self.premium_percent.into()).0.div_ceil(100);
        WeiPerGas(raised).max(self.tip_floor)
    }

    /// Fee cap and tip under `base_fee`: min(`max_fee`, 4 × base fee + tip). Without a base fee,
    /// `tip` is the chain's gas price.
    #[must_use]
    pub fn quote(&self, base_fee: Option<WeiPerGas>, tip: WeiPerGas) -> FeeQuote {
        let tip = self.tip(tip);
        let max_fee = match base_fee {
            Some(base_fee) => base_fee.times(Self::BASE_FEE_FACTOR) + tip,
            None => tip,
        };
        let max_fee = max_fee.min(self.cap());
        let tip = if base_fee.is_some() { tip.min(max_fee) } else { max_fee };
        FeeQuote { max_fee, tip, legacy: base_fee.is_none() }
    }

    /// A quote whose tip is its cap, so that exactly `max_fee` is paid and a sweep leaves no dust.
    ///
    /// It bears one full block: the base fee grows by an eighth at most, and a quarter is allowed.
    #[must_use]
    pub fn sweep_quote(&self, base_fee: Option<WeiPerGas>, tip: WeiPerGas) -> FeeQuote {
        let tip = self.tip(tip);
        let base = base_fee.unwrap_or_default();
        let price = (base + WeiPerGas(base.0.div_ceil(4)) + tip).min(self.cap());
        FeeQuote { max_fee: price, tip: price, legacy: base_fee.is_none() }
    }
}

/// Returns the lowest quote likely to replace a stuck transaction: both fields a tenth higher,
/// rounded up.
///
/// # Errors
/// [`FeeError::AboveCap`] if `cap` forbids it. Nothing was sent.
///
/// # Source
/// The 10 percent bump is the default of geth and reth (`DEFAULT_PRICE_BUMP` in the latter's
/// `transaction-pool/src/config.rs`); blob transactions need 100 percent there.
pub fn replacement(previous: FeeQuote, cap: WeiPerGas) -> Result<FeeQuote, FeeError> {
    let bump = |fee: WeiPerGas| fee + WeiPerGas(fee.0.div_ceil(10).max(1));
    let quote = FeeQuote { max_fee: bump(previous.max_fee), tip: bump(previous.tip), ..previous };
    if quote.max_fee > cap {
        return Err(FeeError::AboveCap { needed: quote.max_fee, cap });
    }
    Ok(quote)
}

/// Quotes fees from the newest block, and asks for the tip every few blocks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FeeOracle {
    rpc: Rpc,
    follower: FollowerHandle,
    policy: FeePolicy,
    tip: Arc<Mutex<Option<TipReading>>>,
}

#[derive(Clone, Copy, Debug)]
struct TipReading {
    block: u64,
    tip: WeiPerGas,
}

impl FeeOracle {
    /// Blocks after which the tip is asked for again.
    const TIP_BLOCKS: u64 = 10;

    pub(crate) fn new(rpc: Rpc, follower: FollowerHandle, policy: FeePolicy) -> Self {
        Self { rpc, follower, policy, tip: Arc::default() }
    }

    /// What the run is willing to pay.
    #[must_use]
    pub const fn policy(&self) -> &FeePolicy {
        &self.policy
    }

    /// A quote for the next blocks. Usually costs no request.
    ///
    /// # Errors
    /// When the tip is not known yet and cannot be read.
    pub async fn quote(&self) -> Result<FeeQuote, ChainError> {
        let (head, tip) = self.reading().await?;
        Ok(self.policy.quote(head.base_fee, tip))
    }

    /// A quote for returning everything an account has; see [`FeePolicy::sweep_quote`].
    ///
    /// # Errors
    /// When the tip is not known yet and cannot be read.
    pub async fn sweep_quote(&self) -> Result<FeeQuote, ChainError> {
        let (head, tip) = self.reading().await?;
        Ok(self.policy.sweep_quote(head.base_fee, tip))
    }

    async fn reading(&self) -> Result<(Head, WeiPerGas), ChainError> {
        let head = self.follower.head();
        // Held across the request: whoever else needs the tip waits for this answer.
        let mut known = self.tip.lock().await;
        if let Some(known) = *known
            && head.number < known.block + Self::TIP_BLOCKS
        {
            return Ok((head, known.tip));
        }
        match (self.ask(&head).await, *known) {
            (Ok(tip), _) => {
                *known = Some(TipReading { block: head.number, tip });
                Ok((head, tip))
            }
            (Err(_), Some(stale)) => Ok((head, stale.tip)),
            (Err(error), None) => Err(error),
        }
    }

    /// The median tip of the last blocks. Where those were empty, or the node has no history of
    /// fees: the tip it suggests.
    async fn ask(&self, head: &Head) -> Result<WeiPerGas, ChainError> {
        if head.base_fee.is_none() {
            return self.rpc.gas_price().await;
        }
        match self.rpc.fee_history(Self::TIP_BLOCKS).await {
            Ok(history) => {
                if let Some(tip) = history.median_tip() {
                    return Ok(tip);
                }
            }
            Err(error) if error.is_unsupported() => {}
            Err(error) => return Err(error),
        }
        match self.rpc.max_priority_fee().await {
            Err(error) if error.is_unsupported() => Ok(self.policy.tip_floor),
            tip => tip,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use swell_core::units::{Wei, WeiPerGas};

    use super::{FeeError, FeePolicy, FeeQuote, replacement};

    #[test]
    fn the_cap_bears_four_times_the_base_fee() {
        let quote = FeePolicy::default().quote(Some(WeiPerGas(100)), WeiPerGas(7));
        let expected = FeeQuote { max_fee: WeiPerGas(407), tip: WeiPerGas(7), legacy: false };
        assert_eq!(quote, expected);
    }

    #[test]
    fn a_chain_without_base_fee_is_paid_its_gas_price() {
        let quote = FeePolicy::default().quote(None, WeiPerGas(50));
        let expected = FeeQuote { max_fee: WeiPerGas(50), tip: WeiPerGas(50), legacy: true };
        assert_eq!(quote, expected);
    }

    #[test]
    fn a_premium_multiplies_the_tip_and_not_the_base_fee() {
        let policy = FeePolicy { premium_percent: 150, ..FeePolicy::default() };
        let quote = policy.quote(Some(WeiPerGas(100)), WeiPerGas(7));
        assert_eq!((quote.max_fee, quote.tip), (WeiPerGas(411), WeiPerGas(11)));
        assert_eq!(policy.quote(None, WeiPerGas(50)).max_fee, WeiPerGas(75));
    }

    #[test]
    fn a_bump_is_rounded_up_and_never_nothing() {
        let quote = FeeQuote { max_fee: WeiPerGas(101), tip: WeiPerGas(0), legacy: false };
        let bumped = replacement(quote, WeiPerGas(1_000)).unwrap();
        assert_eq!((bumped.max_fee, bumped.tip), (WeiPerGas(112), WeiPerGas(1)));
        let (needed, cap) = (WeiPerGas(112), WeiPerGas(111));
        assert_eq!(replacement(quote, cap), Err(FeeError::AboveCap { needed, cap }));
    }

    #[test]
    fn a_sweep_leaves_nothing_and_takes_no_more_than_there_is() {
        let quote = FeePolicy::default().sweep_quote(Some(WeiPerGas(100)), WeiPerGas(5));
        assert_eq!(quote.max_fee, WeiPerGas(130));
        let fee = 130 * 21_000;
        assert_eq!(quote.sweep_value(Wei::new(fee + 9)), Some(Wei::new(9)));
        assert_eq!(quote.sweep_value(Wei::new(fee)), None);
        assert_eq!(quote.sweep_value(Wei::ZERO), None);
    }

    proptest! {
        #[test]
        fn no_quote_passes_the_cap_and_no_tip_passes_its_quote(
            base in prop::option::of(0_u128..1 << 90),
            tip in 0_u128..1 << 90,
            max_fee in prop::option::of(0_u128..1 << 90),
        ) {
            let policy = FeePolicy { max_fee: max_fee.map(WeiPerGas), ..FeePolicy::default() };
            let base = base.map(WeiPerGas);
            for quote in [policy.quote(base, WeiPerGas(tip)), policy.sweep_quote(base, WeiPerGas(tip))] {
                prop_assert!(quote.max_fee <= policy.cap());
                prop_assert!(quote.tip <= quote.max_fee);
            }
            let sweep = policy.sweep_quote(base, WeiPerGas(tip));
            prop_assert_eq!(sweep.tip, sweep.max_fee, "exactly the cap is paid: no dust");
        }

        #[test]
        fn a_replacement_satisfies_every_node(max_fee in 0_u128..1 << 90, tip in 0_u128..1 << 90) {
            let old = FeeQuote { max_fee: WeiPerGas(max_fee), tip: WeiPerGas(tip), legacy: false };
            let new = replacement(old, WeiPerGas(u128::MAX)).unwrap();
            for (old, new) in [(old.max_fee.0, new.max_fee.0), (old.tip.0, new.tip.0)] {
                prop_assert!(new > old && new * 100 >= old * 110);
            }
        }
    }
}
