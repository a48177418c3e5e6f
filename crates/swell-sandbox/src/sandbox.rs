//! The sandbox: chain, object store, servers and relay behind one router.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy_primitives::U256;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use swell_core::target::{
    ChainTarget, Contracts, Funds, KeyRef, KeyRefs, RelayTarget, SafeUrl, ServerRoute,
    ServerTarget, StorageTarget, TARGET_FORMAT, Target,
};
use swell_core::units::Wei;
use swell_net::HttpService;
use swell_net::clock::RunClock;
use swell_vana::permissions::contracts::DataPortabilityPermissions::permissionsCountCall;
use swell_vana::permissions::{decode_return, encode};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::application::{self, Application};
use crate::chain::{self, ChainConfig, GenesisAccount, SharedChain};
use crate::config::{BaseFee, SandboxConfig};
use crate::contracts;
use crate::faults::Faults;
use crate::keys::{
    APPLICATION_ADDRESS, GRANTEE_ID, RELAY_ADDRESS, RELAYER_ADDRESS, RELAYER_TOKENS,
};
use crate::relay::{self, Relay};
use crate::remote_chain::RemoteChain;
use crate::server::{ContractCalls, Downloads, PersonalServer};
use crate::service;
use crate::stats::SandboxStats;
use crate::store::ObjectStore;

/// How long open connections may take to end once the sandbox is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// The embedded target. Cheap to clone; all clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    config: SandboxConfig,
    clock: RunClock,
    /// Idle where there is a remote one.
    chain: SharedChain,
    remote: Option<RemoteChain>,
    store: Arc<ObjectStore>,
    server: Arc<PersonalServer>,
    application: Arc<Application>,
    /// Beside a remote chain there is none.
    relay: Option<Arc<Relay>>,
    faults: PartFaults,
    transactions: AtomicU64,
}

struct PartFaults {
    rpc: Arc<Faults>,
    store: Arc<Faults>,
    server: Arc<Faults>,
    application: Arc<Faults>,
    relay: Arc<Faults>,
}

impl Sandbox {
    /// A sandbox at its genesis. [`Sandbox::run`] makes its blocks.
    ///
    /// # Panics
    /// Never: the one fallible part reads a constant.
    #[must_use]
    pub fn new(config: SandboxConfig, clock: RunClock) -> Self {
        Self::with(config, clock, None, None)
    }

    /// A sandbox at its genesis whose personal server fetches what lies elsewhere over `network`:
    /// the sandbox itself opens no connections.
    ///
    /// # Panics
    /// Never: the one fallible part reads a constant.
    #[must_use]
    pub fn with_network(config: SandboxConfig, clock: RunClock, network: HttpService) -> Self {
        Self::with(config, clock, None, Some(network))
    }

    /// An object store and a personal server for `chain`, which must hold the contracts.
    ///
    /// # Panics
    /// Never: the one fallible part reads a constant.
    #[must_use]
    pub fn beside_chain(config: SandboxConfig, clock: RunClock, chain: RemoteChain) -> Self {
        Self::with(config, clock, Some(chain), None)
    }

