//! The system under load: what a target file says. References to keys, never keys.

mod keys;
mod relay;
mod server;
mod storage;

use std::fmt;

use alloy_primitives::Address;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

pub use keys::{EnvFileRef, KeyRef, KeyRefs, KeystoreRef, PasswordRef};
pub use relay::RelayTarget;
pub use server::{ServerRoute, ServerTarget};
pub use storage::{
    GcsTarget, GcsUrls, LocalTarget, PinataTarget, S3Target, S3Urls, SecretRef, StorageTarget,
};

/// Version of the target file's format.
pub const TARGET_FORMAT: u32 = 1;

/// The system under load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// [`TARGET_FORMAT`].
    pub format: u32,
    /// The name reports use.
    pub name: String,
    /// The chain.
    pub chain: ChainTarget,
    /// Contracts of the data portability protocol.
    pub contracts: Contracts,
    /// Where user data goes.
    pub storage: StorageTarget,
    /// The personal server.
    pub server: ServerTarget,
    /// The HTTP relay, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<RelayTarget>,
    /// Where the keys are.
    pub keys: KeyRefs,
    /// What is known of the target before the run; the check's arithmetic uses it and says so.
    #[serde(default)]
    pub expected: Expected,
}

/// The chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainTarget {
    /// The id every endpoint must answer with.
    pub id: u64,
    /// JSON-RPC endpoints.
    pub rpc: Vec<SafeUrl>,
    /// WebSocket endpoints that announce new blocks: one URL, or several to fall back to. Without
    /// any, blocks are polled for.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub ws: Vec<SafeUrl>,
    /// Blocks until a transaction counts as final.
    #[serde(default = "ChainTarget::finality_blocks_default")]
    pub finality_blocks: u64,
    /// What the chain's money is worth.
    #[serde(default)]
    pub funds: Funds,
}

impl ChainTarget {
    const fn finality_blocks_default() -> u64 {
        3
    }
}

/// Reads a URL, or a list of them.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SafeUrl>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<SafeUrl>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a URL or a list of URLs")
        }
        fn visit_str<E>(self, url: &str) -> Result<Vec<SafeUrl>, E> {
            Ok(vec![SafeUrl::new(url)])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut urls: A) -> Result<Vec<SafeUrl>, A::Error> {
            let mut read = Vec::new();
            while let Some(url) = urls.next_element()? {
                read.push(url);
            }
            Ok(read)
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

/// What a chain's money is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Funds {
    /// Nothing: a development chain of one's own. Refused for chain 1480.
    Worthless,
    /// Something. The default, and what every unknown chain is taken for.
    #[default]
    Real,
    /// Nothing: Swell's own sandbox, which knows one published relayer key and refuses others.
    Sandbox,
}

/// Contracts of the data portability protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contracts {
    /// `DataPortabilityPermissions`.
    pub permissions: Address,
    /// `DataPortabilityGrantees`.
    pub grantees: Address,
    /// `DataPortabilityServers`.
    pub servers: Address,
    /// `DataRegistry`.
    pub registry: Address,
    /// `Multicall3`, where there is one.
    pub multicall: Option<Address>,
    /// `DataRefinerRegistry`, which knows schemas. Absent means where Vana's networks have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schemas: Option<Address>,
}

/// What is known of a target before the run. Absent means unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// How long one journey takes, seconds.
    pub journey_s: Option<f64>,
    /// Seconds between blocks.
    pub block_s: Option<f64>,
    /// Operations the server takes from one address an hour; absent means no limit is known.
    pub operations_per_hour: Option<u64>,
    /// Identity requests the server takes from one address a minute.
    pub identities_per_minute: Option<u64>,
    /// Length of a stored object's URL, characters: it is paid for in gas.
    pub url_chars: Option<u64>,
    /// How often a user asks for its result, seconds.
    pub poll_interval_s: Option<f64>,
    /// Requests the RPC endpoints take together a second; absent means no limit is known.
    pub rpc_per_s: Option<f64>,
}

/// A URL that may carry credentials: written to files as it is, shown without them.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SafeUrl(String);

impl SafeUrl {
    /// Wraps `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL with its credentials, to connect with. Never to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Scheme and host only: a user, a password, a path or a query may each be a key.
    fn redacted(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return "(not a URL)".into();
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let more = if rest.len() > authority.len() + 1 { "/…" } else { "" };
        format!("{scheme}://{host}{more}")
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeUrl({})", self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::{ChainTarget, SafeUrl};

    #[test]
    fn announcers_are_one_url_or_several() {
        let chain = |ws: serde_json::Value| {
            serde_json::from_value::<ChainTarget>(
                serde_json::json!({"id": 1, "rpc": ["http://h"], "ws": ws}),
            )
        };
        let (one, two) = ("ws://a/KEY", "wss://b");
        assert_eq!(chain(one.into()).unwrap().ws, [SafeUrl::new(one)]);
        assert_eq!(chain(vec![one, two].into()).unwrap().ws, [one, two].map(SafeUrl::new));
        let error = chain(5.into()).unwrap_err().to_string();
        assert!(error.contains("a URL or a list of URLs"), "{error}");
        let written = serde_json::to_value(chain(one.into()).unwrap()).unwrap();
        assert_eq!(chain(written["ws"].clone()).unwrap().ws, [SafeUrl::new(one)]);
    }

    #[test]
    fn a_shown_url_has_no_credentials() {
        for (url, shown) in [
            ("https://user:pass@rpc.example/v2/KEY?token=abc", "https://rpc.example/…"),
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("http://127.0.0.1:8545/", "http://127.0.0.1:8545"),
            ("https://rpc.example?apikey=1", "https://rpc.example/…"),
            ("secret", "(not a URL)"),
        ] {
            assert_eq!(SafeUrl::new(url).to_string(), shown);
            assert!(!format!("{:?}", SafeUrl::new(url)).contains("KEY"));
        }
    }
}
