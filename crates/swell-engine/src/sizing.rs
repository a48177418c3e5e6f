//! What a wallet must hold, at the fees of the moment.

use std::sync::{Arc, PoisonError, RwLock};

use swell_chain::{ChainHandle, FeeQuote};
use swell_core::submit::SubmitMode;
use swell_core::units::{Gas, Wei, WeiPerGas};
use swell_core::wallet::WalletSizing;
use tokio_util::sync::CancellationToken;

/// What a wallet must hold, at the fees of the moment, which [`renew_fees`] follows.
#[derive(Debug)]
pub struct Sizing {
    wallet: WalletSizing,
    submit: SubmitMode,
    quote: RwLock<FeeQuote>,
}

impl Sizing {
    /// Times a user's transaction can be replaced at a higher fee.
    pub const REPLACEMENTS: u32 = 2;

    /// Sizes by `wallet` and a first quote.
    #[must_use]
    pub fn new(wallet: WalletSizing, quote: FeeQuote) -> Self {
        Self { wallet, submit: SubmitMode::Own, quote: RwLock::new(quote) }
    }

    /// The same, where `submit` says who sends users' calls: only users that send their own hold
    /// money.
    #[must_use]
    pub const fn submitted(mut self, submit: SubmitMode) -> Self {
        self.submit = submit;
        self
    }

    /// Who sends users' calls.
    #[must_use]
    pub const fn submit(&self) -> SubmitMode {
        self.submit
    }

    /// Gas limit of what is sent for one user by others: the transfer to its wallet, or its call.
    #[must_use]
    pub const fn gas_for_user(&self) -> Gas {
        if self.submit.funds_users() { Gas::TRANSFER } else { self.wallet.gas_limit }
    }

    /// Takes the quote of a new block.
    pub fn renew(&self, quote: FeeQuote) {
        *self.quote.write().unwrap_or_else(PoisonError::into_inner) = quote;
    }

    /// The quote of the newest block.
    #[must_use]
    pub fn quote(&self) -> FeeQuote {
        *self.quote.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a new wallet is given.
    #[must_use]
    pub fn wallet_size(&self) -> Wei {
        if !self.submit.funds_users() {
            return Wei::ZERO;
        }
        self.wallet.size(self.quote().max_fee)
    }

    /// Gas limit of the journey's transactions.
    #[must_use]
    pub const fn gas_limit(&self) -> Gas {
        self.wallet.gas_limit
    }

    /// What a wallet that holds `held` must be given on top before its user goes on.
    ///
    /// A wallet is filled for four times the base fee and used down to twice, so that a fee that
    /// moves a little between funding and use costs no second transfer.
    #[must_use]
    pub fn shortfall(&self, held: Wei) -> Option<Wei> {
        if !self.submit.funds_users() {
            return None;
        }
        let quote = self.quote();
        let needed = self.wallet.size(WeiPerGas(quote.max_fee.0.div_ceil(2)));
        (held < needed).then(|| self.wallet.size(quote.max_fee).saturating_sub(held))
    }

    /// The most a unit of gas may cost a wallet that holds `held`.
    #[must_use]
    pub fn fee_max_within(&self, held: Wei) -> WeiPerGas {
        self.wallet.fee_cap_within(held)
    }

    /// The first quote for a wallet that holds `held`: that of the moment, within what leaves its
    /// means room for [`Self::REPLACEMENTS`] replacements.
    #[must_use]
    pub fn quote_within(&self, held: Wei) -> FeeQuote {
        let quote = self.quote();
        let means = (0..Self::REPLACEMENTS).fold(self.fee_max_within(held).0, |means, _| {
            // A tenth more, rounded up, must not pass what was there before.
            (means / 11 * 10).max(means.min(1))
        });
        let max_fee = quote.max_fee.min(WeiPerGas(means));
        FeeQuote { max_fee, tip: quote.tip.min(max_fee), ..quote }
    }
}

/// Renews the quote with every block, until `stop`.
///
/// A task of its own: a node that is slow to tell its tip must not hold up an arrival.
pub(crate) async fn renew_fees(chain: ChainHandle, sizing: Arc<Sizing>, stop: CancellationToken) {
    let mut heads = chain.follower().heads();
    let renewing = async {
        loop {
            heads.changed().await;
            match chain.fees().quote().await {
                Ok(quote) => sizing.renew(quote),
                Err(error) => tracing::warn!(%error, "fees could not be renewed"),
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = renewing => {}
    }
}

#[cfg(test)]
mod tests {
    use swell_chain::replacement;

    use super::*;

    fn sizing(max_fee: u128) -> Sizing {
        let wallet = WalletSizing { value: Wei::ZERO, gas_limit: Gas(979_000) };
        Sizing::new(wallet, quote(max_fee))
    }

    fn quote(max_fee: u128) -> FeeQuote {
        FeeQuote { max_fee: WeiPerGas(max_fee), tip: WeiPerGas(1), legacy: false }
    }

    #[test]
    fn a_small_move_of_the_fee_needs_no_second_transfer() {
        let sizing = sizing(40);
        let held = sizing.wallet_size();
        sizing.renew(quote(79));
        assert_eq!(sizing.shortfall(held), None);
        sizing.renew(quote(100));
        assert_eq!(sizing.shortfall(held), Some(Wei::new(60 * 1_000_000)));
    }

    #[test]
    fn a_user_whose_call_others_send_holds_nothing_and_lacks_nothing() {
        let relayed = sizing(40).submitted(SubmitMode::Relayed);
        assert_eq!((relayed.wallet_size(), relayed.shortfall(Wei::ZERO)), (Wei::ZERO, None));
        assert_eq!(relayed.gas_for_user(), Gas(979_000), "a lane pays for the call");
        assert_eq!(sizing(40).gas_for_user(), Gas::TRANSFER);
    }

    #[test]
    fn a_wallet_never_bids_beyond_its_means() {
        let sizing = sizing(40);
        let held = sizing.wallet_size();
        sizing.renew(quote(79));
        let first = sizing.quote_within(held);
        assert!(first.max_fee < WeiPerGas(40));
        let cap = sizing.fee_max_within(held);
        let second = replacement(first, cap).unwrap();
        assert!(replacement(second, cap).is_ok());
    }
}
