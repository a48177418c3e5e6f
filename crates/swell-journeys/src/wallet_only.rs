//! A user that gets a wallet, keeps it for a while and goes: what funding can do, and nothing else.

use std::time::Duration;

use swell_chain::ChainHandle;
use swell_core::journey::{JourneyOutcome, JourneySpec, StepId, StepSpec};
use swell_core::units::{Gas, Wei};
use swell_engine::StepError;
use swell_engine::journey::{Journey, JourneyContext, JourneyNeeds};

/// The journey's steps, as every report names them.
const STEPS: [StepSpec; 2] = [StepSpec { name: "wallet" }, StepSpec { name: "hold" }];

const HOLD: StepId = StepId(1);

/// The journey that is only a wallet.
#[derive(Clone, Copy, Debug)]
pub struct WalletOnly {
    /// How long a user keeps its wallet.
    hold: Duration,
}

impl WalletOnly {
    /// Name and steps.
    pub const SPEC: JourneySpec = JourneySpec { name: "wallet", steps: &STEPS };

    /// Users that keep their wallets for `hold`.
    #[must_use]
    pub const fn new(hold: Duration) -> Self {
        Self { hold }
    }
}

impl Journey for WalletOnly {
    fn spec(&self) -> JourneySpec {
        Self::SPEC
    }

    /// Nothing but the way home, which every wallet pays for.
    async fn needs(&self, _chain: &ChainHandle) -> Result<JourneyNeeds, StepError> {
        Ok(JourneyNeeds { gas: Gas(0), value: Wei::ZERO })
    }

    async fn run(&self, cx: &JourneyContext) -> JourneyOutcome {
        cx.obtain_wallet().await?;
        let keep = async {
            cx.clock().sleep(self.hold).await;
            Ok(())
        };
        cx.step(HOLD, keep).await
    }
}
