//! The target of a run, connected: what the check looks at and the run is put together from.

use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use alloy_primitives::{Address, B256};
use swell_chain::{
    AccountKey, ChainError, ChainHandle, ConnectError, FeePolicy, KeyError as ChainKeyError,
    RelayerKey,
};
use swell_core::report::EndpointRow;
use swell_core::seed::Seed;
use swell_core::submit::SubmitMode;
use swell_core::target::{Funds, KeyRef, ServerRoute, Target};
use swell_engine::{Causes, EndpointRows};
use swell_journeys::AnyJourney;
use swell_journeys::data_portability::{
    ApplicationServer, DataPortability, Grantee, PersonalServer, Relay,
    Settings as JourneySettings, Submission,
};
use swell_journeys::storage::{Storage, UploadBook};
use swell_journeys::wallet_only::WalletOnly;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::transport::{SocketConfig, sockets};
use swell_net::{Endpoint, HttpService, NetError};
use swell_sandbox::keys::{PUBLISHED_APPLICATION_KEY, PUBLISHED_RELAYER_KEY};
use swell_sandbox::{NATURAL_URL_CHARS, Sandbox, SandboxConfig, SandboxHost};
use swell_vana::encryption::S2kCount;
use swell_vana::permissions::PermissionDomain;
use swell_vana::schema::DataSchema;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::choice::{JourneyKind, Profile, S2kMode};
use crate::config::{Settings, TargetChoice};
use crate::endpoints::{Endpoints, unreached};
use crate::key::{KeyError, KeyInputs, KeyRing};
use crate::registration;
use crate::storage::{OpenStorage, Purpose, StorageError, open as open_storage};

/// The target of a run, connected.
pub struct Connection {
    /// What is known of it.
    pub target: Target,
    /// The chain, not followed yet.
    pub chain: ChainHandle,
    /// Hash of its first block: by it, chains of the same id are told apart.
    pub genesis: B256,
    /// Who pays.
    pub relayer: RelayerKey,
    /// Who asks for operations.
    pub application: AccountKey,
    /// Whom the application is registered as.
    pub grantee: Grantee,
    /// What the users' data must satisfy.
    pub schema: Option<Arc<DataSchema>>,
    /// The personal server.
    pub server: PersonalServer,
    /// Where data goes.
    pub storage: Storage,
    /// The run's clock.
    pub clock: RunClock,
    /// What should be said aloud, such as a key file that others may read.
    pub warnings: Vec<String>,
    /// The relay, where users' calls go to it.
    relay: Option<Relay>,
    /// Storage and personal server, and the application server and the relay where they are asked.
    beside_chain: Vec<Endpoint>,
    /// Length of the storage's URLs, once it has been tried.
    url_chars: OnceLock<usize>,
    embedded: Option<Embedded>,
}

/// Chain and relayer of a target: all that returning money needs.
#[derive(Debug)]
pub struct ChainSide {
    /// What is known of the target.
    pub target: Target,
    /// The chain, not followed yet.
    pub chain: ChainHandle,
    /// Hash of its first block.
    pub genesis: B256,
    /// Who pays.
    pub relayer: RelayerKey,
    /// What should be said aloud.
    pub warnings: Vec<String>,
}

/// A sandbox that shares the process.
enum Embedded {
    /// On threads of its own, until it is dropped.
    Host { _host: SandboxHost },
    /// On the run's own thread, in virtual time.
    Inline { stop: CancellationToken, tasks: TaskTracker },
}

