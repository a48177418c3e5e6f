//! How much money one wallet needs: computed, never guessed.

use crate::units::{Gas, Wei, WeiPerGas};

/// What one user's wallet must be able to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletSizing {
    /// What the journey pays to others on purpose.
    pub value: Wei,
    /// Gas limit of the journey's transactions together: one estimate a run, times
    /// [`WalletSizing::GAS_MARGIN`].
    pub gas_limit: Gas,
    /// Highest price of gas allowed, if the user set one.
    pub max_fee: Option<WeiPerGas>,
}

impl WalletSizing {
    /// Room above the estimate: user data and signatures differ a little in size.
    pub const GAS_MARGIN: f64 = 1.15;
    /// How many times the base fee may grow between sizing and sending: 12.5 % a full block,
    /// so twelve full blocks in a row.
    const BASE_FEE_HEADROOM: u128 = 4;

    /// The highest fee per gas that transactions may bid now: min(max fee, 4 × base fee + tip).
    #[must_use]
    pub fn fee_cap(&self, base_fee: WeiPerGas, tip: WeiPerGas) -> WeiPerGas {
        let cap = base_fee.times(Self::BASE_FEE_HEADROOM) + tip;
        self.max_fee.map_or(cap, |max| cap.min(max))
    }

    /// What a wallet must hold to live its journey and be swept: value + (gas limit + 21,000) × cap.
    #[must_use]
    pub fn size(&self, fee_cap: WeiPerGas) -> Wei {
        self.value + fee_cap * (self.gas_limit + Gas::TRANSFER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_holds_value_gas_and_its_own_sweep() {
        let sizing = WalletSizing { value: Wei::new(7), gas_limit: Gas(1_000_000), max_fee: None };
        let cap = sizing.fee_cap(WeiPerGas(10), WeiPerGas(2));
        assert_eq!(cap, WeiPerGas(42));
        assert_eq!(sizing.size(cap), Wei::new(7 + 42 * 1_021_000));
    }

    #[test]
    fn the_users_cap_wins_when_it_is_lower() {
        let sizing =
            WalletSizing { value: Wei::ZERO, gas_limit: Gas(1), max_fee: Some(WeiPerGas(20)) };
        assert_eq!(sizing.fee_cap(WeiPerGas(10), WeiPerGas(2)), WeiPerGas(20));
    }
}