    fn with(
        mut config: SandboxConfig,
        clock: RunClock,
        remote: Option<RemoteChain>,
        network: Option<HttpService>,
    ) -> Self {
        config.base_url.truncate(config.base_url.trim_end_matches('/').len());
        let chain = SharedChain::new(chain_config(&config, &clock));
        let store = Arc::new(ObjectStore::new(&config, clock.clone()));
        let calls: Box<dyn ContractCalls> = match &remote {
            Some(remote) => Box::new(remote.clone()),
            None => Box::new(chain.clone()),
        };
        let downloads = Downloads::new(Arc::clone(&store), network, clock.clone());
        let server = PersonalServer::new(&config, calls, downloads, clock.clone())
            .expect("the published mnemonic has twelve words");
        let server = Arc::new(server);
        let application = Application::new(&config, Arc::clone(&server), clock.clone());
        let application = Arc::new(application.expect("the published key is valid"));
        let relay = Relay::new(&config, chain.clone(), clock.clone());
        let relay = Arc::new(relay.expect("the published key is valid"));
        let relay = remote.is_none().then_some(relay);
        let faults = |knobs, component| Faults::new(knobs, component, config.seed, clock.clone());
        let faults = PartFaults {
            rpc: faults(config.rpc, "sandbox.faults.rpc"),
            store: faults(config.store, "sandbox.faults.store"),
            server: faults(config.server, "sandbox.faults.server"),
            application: faults(config.server, "sandbox.faults.application"),
            relay: faults(config.relay, "sandbox.faults.relay"),
        };
        let transactions = AtomicU64::new(0);
        let inner = Inner {
            config,
            clock,
            chain,
            remote,
            store,
            server,
            application,
            relay,
            faults,
            transactions,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Everything over HTTP: JSON-RPC at `/` and `/rpc`, the store at `/objects`, the personal
    /// server at `/api/v1`, the application server at `/identity` and `/api/trusted-server`, the
    /// relay at `/api/relay`, the definition of schema 1 at `/schemas/1`, and `/health` and
    /// `/sandbox/stats`. Beside a remote chain there is neither JSON-RPC nor a relay.
    pub fn router(&self) -> Router {
        let PartFaults { rpc, store, server, application, relay } = &self.inner.faults;
        let store = Arc::clone(store).before(crate::store::routes(Arc::clone(&self.inner.store)));
        let server =
            Arc::clone(server).before(crate::server::routes(Arc::clone(&self.inner.server)));
        let own = Router::new()
            .route("/health", get(health))
            .route("/sandbox/stats", get(stats))
            .route(crate::schema::PATH, get(crate::schema::definition))
            .with_state(self.clone());
        let application = Arc::clone(application)
            .before(application::routes(Arc::clone(&self.inner.application)));
        let router =
            Router::new().merge(own).merge(store).merge(application).nest("/api/v1", server);
        let Some(service) = &self.inner.relay else { return router };
        let relay = Arc::clone(relay).before(relay::routes(Arc::clone(service)));
        let router = router.merge(relay);
        let rpc = Arc::clone(rpc).before(chain::router(self.inner.chain.clone()));
        router.nest("/rpc", rpc.clone()).merge(rpc)
    }

    /// [`Sandbox::router`] as a service in the caller's own runtime: virtual time and tests.
    #[must_use]
    pub fn service(&self) -> HttpService {
        service::in_process(self.router())
    }

    /// What a run needs to know of this target. A remote chain is taken for a development chain
    /// with the id of the sandbox's own, whose published keys hold worthless money.
    #[must_use]
    pub fn target(&self) -> Target {
        let mut target = target(&self.inner.config);
        if let Some(remote) = &self.inner.remote {
            target.name =
                format!("sandbox ({}) beside a chain", self.inner.config.profile.as_str());
            target.chain.rpc = vec![remote.rpc().clone()];
            target.chain.funds = Funds::Worthless;
            target.relay = None;
        }
        target
    }

    /// What it has seen since it began.
    #[must_use]
    pub fn stats(&self) -> SandboxStats {
        let inner = &self.inner;
        let operations = inner.server.operation_counts();
        let (objects_held, object_octets_held) = inner.store.held();
        let PartFaults { rpc, store, server, application, relay } = &inner.faults;
        let all = [rpc, store, server, application, relay];
        SandboxStats {
            blocks: inner.chain.head().number,
            transactions: inner.transactions.load(Ordering::Relaxed),
            permissions: permissions_count(&inner.chain),
            operations_created: operations.created,
            operations_succeeded: operations.succeeded,
            operations_failed: operations.failed,
            operations_canceled: operations.canceled,
            results_delivered: operations.results_delivered,
            operations_held: operations.held,
            objects_stored: inner.store.stored(),
            objects_held: objects_held as u64,
            object_octets_held: object_octets_held as u64,
            rate_limited: inner.server.limited(),
            faults: all.iter().map(|part| part.refused()).sum(),
            rpc_requests: rpc.requests(),
            store_requests: store.requests(),
            server_requests: server.requests(),
            application_requests: application.requests(),
            relay_requests: relay.requests(),
        }
    }

    /// The settings it was begun with.
    #[must_use]
    pub fn config(&self) -> &SandboxConfig {
        &self.inner.config
    }

    /// Its chain.
    #[must_use]
    pub fn chain(&self) -> &SharedChain {
        &self.inner.chain
    }

    /// Its object store.
    #[must_use]
    pub fn store(&self) -> &ObjectStore {
        &self.inner.store
    }

    /// Makes blocks and forgets what is old, until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        let inner = &self.inner;
        if inner.remote.is_some() {
            return self.prune_until(shutdown).await;
        }
        let blocks = chain::run(inner.chain.clone(), inner.clock.clone(), shutdown.clone());
        tokio::join!(biased; self.keep_house(shutdown), blocks);
    }

    /// Answers on `listener`, makes blocks and forgets what is old, until `shutdown`.
    ///
    /// # Errors
    /// What the listener says.
    pub async fn serve(
        &self,
        listener: tokio::net::TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let router = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, router)
            .with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let ended = async {
            self.run(shutdown).await;
            self.inner.clock.sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            served = serving => served,
            () = ended => Ok(()),
        }
    }