/// Why a target cannot be put under load.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// A key is missing.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key that is no key of the curve.
    #[error("the {role} key cannot be used")]
    BadKey {
        /// Whose.
        role: &'static str,
        /// Why.
        #[source]
        source: ChainKeyError,
    },
    /// The sandbox takes its published relayer key only.
    #[error(
        "the target {target} is a sandbox, and its relayer key is not the published one; a sandbox \
         has a real chain's id, so transactions of another key could be replayed there"
    )]
    ForeignKeyOnSandbox {
        /// The target.
        target: String,
    },
    /// The sandbox did not start.
    #[error("the embedded sandbox did not start")]
    Sandbox(#[from] swell_sandbox::HostError),
    /// No sockets, or a URL that is none.
    #[error("{what} cannot be reached")]
    Net {
        /// What was to be reached.
        what: String,
        /// Why not.
        #[source]
        source: NetError,
    },
    /// Where data goes cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The target names no RPC endpoint; target files that do not are refused before.
    #[error("the target names no RPC endpoint")]
    NoRpc,
    /// Users' calls are to go to a relay, and there is none.
    #[error(
        "submit = endpoint needs a relay, and the target {target} names none; expected relay.url in the \
         target file, or submit = self or relayed"
    )]
    NoRelay {
        /// The target.
        target: String,
    },
    /// The chain did not answer, or is another one.
    #[error("the chain at {url} cannot be used")]
    Chain {
        /// Where, without credentials.
        url: String,
        /// Why not.
        #[source]
        source: ConnectError,
    },
    /// The chain's first block could not be read.
    #[error("the chain's first block could not be read")]
    Genesis(#[source] ChainError),
    /// The node has forgotten it.
    #[error("the node does not know the chain's first block; choose one that does")]
    NoGenesis,
    /// The grantee is not registered.
    #[error(
        "the contract {contract} knows no grantee {id}{known}; register the application: whoever owns \
         it sends registerGrantee(address owner, address granteeAddress, string publicKey) to that \
         contract with the granteeAddress {application}, and the id it is given goes into the target as \
         server.grantee_id"
    )]
    UnknownGrantee {
        /// The id that was asked for.
        id: u64,
        /// The contract.
        contract: Address,
        /// The application's address.
        application: Address,
        /// What the contract knows instead, as a phrase.
        known: String,
    },
    /// The schema cannot be used.
    #[error("schema {id} of the contract {contract} cannot be used: {why}; schema-id = 0 skips it")]
    Schema {
        /// Its id.
        id: u64,
        /// The contract.
        contract: Address,
        /// Why.
        why: String,
    },
    /// The grantee could not be read.
    #[error("grantee {id} could not be read from the contract {contract}: {why}")]
    Grantee {
        /// Its id.
        id: u64,
        /// The contract.
        contract: Address,
        /// Why.
        why: String,
    },
}

impl Connection {
    /// Starts or reaches the target, and reads what a run must know of it. Sends nothing.
    ///
    /// # Errors
    /// [`ConnectionError`].
    pub async fn open(settings: &Settings, clock: RunClock) -> Result<Self, ConnectionError> {
        let seed = settings.plan.seed;
        let (target, transport, embedded) = reach(settings, &clock)?;
        let mut warnings = Vec::new();
        let keys = KeyRing::default();
        let relayer = relayer(&target, &keys, &mut warnings)?;
        let application = &target.keys.application;
        let application =
            load("application", application, PUBLISHED_APPLICATION_KEY, &keys, &mut warnings)?;
        let endpoints = Endpoints::new(transport, clock.clone(), seed);
        let chain = endpoints.chain(&target, settings.fees).await?;
        let genesis = genesis(&chain).await?;
        let application = application.account().clone();
        let grantee = match settings.journey {
            JourneyKind::DataPortability => {
                registration::grantee(&chain, &target, application.address()).await?
            }
            // Nobody is granted anything.
            JourneyKind::Wallet => Grantee {
                id: target.server.grantee_id,
                address: application.address(),
                permissions: None,
                read_whole: false,
            },
        };
        let schema = match settings.journey {
            JourneyKind::DataPortability => {
                registration::schema(&chain, &target, &endpoints, settings.schema_id).await?
            }
            JourneyKind::Wallet => None,
        };
        warnings.extend(unreached(&chain));
        let opened = open_storage(&target.storage, &endpoints, Purpose::Load).await?;
        let OpenStorage { storage, endpoints: mut beside_chain, warnings: more } = opened;
        warnings.extend(more);
        let server = personal_server(&endpoints, &target, &mut beside_chain)?;
        let relay = relay(&endpoints, settings.plan.limits.submit, &target)?;
        beside_chain.extend(relay.clone());
        Ok(Self {
            storage,
            server,
            relay: relay.map(Relay::new),
            beside_chain,
            url_chars: OnceLock::new(),
            application,
            target,
            chain,
            genesis,
            relayer,
            grantee,
            schema,
            clock,
            warnings,
            embedded,
        })
    }

    /// Gives uploads the names of `run`, and has them noted in its `folder` where they stay until
    /// somebody deletes them.
    ///
    /// # Errors
    /// The file system's.
    pub fn begin_uploads(
        &mut self,
        settings: &Settings,
        run: &str,
        folder: &Path,
    ) -> io::Result<()> {
        let is_noted = settings.journey == JourneyKind::DataPortability && self.storage.keeps();
        let book = if is_noted { Some(UploadBook::open(folder)?) } else { None };
        self.storage = self.storage.for_run(run, book);
        Ok(())
    }

    /// The journey against this target.
    #[must_use]
    pub fn journey(&self, settings: &Settings) -> AnyJourney {
        match settings.journey {
            JourneyKind::DataPortability => {
                AnyJourney::DataPortability(self.data_portability(settings))
            }
            JourneyKind::Wallet => AnyJourney::WalletOnly(WalletOnly::new(settings.hold)),
        }
    }

