//! How users' calls fared that lanes or a relay sent for them.

use serde::{Deserialize, Serialize};

use super::{Blocks, Latency};
use crate::submit::SubmitMode;
use crate::units::Wei;

/// How users' calls fared that lanes or a relay sent for them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relay {
    /// Who sent them.
    pub submit: SubmitMode,
    /// Calls whose hash became known.
    pub calls: u64,
    /// From the user's signature until a lane had signed the transaction; lanes only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queue_ms: Option<Latency>,
    /// From there, or from the request to the relay, until the hash was known.
    pub hash_ms: Latency,
    /// Calls that a block includes, reverted ones too.
    pub included: u64,
    /// From the hash until the block had been read.
    pub inclusion_ms: Latency,
    /// The same in blocks: 1 is the first block after the newest one known then.
    pub inclusion_blocks: Blocks,
    /// Times that a nonce of a lane was free below one in flight; lanes only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonce_gaps: Option<u64>,
    /// Times that the relay was asked how a call is; relays only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub polls: Option<u64>,
    /// What a user's call cost whoever sent it.
    pub cost: RelayCost,
}

/// What a user's call cost whoever sent it: gas used × effective price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RelayCost {
    /// Gas it used, on average.
    pub gas_mean: f64,
    /// Wei, on average.
    pub mean_wei: Wei,
    /// Wei, at most.
    pub max_wei: Wei,
}
