//! Public networks by name: their addresses, and references to the keys of whoever runs the test.

use swell_core::target::{
    ChainTarget, Contracts, Expected, Funds, KeyRef, KeyRefs, RelayTarget, SafeUrl, ServerRoute,
    ServerTarget, StorageTarget, TARGET_FORMAT, Target,
};
use swell_vana::addresses;

use super::env_file::EnvTarget;

/// A public network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Vana's testnet, whose money is worth nothing.
    #[default]
    Moksha,
    /// Vana's main network, whose money is real.
    Vana,
}

impl Network {
    /// Every network.
    pub const ALL: [Self; 2] = [Self::Moksha, Self::Vana];

    /// The name that chooses it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moksha => "moksha",
            Self::Vana => "vana",
        }
    }

    /// The network called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.name() == name)
    }

    const fn chain_id(self) -> u64 {
        match self {
            Self::Moksha => addresses::MOKSHA_CHAIN_ID,
            Self::Vana => addresses::MAINNET_CHAIN_ID,
        }
    }

    const fn rpc(self) -> &'static str {
        match self {
            Self::Moksha => "https://rpc.moksha.vana.org",
            Self::Vana => "https://rpc.vana.org",
        }
    }

    /// Its public personal server.
    const fn server(self) -> &'static str {
        match self {
            Self::Moksha => "https://test.server.vana.com/api/v1",
            Self::Vana => "https://server.vana.com/api/v1",
        }
    }

    /// The network as a target; `given` names what is to be used instead of its own, `is_set` knows
    /// the variables of the process, whose keys beat those that `given` names.
    #[must_use]
    pub fn target(
        self,
        given: &EnvTarget,
        storage: StorageTarget,
        is_set: &dyn Fn(&str) -> bool,
    ) -> Target {
        let url = |url: &str| SafeUrl::new(url);
        let [relayer, application] = KeyVariables::ROLES;
        Target {
            format: TARGET_FORMAT,
            name: self.name().to_owned(),
            chain: ChainTarget {
                id: self.chain_id(),
                rpc: given.rpc.clone().unwrap_or_else(|| vec![url(self.rpc())]),
                ws: Vec::new(),
                finality_blocks: 3,
                // Of the two, the testnet is known to be one by its chain's id.
                funds: Funds::Real,
            },
            contracts: Contracts {
                permissions: addresses::PERMISSIONS,
                grantees: given.grantees.unwrap_or(addresses::GRANTEES),
                servers: addresses::SERVERS,
                registry: addresses::REGISTRY,
                multicall: Some(addresses::MULTICALL),
                schemas: Some(addresses::SCHEMAS),
            },
            expected: expected(given.server.is_some(), &storage),
            storage,
            server: ServerTarget {
                url: given.server.clone().unwrap_or_else(|| url(self.server())),
                grantee_id: given.grantee_id.unwrap_or(1),
                through: ServerRoute::default(),
                application_url: None,
            },
            relay: given.relay.clone().map(|url| RelayTarget { url }),
            keys: KeyRefs {
                relayer: relayer.choose(given.relayer.as_ref(), is_set),
                application: application.choose(given.application.as_ref(), is_set),
            },
        }
    }
}

/// What is known of the public networks; of a server of one's own, no limits are.
///
/// # Source
/// The published personal server's default rate limits; both chains make a block about every 6 s.
fn expected(is_own_server: bool, storage: &StorageTarget) -> Expected {
    Expected {
        block_s: Some(6.0),
        poll_interval_s: Some(5.0),
        operations_per_hour: (!is_own_server).then_some(100),
        identities_per_minute: (!is_own_server).then_some(120),
        url_chars: storage.url_chars().map(|chars| chars as u64),
        ..Expected::default()
    }
}

/// The variables that may hold a key: this program's own, and the older load test's.
struct KeyVariables {
    ours: &'static str,
    older: &'static str,
}

impl KeyVariables {
    /// The relayer's, and the application's.
    const ROLES: [Self; 2] = [
        Self { ours: "SWELL_RELAYER_KEY", older: "RELAYER_PRIVATE_KEY" },
        Self { ours: "SWELL_APPLICATION_KEY", older: "API_SERVER_PRIVATE_KEY" },
    ];

    /// What the process has, then what a file gives.
    fn choose(self, given: Option<&KeyRef>, is_set: &dyn Fn(&str) -> bool) -> KeyRef {
        let own = |name: &str| KeyRef::Env(name.to_owned());
        match [self.ours, self.older].into_iter().find(|name| is_set(name)) {
            Some(name) => own(name),
            None => given.cloned().unwrap_or_else(|| own(self.ours)),
        }
    }
}