    fn data_portability(&self, settings: &Settings) -> DataPortability {
        let contracts = self.target.contracts;
        DataPortability::new(JourneySettings {
            contracts,
            domain: PermissionDomain::new(self.target.chain.id, contracts.permissions),
            grantee: self.grantee,
            application: self.application.clone(),
            storage: self.storage.clone(),
            submission: match (settings.plan.limits.submit, &self.relay) {
                (SubmitMode::Endpoint, Some(relay)) => Submission::Relay(relay.clone()),
                (SubmitMode::Relayed, _) => Submission::Lanes,
                _ => Submission::Own,
            },
            server: self.server.clone(),
            server_url: self.target.server.url.expose().to_owned(),
            schema: self.schema.clone(),
            s2k: match settings.s2k {
                S2kMode::Faithful => S2kCount::FAITHFUL,
                S2kMode::Fast => S2kCount::FAST,
            },
            poll_interval: settings.poll_interval,
            url_chars: self.url_chars(),
        })
    }

    /// Length of an object's URL, characters: as the target file expects it, or as the storage gives
    /// it, if that is more, for a transaction that runs out of gas is lost.
    #[must_use]
    pub fn url_chars(&self) -> usize {
        let expected = self.target.expected.url_chars;
        let expected = expected.and_then(|chars| usize::try_from(chars).ok());
        let given = self.url_chars.get().copied().or_else(|| self.target.storage.url_chars());
        expected.max(given).unwrap_or(NATURAL_URL_CHARS)
    }

    /// Remembers how long the storage's URLs are.
    pub(crate) fn measured_url_chars(&self, chars: usize) {
        let _first_wins = self.url_chars.set(chars);
    }

    /// The target's relay, where users' calls go to it.
    #[must_use]
    pub const fn relay(&self) -> Option<&Relay> {
        self.relay.as_ref()
    }

    /// How each endpoint did so far, the chain's first.
    #[must_use]
    pub fn endpoint_rows(&self) -> Vec<EndpointRow> {
        self.endpoint_rows_later().read()
    }

    /// The same for whoever asks again and again while the run goes on.
    #[must_use]
    pub fn endpoint_rows_later(&self) -> EndpointRows {
        let (chain, beside) = (self.chain.clone(), self.beside_chain.clone());
        EndpointRows::new(move || {
            let mut rows = chain.rpc().endpoint_rows();
            rows.extend(beside.iter().map(Endpoint::row));
            rows
        })
    }

    /// Whether a sandbox shares the process.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Between two blocks, as far as is known before the run.
    #[must_use]
    pub fn block_time(&self) -> Duration {
        let expected = self.target.expected.block_s;
        expected.and_then(|s| Duration::try_from_secs_f64(s).ok()).unwrap_or(Duration::from_secs(6))
    }

    /// Ends an embedded sandbox.
    pub async fn close(self) {
        match self.embedded {
            Some(Embedded::Inline { stop, tasks }) => {
                stop.cancel();
                tasks.close();
                tasks.wait().await;
            }
            Some(Embedded::Host { .. }) | None => {}
        }
    }
}

impl ChainSide {
    /// Reaches the chain of `target`. Sends nothing. What had to be asked for is kept in `keys`.
    ///
    /// # Errors
    /// [`ConnectionError`].
    pub async fn open(
        target: Target,
        clock: RunClock,
        keys: &KeyRing,
    ) -> Result<Self, ConnectionError> {
        let transport = sockets(SocketConfig::default())
            .map_err(|source| ConnectionError::Net { what: "the chain".into(), source })?;
        Self::over(target, transport, clock, keys).await
    }

    /// [`Self::open`] over a transport that is there already.
    ///
    /// # Errors
    /// [`ConnectionError`].
    pub async fn over(
        target: Target,
        transport: HttpService,
        clock: RunClock,
        keys: &KeyRing,
    ) -> Result<Self, ConnectionError> {
        /// Spreads the pauses between attempts; nothing else is drawn.
        const SEED: Seed = Seed(0);
        let mut warnings = Vec::new();
        let relayer = relayer(&target, keys, &mut warnings)?;
        let endpoints = Endpoints::new(transport, clock, SEED);
        let chain = endpoints.chain(&target, FeePolicy::default()).await?;
        warnings.extend(unreached(&chain));
        let genesis = genesis(&chain).await?;
        Ok(Self { target, chain, genesis, relayer, warnings })
    }
}

/// Where CPU work of this run goes: threads of its own, or inline in virtual time.
///
/// # Errors
/// The system gives no threads.
pub fn compute(settings: &Settings, clock: &RunClock) -> std::io::Result<Compute> {
    if settings.virtual_time {
        return Ok(Compute::inline(clock.clone()));
    }
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let places = settings.plan.limits.in_flight_max.get() as usize;
    Compute::threads(threads, NonZeroUsize::new(places).unwrap_or(NonZeroUsize::MIN))
}