    async fn prune_until(&self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = self.inner.clock.sleep(self.inner.config.block_time) => {}
            }
            self.prune();
        }
    }

    fn prune(&self) {
        self.inner.store.prune();
        self.inner.server.prune();
        if let Some(relay) = &self.inner.relay {
            relay.prune();
        }
    }

    /// Counts transactions and forgets what is old, once a block.
    async fn keep_house(&self, shutdown: CancellationToken) {
        let inner = &self.inner;
        let mut heads = inner.chain.subscribe_heads();
        loop {
            let head = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                head = heads.recv() => head,
            };
            match head {
                Ok(head) => {
                    let mined = inner.chain.read(|chain| {
                        let block = chain.archive.by_number(head.number);
                        block.map_or(0, |block| block.transactions.len())
                    });
                    inner.transactions.fetch_add(mined as u64, Ordering::Relaxed);
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
            self.prune();
        }
    }
}

async fn health(State(sandbox): State<Sandbox>) -> Json<Value> {
    let timestamp = sandbox.inner.clock.unix_now().as_millis();
    Json(json!({ "status": "ok", "timestamp": u64::try_from(timestamp).unwrap_or(u64::MAX) }))
}

async fn stats(State(sandbox): State<Sandbox>) -> Json<SandboxStats> {
    Json(sandbox.stats())
}

fn permissions_count(chain: &SharedChain) -> u64 {
    let output = chain.call(contracts::PERMISSIONS, encode(&permissionsCountCall {}));
    let count = output.ok().and_then(|data| decode_return::<permissionsCountCall>(&data).ok());
    count.map_or(0, |count| count.saturating_to())
}

/// The target of a sandbox with these settings.
fn target(config: &SandboxConfig) -> Target {
    let base = &config.base_url;
    Target {
        format: TARGET_FORMAT,
        name: format!("sandbox ({})", config.profile.as_str()),
        chain: ChainTarget {
            id: swell_vana::addresses::MOKSHA_CHAIN_ID,
            rpc: vec![SafeUrl::new(format!("{base}/"))],
            // In the same process there is no port to listen at.
            ws: Vec::new(),
            finality_blocks: 1,
            funds: Funds::Sandbox,
        },
        contracts: Contracts {
            permissions: contracts::PERMISSIONS,
            grantees: contracts::GRANTEES,
            servers: contracts::SERVERS,
            registry: contracts::REGISTRY,
            multicall: Some(contracts::MULTICALL),
            schemas: Some(contracts::SCHEMAS),
        },
        storage: StorageTarget::Sandbox { url: SafeUrl::new(base.clone()) },
        server: ServerTarget {
            url: SafeUrl::new(format!("{base}/api/v1")),
            grantee_id: GRANTEE_ID,
            through: ServerRoute::Direct,
            application_url: Some(SafeUrl::new(base.clone())),
        },
        relay: Some(RelayTarget { url: SafeUrl::new(format!("{base}/api/relay")) }),
        keys: KeyRefs { relayer: KeyRef::Published, application: KeyRef::Published },
        expected: config.expected(),
    }
}

fn chain_config(config: &SandboxConfig, clock: &RunClock) -> ChainConfig {
    let defaults = ChainConfig::default();
    let (base_fee_initial, base_fee_pinned) = match config.base_fee {
        BaseFee::Initial(base_fee) => (base_fee, None),
        BaseFee::Pinned(base_fee) => (base_fee, Some(base_fee)),
    };
    ChainConfig {
        block_time: config.block_time,
        gas_limit: config.gas_limit.0,
        base_fee_initial,
        base_fee_pinned,
        // What cannot even pay for its own transfer at the lowest fee will never move again.
        dust: U256::from(21_000 * defaults.base_fee_floor),
        accounts: genesis(&config.base_url),
        pool: config.profile.pool_limits(),
        retain: config.retain,
        genesis_unix: clock.unix_now().as_secs(),
        undo_blocks_max: config.undo_blocks_max,
        ..defaults
    }
}

fn genesis(base_url: &str) -> Vec<GenesisAccount> {
    let payers = [RELAYER_ADDRESS, RELAY_ADDRESS].map(|address| GenesisAccount {
        address,
        balance: Wei::from_tokens(RELAYER_TOKENS).0,
        ..GenesisAccount::default()
    });
    let contracts = contracts::genesis_accounts_at(base_url, APPLICATION_ADDRESS, "0x04")
        .into_iter()
        .map(|contract| GenesisAccount {
            address: contract.address,
            code: contract.code,
            storage: contract.storage.into_iter().collect(),
            ..GenesisAccount::default()
        });
    payers.into_iter().chain(contracts).collect()
}
