//! What to pay for gas.

use std::sync::Arc;

use swell_core::units::WeiPerGas;
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
}

impl Default for FeePolicy {
    /// No cap of its own, and a tip of at least 1 wei per gas: some pools refuse none at all.
    fn default() -> Self {
        Self { max_fee: None, tip_floor: WeiPerGas(1) }
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

    /// Fee cap and tip under `base_fee`: min(`max_fee`, 4 × base fee + tip). Without a base fee,
    /// `tip` is the chain's gas price.
    #[must_use]
    pub fn quote(&self, base_fee: Option<WeiPerGas>, tip: WeiPerGas) -> FeeQuote {
        let tip = tip.max(self.tip_floor);
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
        let tip = tip.max(self.tip_floor);
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

    /// The node's suggestion; where it has none, the median tip of the last blocks.
    async fn ask(&self, head: &Head) -> Result<WeiPerGas, ChainError> {
        if head.base_fee.is_none() {
            return self.rpc.gas_price().await;
        }
        match self.rpc.max_priority_fee().await {
            Ok(tip) => Ok(tip),
            Err(error) if error.is_unsupported() => {
                let history = self.rpc.fee_history(Self::TIP_BLOCKS).await?;
                Ok(history.median_tip().unwrap_or(self.policy.tip_floor))
            }
            Err(error) => Err(error),
        }
    }
}