fn reach(
    settings: &Settings,
    clock: &RunClock,
) -> Result<(Target, HttpService, Option<Embedded>), ConnectionError> {
    match &settings.target {
        TargetChoice::Network { target, .. } | TargetChoice::File { target, .. } => {
            let transport = sockets(SocketConfig::default())
                .map_err(|source| ConnectionError::Net { what: "no target".into(), source })?;
            Ok(((**target).clone(), transport, None))
        }
        TargetChoice::Sandbox { profile } => {
            let config = sandbox_config(*profile, settings.plan.seed);
            if settings.virtual_time {
                return Ok(inline(config, clock));
            }
            let host = SandboxHost::start(config, SandboxHost::THREADS_DEFAULT)?;
            Ok((host.target(), host.service(), Some(Embedded::Host { _host: host })))
        }
    }
}

fn inline(config: SandboxConfig, clock: &RunClock) -> (Target, HttpService, Option<Embedded>) {
    let sandbox = Sandbox::new(config, clock.clone());
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let running = sandbox.clone();
    let token = stop.clone();
    tasks.spawn(async move { running.run(token).await });
    let (target, service) = (sandbox.target(), sandbox.service());
    (target, service, Some(Embedded::Inline { stop, tasks }))
}

/// The sandbox that plays `profile`.
#[must_use]
pub fn sandbox_config(profile: Profile, seed: Seed) -> SandboxConfig {
    let profile = match profile {
        Profile::Fast => swell_sandbox::Profile::Fast,
        Profile::Moksha => swell_sandbox::Profile::Moksha,
        Profile::Staging => swell_sandbox::Profile::Staging,
    };
    SandboxConfig::of(profile, seed)
}

fn relayer(
    target: &Target,
    keys: &KeyRing,
    warnings: &mut Vec<String>,
) -> Result<RelayerKey, ConnectionError> {
    let relayer = load("relayer", &target.keys.relayer, PUBLISHED_RELAYER_KEY, keys, warnings)?;
    refuse_foreign_key(target, &relayer)?;
    Ok(relayer)
}

fn load(
    role: &'static str,
    reference: &KeyRef,
    published: B256,
    keys: &KeyRing,
    warnings: &mut Vec<String>,
) -> Result<RelayerKey, ConnectionError> {
    let loaded = keys.load(role, reference, published, &KeyInputs::of_process())?;
    warnings.extend(loaded.warnings);
    RelayerKey::from_bytes(*loaded.key.expose())
        .map_err(|source| ConnectionError::BadKey { role, source })
}

fn refuse_foreign_key(target: &Target, relayer: &RelayerKey) -> Result<(), ConnectionError> {
    let published = swell_sandbox::keys::RELAYER_ADDRESS;
    if target.chain.funds == Funds::Sandbox && relayer.account().address() != published {
        return Err(ConnectionError::ForeignKeyOnSandbox { target: target.name.clone() });
    }
    Ok(())
}

/// The personal server, asked as the target says; `used` learns which endpoints that takes.
fn personal_server(
    endpoints: &Endpoints,
    target: &Target,
    used: &mut Vec<Endpoint>,
) -> Result<PersonalServer, ConnectionError> {
    let endpoint = endpoints.at("server", &target.server.url)?;
    used.push(endpoint.clone());
    let server = PersonalServer::new(endpoint);
    match (target.server.through, &target.server.application_url) {
        (ServerRoute::Application, Some(url)) => {
            let endpoint = endpoints.at("application", url)?;
            used.push(endpoint.clone());
            Ok(server.through(ApplicationServer { endpoint, chain_id: target.chain.id }))
        }
        // A target file that asks for it without a URL is refused before.
        (ServerRoute::Application, None) | (ServerRoute::Direct, _) => Ok(server),
    }
}

/// The target's relay, where users' calls go to it.
fn relay(
    endpoints: &Endpoints,
    submit: SubmitMode,
    target: &Target,
) -> Result<Option<Endpoint>, ConnectionError> {
    if submit != SubmitMode::Endpoint {
        return Ok(None);
    }
    let none = || ConnectionError::NoRelay { target: target.name.clone() };
    let relay = target.relay.as_ref().ok_or_else(none)?;
    endpoints.at("relay", &relay.url).map(Some)
}

async fn genesis(chain: &ChainHandle) -> Result<B256, ConnectionError> {
    let first = chain.rpc().block(0).await.map_err(ConnectionError::Genesis)?;
    first.map(|block| block.header.hash).ok_or(ConnectionError::NoGenesis)
}

/// An error with its causes, as one sentence.
#[must_use]
pub fn sentence(error: &(dyn std::error::Error + 'static)) -> String {
    Causes(error).to_string()
}
