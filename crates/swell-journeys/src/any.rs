//! Whichever journey a run was asked for.

use swell_chain::ChainHandle;
use swell_core::journey::{JourneyOutcome, JourneySpec};
use swell_engine::StepError;
use swell_engine::journey::{Journey, JourneyContext, JourneyNeeds};

use crate::data_portability::DataPortability;
use crate::wallet_only::WalletOnly;

/// Whichever journey a run was asked for.
#[derive(Clone, Debug)]
pub enum AnyJourney {
    /// A user moves its data.
    DataPortability(DataPortability),
    /// A user only gets its wallet.
    WalletOnly(WalletOnly),
}

impl Journey for AnyJourney {
    fn spec(&self) -> JourneySpec {
        match self {
            Self::DataPortability(journey) => journey.spec(),
            Self::WalletOnly(journey) => journey.spec(),
        }
    }

    async fn needs(&self, chain: &ChainHandle) -> Result<JourneyNeeds, StepError> {
        match self {
            Self::DataPortability(journey) => journey.needs(chain).await,
            Self::WalletOnly(journey) => journey.needs(chain).await,
        }
    }

    async fn run(&self, cx: &JourneyContext) -> JourneyOutcome {
        match self {
            Self::DataPortability(journey) => journey.run(cx).await,
            Self::WalletOnly(journey) => journey.run(cx).await,
        }
    }
}
