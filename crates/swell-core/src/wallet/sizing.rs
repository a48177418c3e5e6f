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
}

impl WalletSizing {
    /// Room above the estimate: user data and signatures differ a little in size.
    pub const GAS_MARGIN: f64 = 1.15;

    /// What a wallet must hold to live its journey and be swept when no unit of gas costs more
    /// than `fee_cap`: value + (gas limit + 21,000) × cap.
    #[must_use]
    pub fn size(&self, fee_cap: WeiPerGas) -> Wei {
        self.value + fee_cap * (self.gas_limit + Gas::TRANSFER)
    }

    /// The most a unit of gas may cost a wallet that holds `balance`.
    #[must_use]
    pub fn fee_cap_within(&self, balance: Wei) -> WeiPerGas {
        let gas = (self.gas_limit + Gas::TRANSFER).0.max(1);
        let cap = balance.saturating_sub(self.value).0 / alloy_primitives::U256::from(gas);
        WeiPerGas(u128::try_from(cap).unwrap_or(u128::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_holds_value_gas_and_its_own_sweep() {
        let sizing = WalletSizing { value: Wei::new(7), gas_limit: Gas(1_000_000) };
        assert_eq!(sizing.size(WeiPerGas(42)), Wei::new(7 + 42 * 1_021_000));
    }

    #[test]
    fn a_wallet_bids_no_more_than_it_holds() {
        let sizing = WalletSizing { value: Wei::new(7), gas_limit: Gas(1_000_000) };
        let held = sizing.size(WeiPerGas(42));
        assert_eq!(sizing.fee_cap_within(held), WeiPerGas(42));
        assert_eq!(sizing.fee_cap_within(Wei::new(3)), WeiPerGas(0));
    }
}
