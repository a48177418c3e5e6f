//! What a sandbox is told before it begins.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use swell_core::seed::Seed;
use swell_core::target::Expected;
use swell_core::units::Gas;
use swell_vana::server::ServerGeneration;

use crate::chain::Retain;
use crate::delay::Delay;
use crate::profile::Profile;
use crate::relay::RelayAnswers;
use crate::server::RateLimits;
use crate::store::StoreLimits;

/// Base URL of a sandbox in the same process: nothing listens there.
pub const IN_PROCESS_URL: &str = "http://sandbox.localhost";

/// Everything that can be set about a sandbox. Begin with [`SandboxConfig::of`].
#[derive(Clone, Debug, PartialEq)]
pub struct SandboxConfig {
    /// The target it plays.
    pub profile: Profile,
    /// Every drawn delay and failure comes from here.
    pub seed: Seed,
    /// Which personal server it plays.
    pub generation: ServerGeneration,
    /// In which words the relay answers.
    pub relay_answers: RelayAnswers,
    /// How the personal server reads the grantee.
    pub grantees: Grantees,
    /// How long finished users are remembered.
    pub retain: Retain,
    /// Faults of the chain's RPC.
    pub rpc: PartKnobs,
    /// Faults of the object store.
    pub store: PartKnobs,
    /// Faults of the personal server, and of the application server.
    pub server: PartKnobs,
    /// Faults of the relay.
    pub relay: PartKnobs,
    /// How long an operation takes.
    pub operation_time: Delay,
    /// Share of operations that end as `failed`, 0 to 1.
    pub operation_failure_rate: f64,
    /// Operations under way at once that the inference provider accepts; more are refused.
    pub operations_max: usize,
    /// The personal server's rate limits.
    pub rate_limits: RateLimits,
    /// The base fee.
    pub base_fee: BaseFee,
    /// Gas a block may use.
    pub gas_limit: Gas,
    /// Time between two blocks.
    pub block_time: Duration,
    /// The least length of a stored object's URL, in characters; it is paid for in gas.
    pub url_chars: usize,
    /// What the store takes.
    pub store_limits: StoreLimits,
    /// Files decrypted at once.
    pub decryptions_max: usize,
    /// Where clients reach the sandbox, without a trailing slash.
    pub base_url: String,
    /// Blocks that a reorganisation can take back; for each of them a copy of the state is kept.
    pub undo_blocks_max: usize,
}

/// How the personal server reads the grantee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grantees {
    /// With `granteesV2`, whose cost stays the same.
    #[default]
    Modern,
    /// With `grantees`, which returns every permission ever granted and at last exceeds the gas
    /// that a call may use.
    Legacy,
}

/// The base fee, in wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseFee {
    /// Begins here and moves with demand.
    Initial(u64),
    /// Stays here.
    Pinned(u64),
}

/// Faults of one part of the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartKnobs {
    /// How long each request waits before it is looked at.
    pub latency: Delay,
    /// Share of requests refused with status 503 before they are looked at, 0 to 1.
    pub error_rate: f64,
}

impl PartKnobs {
    const fn latency(latency: Delay) -> Self {
        Self { latency, error_rate: 0.0 }
    }
}

impl SandboxConfig {
    /// The settings of `profile`, in the same process.
    #[must_use]
    pub fn of(profile: Profile, seed: Seed) -> Self {
        let [rpc, store, server] = profile.latencies().map(PartKnobs::latency);
        Self {
            profile,
            seed,
            generation: ServerGeneration::default(),
            relay_answers: RelayAnswers::default(),
            grantees: Grantees::default(),
            retain: Retain::default(),
            rpc,
            store,
            server,
            relay: server,
            operation_time: profile.operation_time(),
            operation_failure_rate: 0.0,
            operations_max: 100_000,
            rate_limits: profile.rate_limits(),
            base_fee: BaseFee::Initial(1_000_000_000),
            gas_limit: profile.gas_limit(),
            block_time: profile.block_time(),
            url_chars: profile.url_chars(),
            store_limits: StoreLimits::default(),
            decryptions_max: 2,
            base_url: IN_PROCESS_URL.to_owned(),
            undo_blocks_max: 0,
        }
    }

    /// How long what a finished user leaves behind is kept; `None` for ever.
    #[must_use]
    pub fn retention(&self) -> Option<Duration> {
        match self.retain {
            Retain::Blocks(blocks) => {
                Some(self.block_time.saturating_mul(u32::try_from(blocks).unwrap_or(u32::MAX)))
            }
            Retain::All => None,
        }
    }

    /// What a run can expect: the profile's figures, with what was set otherwise.
    #[must_use]
    pub fn expected(&self) -> Expected {
        let profile = self.profile.expected();
        let longer = |ours: Duration, usual: Duration| ours.as_secs_f64() - usual.as_secs_f64();
        let more_s = longer(self.block_time, self.profile.block_time())
            + longer(self.operation_time.mean(), self.profile.operation_time().mean());
        let url_chars = self.url_chars.max(crate::profile::NATURAL_URL_CHARS);
        Expected {
            journey_s: profile.journey_s.map(|journey_s| (journey_s + more_s).max(0.0)),
            block_s: Some(self.block_time.as_secs_f64()),
            operations_per_hour: self.rate_limits.operations_per_hour,
            identities_per_minute: self.rate_limits.identities_per_minute,
            url_chars: Some(url_chars as u64),
            ..profile
        }
    }
}
