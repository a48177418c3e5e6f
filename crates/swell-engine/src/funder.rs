//! Pays wallets, and proves from the chain's state that they were paid.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{AccountKey, KeyTree};
use swell_core::journey::FailureClass;
use swell_core::run::FundingEnd;
use swell_core::units::Wei;
use swell_core::wallet::WalletIndex;
use swell_net::clock::RunClock;
use tokio_util::sync::CancellationToken;

use crate::error::StepError;
use crate::ledger::Ledger;
use crate::payer::Payer;
use crate::reader::AccountReader;
use crate::treasury::{Treasury, may_have_paid};

/// Pays wallets. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Funder {
    /// Who pays.
    pub payer: Payer,
    /// Where keys come from.
    pub keys: KeyTree,
    /// What must know of an index before it is used.
    pub ledger: Arc<Ledger>,
    /// Where balances are read.
    pub reader: AccountReader,
    /// The run's clock.
    pub clock: RunClock,
    /// Which agent of the run this is.
    pub agent: u32,
    /// Ends funding that has not been sent.
    pub stop: CancellationToken,
    /// Ends waiting for what has been sent.
    pub give_up: CancellationToken,
}

impl Funder {
    /// Times a paid balance is looked for: a node behind a balancer may lag a block or two.
    const PROOFS_MAX: u32 = 10;
    /// After the ledger could not be written.
    const LEDGER_PAUSE: Duration = Duration::from_secs(1);
    /// Between two looks.
    const PROOF_PAUSE: Duration = Duration::from_millis(500);

    /// Pays wallet `index` the `amount` and waits until the chain's state shows it.
    pub(crate) async fn fund(&self, index: WalletIndex, amount: Wei) -> FundingEnd {
        if self.stop.is_cancelled() {
            return FundingEnd::NotSent;
        }
        if let Err(error) = self.ledger.reserve_wallet(index) {
            tracing::error!(%error, index, "no wallet is used that the ledger does not know");
            // A full disk is asked again, and not a thousand times a second.
            self.clock.sleep(Self::LEDGER_PAUSE).await;
            return FundingEnd::NotSent;
        }
        tokio::select! {
            biased;
            end = self.pay(index, amount) => end,
            () = self.give_up.cancelled() => FundingEnd::Unknown,
        }
    }

    /// The key of a wallet that is never paid, once the ledger knows of it.
    pub(crate) async fn reserve(&self, index: WalletIndex) -> AccountKey {
        while let Err(error) = self.ledger.reserve_wallet(index) {
            tracing::error!(%error, index, "no wallet is used that the ledger does not know");
            self.clock.sleep(Self::LEDGER_PAUSE).await;
        }
        self.key(index)
    }

    async fn pay(&self, index: WalletIndex, amount: Wei) -> FundingEnd {
        let wallet = self.key(index).address();
        match self.payer.pay(index, wallet, amount).await {
            Ok(inclusion) if inclusion.success => self.prove(wallet).await,
            Ok(_) => FundingEnd::Unknown,
            Err(error) => {
                tracing::warn!(%error, index, "a wallet could not be funded");
                if may_have_paid(&error) { FundingEnd::Unknown } else { FundingEnd::NotSent }
            }
        }
    }

    /// The key of wallet `index`.
    pub(crate) fn key(&self, index: WalletIndex) -> AccountKey {
        // 2^31 wallets a run are far beyond what its ledger and its relayer could carry.
        self.keys.wallet(self.agent, u32::try_from(index).unwrap_or(KeyTree::INDEX_END - 1))
    }

    async fn prove(&self, wallet: Address) -> FundingEnd {
        for _ in 0..Self::PROOFS_MAX {
            match self.reader.read(wallet).await {
                Some(state) if !state.balance.is_zero() => {
                    return FundingEnd::Funded { balance: state.balance };
                }
                _ => self.clock.sleep(Self::PROOF_PAUSE).await,
            }
        }
        FundingEnd::Unknown
    }
}

/// Tops up leased wallets that have fallen below their need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TopUps {
    treasury: Arc<Treasury>,
}

impl TopUps {
    /// Top-ups out of `treasury`.
    #[must_use]
    pub const fn new(treasury: Arc<Treasury>) -> Self {
        Self { treasury }
    }

    /// Pays `missing` to a leased wallet and waits until it is included.
    ///
    /// # Errors
    /// Class `funding` when it could not be paid.
    pub async fn top_up(
        &self,
        index: WalletIndex,
        wallet: Address,
        missing: Wei,
    ) -> Result<(), StepError> {
        let paid = self.treasury.pay(index, wallet, missing).await;
        paid.map(drop).map_err(|error| StepError::new(FailureClass::Funding, error))
    }
}
