//! What one user does, and what it may use while doing it.

mod context;
mod transaction;

use std::future::Future;

use swell_chain::ChainHandle;
use swell_core::journey::{JourneyOutcome, JourneySpec, StepId};
use swell_core::units::{Gas, Wei};

pub use context::{JourneyContext, JourneyPorts, UserStart};
pub use transaction::{Call, Sent};

use crate::error::StepError;

/// What one user does.
///
/// Authors never meet a nonce, a fee or a timer: the context has them. A step is anything between
/// [`JourneyContext::step`] and its end; the first is due when the arrival is, a later one when
/// its predecessor ended.
pub trait Journey: Send + Sync + 'static {
    /// Name and steps, known before the run. The step at [`WALLET`] is `wallet`.
    fn spec(&self) -> JourneySpec;

    /// What one user's calls cost, whoever pays for them. Reads from the chain, sends nothing.
    fn needs(
        &self,
        chain: &ChainHandle,
    ) -> impl Future<Output = Result<JourneyNeeds, StepError>> + Send;

    /// Lives one user's life.
    fn run(&self, cx: &JourneyContext) -> impl Future<Output = JourneyOutcome> + Send;
}

/// The step in which a user gets its wallet.
pub const WALLET: StepId = StepId(0);

/// What one user's calls cost: its wallet, or the lane that sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JourneyNeeds {
    /// Gas they use, as estimated at their actual size; without margin.
    pub gas: Gas,
    /// What it pays to others on purpose.
    pub value: Wei,
}
