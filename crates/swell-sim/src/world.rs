//! A sandbox in virtual time, with weather before it and a witness at its door.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use alloy_primitives::U256;
use swell_chain::{ChainHandle, ChainOptions, FeePolicy, RelayerKey, Rpc, RunId, estimate_batch};
use swell_core::funding::{StrategyFacts, choose_strategy};
use swell_core::plan::RunPlan;
use swell_core::submit::SubmitMode;
use swell_core::target::{SafeUrl, StorageTarget, Target};
use swell_engine::FundingSetup;
use swell_engine::ledger::{LEDGER_FORMAT, LedgerHeader};
use swell_journeys::data_portability::{
    DataPortability, PersonalServer, Settings, Submission, read_grantee,
};
use swell_journeys::storage::{Provider, SandboxStore, Storage};
use swell_net::clock::RunClock;
use swell_net::exchange::{Transport, into_service};
use swell_net::fault::{FaultPlan, Faults};
use swell_net::{Endpoint, EndpointId, EndpointSettings, HttpService};
use swell_sandbox::chain::{MinedTx, Retain};
use swell_sandbox::keys::{PUBLISHED_APPLICATION_KEY, PUBLISHED_RELAYER_KEY};
use swell_sandbox::{NATURAL_URL_CHARS, Profile, Sandbox, SandboxConfig};
use swell_vana::encryption::S2kCount;
use swell_vana::permissions::PermissionDomain;

use crate::accounts::Accounts;
use crate::evidence::{Holding, Mined};
use crate::payees::payees;
use crate::storm::Storm;
use crate::weather::Weather;
use crate::witness::{Accepted, Testimony, Witness};

/// A sandbox in virtual time, and the run's way to it.
pub(crate) struct World {
    pub(crate) clock: RunClock,
    pub(crate) sandbox: Sandbox,
    pub(crate) weather: Arc<Weather>,
    pub(crate) relayer: RelayerKey,
    pub(crate) run_id: RunId,
    pub(crate) accounts: Accounts,
    target: Target,
    transport: HttpService,
    testimony: Testimony,
    storm: Storm,
}

/// Why the unwraps below hold.
const PUBLISHED: &str = "the published keys are keys";
const OWN_STORE: &str = "the sandbox has a store of its own";
const CALM: &str = "a calm sandbox answers";

impl World {
    pub(crate) fn new(storm: &Storm, clock: RunClock, ledger: &Path) -> Self {
        let config = SandboxConfig {
            retain: Retain::All,
            undo_blocks_max: usize::try_from(storm.finality_blocks).unwrap_or(1),
            ..SandboxConfig::of(Profile::Fast, storm.seed)
        };
        let sandbox = Sandbox::new(config, clock.clone());
        let mut target = sandbox.target();
        target.chain.finality_blocks = storm.finality_blocks;
        let relayer = RelayerKey::from_bytes(PUBLISHED_RELAYER_KEY.0).expect(PUBLISHED);
        let run_id = RunId::from_seed(storm.seed);
        let accounts = Accounts::derive(&relayer, &run_id);
        let testimony = Testimony::new(Mutex::default());
        let watched = Witness::new(
            Transport::new(sandbox.service()),
            Arc::clone(&testimony),
            accounts.clone(),
            ledger.to_owned(),
        );
        let weather = Arc::new(Weather::new(storm.parts.clone(), storm.seed, clock.clone()));
        let plan: Arc<dyn FaultPlan> = Arc::clone(&weather) as _;
        let transport = into_service(Faults::new(watched, Some(plan), clock.clone()));
        Self {
            clock,
            sandbox,
            weather,
            relayer,
            run_id,
            accounts,
            target,
            transport,
            testimony,
            storm: storm.clone(),
        }
    }

    fn endpoint(&self, name: &'static str, url: &SafeUrl) -> Endpoint {
        Endpoint::new(
            EndpointId::new(name),
            url,
            self.transport.clone(),
            EndpointSettings::default(),
            self.clock.clone(),
            self.storm.seed,
        )
        .expect("the sandbox's URLs are URLs")
    }

    /// The chain, connected anew and not followed yet.
    pub(crate) async fn connect(&self) -> ChainHandle {
        let rpc = Rpc::new(self.endpoint("rpc", &self.target.chain.rpc[0]));
        let options = ChainOptions {
            chain_id: self.target.chain.id,
            finality_blocks: self.target.chain.finality_blocks,
            fees: FeePolicy::default(),
        };
        ChainHandle::connect(rpc, self.clock.clone(), options).await.expect(CALM)
    }

