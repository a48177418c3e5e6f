//! The targets that the sandbox can play.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use swell_core::target::Expected;
use swell_core::units::Gas;

use crate::chain::PoolLimits;
use crate::delay::Delay;
use crate::server::RateLimits;

/// About as long as a stored object's URL is when nothing lengthens it, in characters.
pub const NATURAL_URL_CHARS: usize = 190;

/// Length of a signed URL of version 2 at Google Cloud Storage, in characters: the length that
/// gas figures of real runs are based on.
pub const SIGNED_URL_CHARS: usize = 578;

/// A target that the sandbox can play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// A local target that is never the bottleneck: blocks of 1 s, ample gas, operations of about
    /// 2 s, no rate limits.
    #[default]
    Fast,
    /// The Moksha testnet with its personal server: blocks of 6 s, 30M gas, operations of 10 to
    /// 30 s, the server's rate limits.
    Moksha,
    /// Moksha made fit for a full-scale run: 120M gas and no rate limits.
    Staging,
}

impl Profile {
    /// The profile's name, as options and reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Moksha => "moksha",
            Self::Staging => "staging",
        }
    }

    /// What a run can expect of this target.
    #[must_use]
    pub fn expected(self) -> Expected {
        let limits = self.rate_limits();
        let (journey_s, poll_interval_s) = match self {
            Self::Fast => (4.0, 0.5),
            Self::Moksha | Self::Staging => (30.0, 5.0),
        };
        Expected {
            journey_s: Some(journey_s),
            block_s: Some(self.block_time().as_secs_f64()),
            operations_per_hour: limits.operations_per_hour,
            identities_per_minute: limits.identities_per_minute,
            url_chars: Some(self.url_chars().max(NATURAL_URL_CHARS) as u64),
            poll_interval_s: Some(poll_interval_s),
            rpc_per_s: None,
        }
    }

    /// Time between two blocks.
    #[must_use]
    pub const fn block_time(self) -> Duration {
        match self {
            Self::Fast => Duration::from_secs(1),
            Self::Moksha | Self::Staging => Duration::from_secs(6),
        }
    }

    /// Gas a block may use. Half of it is what can be sustained.
    #[must_use]
    pub const fn gas_limit(self) -> Gas {
        match self {
            // 1,200 journeys a second of 1.65M gas each, sustained.
            Self::Fast => Gas(4_000_000_000),
            Self::Moksha => Gas(30_000_000),
            Self::Staging => Gas(120_000_000),
        }
    }

    /// How long an operation takes.
    #[must_use]
    pub const fn operation_time(self) -> Delay {
        match self {
            Self::Fast => Delay::uniform_ms(1_500, 2_500),
            Self::Moksha | Self::Staging => Delay::uniform_ms(10_000, 30_000),
        }
    }

    /// The personal server's rate limits.
    #[must_use]
    pub const fn rate_limits(self) -> RateLimits {
        match self {
            Self::Fast | Self::Staging => RateLimits::NONE,
            Self::Moksha => RateLimits::PUBLISHED,
        }
    }

    /// What the mempool takes.
    pub(crate) fn pool_limits(self) -> PoolLimits {
        match self {
            Self::Fast => PoolLimits::default(),
            Self::Moksha | Self::Staging => PoolLimits::PUBLIC_NODE,
        }
    }

    /// The least length of a stored object's URL, in characters.
    pub(crate) const fn url_chars(self) -> usize {
        match self {
            Self::Fast => 0,
            Self::Moksha | Self::Staging => SIGNED_URL_CHARS,
        }
    }

    /// How long the RPC, the store and the personal server take to answer, in this order.
    pub(crate) const fn latencies(self) -> [Delay; 3] {
        match self {
            Self::Fast => [Delay::None; 3],
            Self::Moksha | Self::Staging => {
                [Delay::uniform_ms(10, 50), Delay::uniform_ms(50, 150), Delay::uniform_ms(70, 200)]
            }
        }
    }
}

/// A name that no profile has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox has no profile {found:?}, expected fast, moksha or staging")]
pub struct UnknownProfile {
    /// The name found.
    pub found: String,
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        [Self::Fast, Self::Moksha, Self::Staging]
            .into_iter()
            .find(|profile| profile.as_str() == name)
            .ok_or_else(|| UnknownProfile { found: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for profile in [Profile::Fast, Profile::Moksha, Profile::Staging] {
            assert_eq!(profile.as_str().parse(), Ok(profile));
        }
        let error = "fats".parse::<Profile>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the sandbox has no profile \"fats\", expected fast, moksha or staging"
        );
    }

    #[test]
    fn fast_sustains_300_journeys_a_second() {
        let per_block = Profile::Fast.gas_limit().0 / 2;
        let journeys_per_s = 300 * Profile::Fast.block_time().as_secs();
        assert!(per_block > journeys_per_s * (1_650_000 + 4 * 21_000));
    }

    #[test]
    fn only_moksha_has_rate_limits() {
        assert_eq!(Profile::Moksha.expected().operations_per_hour, Some(100));
        assert_eq!(Profile::Fast.expected().operations_per_hour, None);
        assert_eq!(Profile::Staging.expected().operations_per_hour, None);
    }
}
