//! What a run is given, and how it is run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{ChainError, ChainHandle, RelayerKey, RunId};
use swell_core::command::Command;
use swell_core::funding::{BatchGas, FundingStrategy, StrategyChoice};
use swell_core::plan::RunPlan;
use swell_core::report::{Ceiling, EndpointRow, Report, Resumed};
use swell_core::seed::Seed;
use swell_core::snapshot::Snapshot;
use swell_core::trace::TraceSampler;
use swell_core::units::{Gas, Wei};
use swell_core::wallet::WalletIndex;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::resources::ResourceMeter;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::assembly::Assembly;
use crate::events::EventSink;
use crate::journey::{Journey, JourneyNeeds};
use crate::ledger::{Ledger, LedgerError};

/// Everything a run needs. What is in it has been checked.
#[derive(Debug)]
pub struct RunSetup<J> {
    /// What to do.
    pub plan: RunPlan,
    /// What one user does.
    pub journey: J,
    /// What one user's calls cost.
    pub needs: JourneyNeeds,
    /// How wallets are paid.
    pub funding: FundingSetup,
    /// The chain, connected and not yet followed.
    pub chain: ChainHandle,
    /// Who pays.
    pub relayer: RelayerKey,
    /// With the relayer's key it recovers every wallet.
    pub run_id: RunId,
    /// What remembers which keys may hold money.
    pub ledger: Ledger,
    /// Where CPU work goes.
    pub compute: Compute,
    /// The one clock.
    pub clock: RunClock,
    /// Root of initialisation vectors, salts and ephemeral keys.
    pub secrets: Seed,
    /// What the load side uses of its machine is read here.
    pub meter: ResourceMeter,
    /// What the report says of the run beyond its numbers.
    pub facts: SetupFacts,
    /// What came before, when it goes on with a run that was interrupted.
    pub resumption: Option<Resumption>,
}

/// What a run takes over from the part of it that was interrupted.
#[derive(Clone, Debug)]
pub struct Resumption {
    /// What the report says of it. Arrivals below its count are skipped.
    pub facts: Resumed,
    /// The first wallet that no earlier part may have used.
    pub first_wallet: WalletIndex,
    /// Funded and unused wallets, with what each holds.
    pub wallets: BTreeMap<WalletIndex, Wei>,
    /// What stays in other wallets of earlier parts: it is worth no more than its own transfer.
    pub dust: Wei,
}

/// How a run pays its wallets.
#[derive(Clone, Debug)]
pub struct FundingSetup {
    /// How, and why so.
    pub choice: StrategyChoice,
    /// The chain's Multicall3 and what a batch costs; `None` without one.
    pub multicall: Option<(Address, BatchGas)>,
}

impl FundingSetup {
    /// Gas that paying one wallet takes.
    #[must_use]
    pub fn gas_per_wallet(&self) -> Gas {
        self.batch().map_or(Gas::TRANSFER, |gas| gas.per_wallet)
    }

    /// Wallets that one transaction pays at most.
    #[must_use]
    pub fn wallets_per_payment(&self) -> u64 {
        self.batch().map_or(1, |gas| gas.wallets_within(BatchGas::TX_GAS_MAX))
    }

    /// What a batch costs, where wallets are paid in batches.
    pub(crate) fn batch(&self) -> Option<BatchGas> {
        let batched = self.choice.strategy == FundingStrategy::Batch;
        self.multicall.filter(|_| batched).map(|(_, gas)| gas)
    }
}

/// What the report says of a run beyond its numbers.
#[derive(Clone, Debug)]
pub struct SetupFacts {
    /// The target's name.
    pub target: String,
    /// Time between blocks, as expected.
    pub block_time: Duration,
    /// Whether an embedded sandbox shares the process.
    pub includes_sandbox: bool,
    /// Threads that run journeys.
    pub workers: usize,
    /// What the check found to limit the run.
    pub ceilings: Vec<Ceiling>,
    /// What the reader must know before trusting a number.
    pub notes: Vec<String>,
}

/// How the world watches and steers a run.
#[derive(Debug)]
pub struct RunHandles {
    /// A snapshot a second.
    pub snapshots: watch::Sender<Option<Arc<Snapshot>>>,
    /// What people wish of it.
    pub commands: mpsc::Receiver<Command>,
    /// Where rows of endpoints come from.
    pub endpoints: EndpointRows,
    /// Whether anybody looks at snapshots. Where nobody does, as in most virtual runs, none are made.
    pub watched: bool,
    /// Whether snapshots hold histograms. Only exporters need them.
    pub exports: bool,
    /// Who is told what happens.
    pub events: EventSink,
    /// Which users have a trace.
    pub traces: Option<TraceSampler>,
}

/// Where rows of endpoints come from: whoever opened the connections.
#[derive(Clone)]
pub struct EndpointRows(Arc<dyn Fn() -> Vec<EndpointRow> + Send + Sync>);

impl EndpointRows {
    /// Rows as `read` tells them.
    pub fn new(read: impl Fn() -> Vec<EndpointRow> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// No rows: nobody asks.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Vec::new)
    }

    /// The endpoints as they stand.
    #[must_use]
    pub fn read(&self) -> Vec<EndpointRow> {
        (self.0)()
    }
}

impl fmt::Debug for EndpointRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndpointRows")
    }
}

/// Why a run could not begin. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The chain could not be read.
    #[error("the relayer's account could not be read")]
    Chain(#[from] ChainError),
    /// The ledger could not be kept; nothing was sent.
    #[error("the run's ledger could not be kept")]
    Ledger(#[from] LedgerError),
    /// No timer for arrivals; nothing was sent.
    #[error("the timer for arrivals could not be made")]
    Timer(#[source] std::io::Error),
}

/// Runs to the end, whatever that is, and reports.
///
/// # Errors
/// [`RunError`], all of them before money leaves the relayer.
pub async fn run<J: Journey>(setup: RunSetup<J>, handles: RunHandles) -> Result<Report, RunError> {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let follower = setup.chain.clone();
    let following = stop.clone();
    tasks.spawn(async move { follower.run(following).await });
    let result = Assembly::new(setup, handles, tasks.clone(), stop.clone()).await;
    let report = match result {
        Ok(assembly) => Ok(assembly.play().await),
        Err(error) => Err(error),
    };
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    report
}