    /// The real journey against this sandbox.
    pub(crate) async fn journey(&self, chain: &ChainHandle) -> DataPortability {
        let target = &self.target;
        let StorageTarget::Sandbox { url } = &target.storage else { panic!("{OWN_STORE}") };
        let application = RelayerKey::from_bytes(PUBLISHED_APPLICATION_KEY.0).expect(PUBLISHED);
        let grantee = read_grantee(chain, target.contracts.grantees, target.server.grantee_id);
        let store = Provider::Sandbox(SandboxStore::new(self.endpoint("storage", url)));
        DataPortability::new(Settings {
            contracts: target.contracts,
            domain: PermissionDomain::new(target.chain.id, target.contracts.permissions),
            grantee: grantee.await.expect(CALM),
            application: application.account().clone(),
            storage: Storage::new(store, self.clock.clone())
                .for_run(&self.run_id.to_string(), None),
            submission: match self.storm.plan.limits.submit {
                SubmitMode::Relayed => Submission::Lanes,
                _ => Submission::Own,
            },
            server: PersonalServer::new(self.endpoint("server", &target.server.url)),
            server_url: target.server.url.expose().to_owned(),
            schema: None,
            s2k: S2kCount::FAST,
            poll_interval: std::time::Duration::from_millis(500),
            url_chars: NATURAL_URL_CHARS,
        })
    }

    pub(crate) fn ledger_header(&self) -> LedgerHeader {
        LedgerHeader {
            format: LEDGER_FORMAT,
            run: self.run_id.to_string(),
            relayer: self.relayer.address().to_string(),
            chain_id: self.target.chain.id,
            target: self.target.name.clone(),
            place: None,
            began: None,
        }
    }

    /// How wallets are paid: as the plan asks, at the chain's own estimate of a batch.
    pub(crate) async fn funding(&self, chain: &ChainHandle, plan: &RunPlan) -> FundingSetup {
        let multicall = self.target.contracts.multicall.expect("the sandbox has a Multicall3");
        let gas = estimate_batch(chain.rpc(), multicall, self.relayer.address()).await;
        let gas = gas.expect("a calm chain estimates");
        let limits = &plan.limits;
        let facts = StrategyFacts {
            wanted_per_block: plan.load.rate.per_second(),
            gas_per_block: limits.funding_gas.of(chain.follower().head().gas_limit),
            lanes: limits.funding_workers.get(),
            lane_window: limits.lane_window(),
            submissions_per_block: None,
            batch: Some(gas),
        };
        let choice = choose_strategy(limits.funding, &facts);
        FundingSetup { choice, multicall: Some((multicall, gas)) }
    }

    /// What the run's accounts hold, by the chain's own books.
    pub(crate) fn holdings(&self) -> Vec<Holding> {
        let read = |chain: &swell_sandbox::chain::Chain| {
            let holding = |(address, account)| Holding {
                account,
                address,
                balance: chain.balance(address),
                nonce: chain.nonce(address),
                pending: chain.pending_nonce(address),
            };
            self.accounts.iter().map(holding).collect()
        };
        self.sandbox.chain().read(read)
    }

    /// Every transaction in a block.
    pub(crate) fn mined(&self) -> Vec<Mined> {
        self.sandbox.chain().read(|chain| {
            let blocks = (0..=chain.head().number).filter_map(|number| chain.block(number));
            blocks.flat_map(|block| &block.transactions).map(mined).collect()
        })
    }

    /// What the chain took, in order, and accounts paid before the ledger knew of them.
    pub(crate) fn testimony(&self) -> (Vec<Accepted>, Vec<crate::accounts::Account>) {
        let testimony = self.testimony.lock().unwrap_or_else(PoisonError::into_inner);
        (testimony.accepted.clone(), testimony.unreserved.clone())
    }
}

fn mined(tx: &MinedTx) -> Mined {
    use alloy_consensus::Transaction;
    Mined {
        from: tx.sender,
        payees: payees(tx.tx.to(), tx.tx.input()),
        value: tx.tx.value(),
        fee: U256::from(tx.gas_price) * U256::from(tx.gas_used),
        succeeded: tx.succeeded(),
    }
}
