//! Where a run leaves things, and what it takes over from an earlier part of itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::TryRng;
use rand::rngs::SysRng;
use swell_chain::{BlockTag, ConnectError, RunId};
use swell_core::report::Resumed;
use swell_core::wallet::WalletSizing;
use swell_engine::journey::JourneyNeeds;
use swell_engine::ledger::{Beginning, LEDGER_FORMAT, Ledger, LedgerHeader, TargetPlace};
use swell_engine::sweep::{Salvage, SweepRange, SweepSetup, salvage_run};
use swell_engine::{Resumption, RunError, Sizing};
use swell_net::clock::RunClock;
use tokio::sync::watch;

use super::run::Refusal;
use super::sweep::show;
use crate::config::{Settings, TargetChoice};
use crate::connection::Connection;
use crate::exit::Exit;
use crate::log;
use crate::recovery::compare;
use crate::resume::Earlier;
use crate::store::{RelayerLock, RunStore, StoreError};

/// What a run is called and where it leaves things.
pub(super) struct Place {
    pub(super) id: RunId,
    store: RunStore,
    pub(super) folder: PathBuf,
    earlier: Option<Earlier>,
}

/// A run whose ledger is kept.
pub(super) struct Begun {
    pub(super) id: RunId,
    pub(super) ledger: Ledger,
    pub(super) resumption: Option<Resumption>,
}

impl Place {
    pub(super) fn prepare(
        settings: &Settings,
        earlier: Option<Earlier>,
        clock: &RunClock,
    ) -> Result<Self, Refusal> {
        let store = RunStore::open(|name| std::env::var(name).ok())?;
        let (id, folder) = match &earlier {
            Some(earlier) => {
                kept(earlier.keep(log::FILE_NAME))?;
                (earlier.id, earlier.folder.clone())
            }
            None => {
                let id = run_id(settings)?;
                (id, store.create_run(&id.to_string(), settings.out.as_deref())?)
            }
        };
        let subscriber = log::subscriber(&folder, settings.log, clock.clone())
            .map_err(|error| Refusal::new(Exit::Check, &error))?;
        // Set once a process; a second run in the same process keeps the first one's log.
        let _first = tracing::subscriber::set_global_default(subscriber);
        Ok(Self { id, store, folder, earlier })
    }

    /// An embedded sandbox is this run's alone; any other relayer must be.
    pub(super) fn lock(&self, connection: &Connection) -> Result<Option<RelayerLock>, StoreError> {
        if connection.is_embedded() {
            return Ok(None);
        }
        let relayer = connection.relayer.account().address();
        self.store.lock_relayer(connection.genesis, relayer).map(Some)
    }

    /// Begins the ledger, or goes on with it and takes over what the earlier part left.
    pub(super) async fn begin(
        &self,
        settings: &Settings,
        connection: &Connection,
        needs: JourneyNeeds,
    ) -> Result<Begun, Refusal> {
        let id = self.id;
        let Some(earlier) = &self.earlier else {
            let ledger = self.ledger(settings, connection).await?;
            return Ok(Begun { id, ledger, resumption: None });
        };
        let relayer = connection.relayer.account().address();
        compare(&earlier.record.header, connection.target.chain.id, relayer)?;
        let unix_s = connection.clock.unix_now().as_secs();
        let ledger =
            Ledger::resume(&self.folder, &earlier.record, unix_s).map_err(RunError::from)?;
        let earlier_report = kept(earlier.keep_results())?;
        let limits = &settings.plan.limits;
        // Wallets that hold money are of use only to users that are funded.
        let spared_max =
            if limits.submit.funds_users() { limits.pool_max.get() as usize } else { 0 };
        let salvage = salvage(connection, earlier, needs, spared_max).await?;
        let statement = &salvage.statement;
        let facts = Resumed {
            part: ledger.part(),
            earlier_report,
            gap_s: unix_s.saturating_sub(earlier.arrived.unix_s),
            arrivals_before: earlier.arrived.arrivals,
            wallets_reused: salvage.wallets.len() as u64,
            swept_wei: statement.swept.amount,
            fees_wei: statement.fees,
        };
        let (first_wallet, dust) = (earlier.record.marks.wallets, statement.dust.amount);
        let resumption = Resumption { facts, first_wallet, wallets: salvage.wallets, dust };
        Ok(Begun { id, ledger, resumption: Some(resumption) })
    }

    async fn ledger(
        &self,
        settings: &Settings,
        connection: &Connection,
    ) -> Result<Ledger, RunError> {
        let header = LedgerHeader {
            format: LEDGER_FORMAT,
            run: self.id.to_string(),
            relayer: connection.relayer.account().address().to_string(),
            chain_id: connection.target.chain.id,
            target: connection.target.name.clone(),
            place: Some(target_place(&settings.target)),
            began: beginning(connection).await?,
        };
        Ok(Ledger::create(&self.folder, &header)?)
    }
}

/// When the run begins, and what the relayer has. Virtual time has no calendar worth telling.
async fn beginning(connection: &Connection) -> Result<Option<Beginning>, RunError> {
    if connection.clock.is_virtual() {
        return Ok(None);
    }
    let relayer = connection.relayer.account().address();
    let relayer_wei = connection.chain.rpc().balance(relayer, BlockTag::Latest).await?;
    Ok(Some(Beginning { unix_s: connection.clock.unix_now().as_secs(), relayer_wei }))
}

/// Where a sweep finds the target again, from whichever folder it is begun.
fn target_place(target: &TargetChoice) -> TargetPlace {
    match target {
        TargetChoice::Sandbox { .. } => TargetPlace::InProcess,
        TargetChoice::Network { network, env_file, .. } => TargetPlace::Network {
            name: network.name().to_owned(),
            env_file: env_file.as_deref().map(absolute),
        },
        TargetChoice::File { path, .. } => TargetPlace::File(absolute(path)),
    }
}

fn absolute(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned()
}

/// Sweeps what the earlier part left, but for wallets that the next users can have.
async fn salvage(
    connection: &Connection,
    earlier: &Earlier,
    needs: JourneyNeeds,
    spared_max: usize,
) -> Result<Salvage, Refusal> {
    let unreachable = |error: ConnectError| Refusal::new(Exit::Check, &error);
    // Its fees are the earlier part's, and not to be counted as this one's.
    let chain = connection.chain.afresh().await.map_err(unreachable)?;
    let quote = chain.fees().quote().await.map_err(RunError::from)?;
    let gas_limit = needs.gas.scaled(WalletSizing::GAS_MARGIN);
    let sizing = Sizing::new(WalletSizing { value: needs.value, gas_limit }, quote);
    let (progress, watching) = watch::channel(None);
    let (relayer, run_id) = (connection.relayer.clone(), earlier.id);
    let range = SweepRange::Below(earlier.record.marks);
    let setup = SweepSetup { chain, relayer, run_id, range, progress };
    let salvage = tokio::select! {
        biased;
        salvage = salvage_run(setup, Arc::new(sizing), spared_max) => salvage?,
        never = show(watching, &connection.clock) => match never {},
    };
    if salvage.statement.is_complete() {
        return Ok(salvage);
    }
    let words = format!(
        "not all that the earlier part left could be swept; `swell sweep {run_id}` tries again, and \
         then the run can be resumed"
    );
    Err(Refusal { exit: Exit::Failed, words })
}

fn kept<T>(moved: std::io::Result<T>) -> Result<T, Refusal> {
    moved.map_err(|error| Refusal {
        exit: Exit::Failed,
        words: format!("what the earlier part left in its folder could not be kept apart: {error}"),
    })
}

fn run_id(settings: &Settings) -> Result<RunId, Refusal> {
    if settings.virtual_time {
        return Ok(RunId::from_seed(settings.plan.seed));
    }
    let mut rng = system_rng()?;
    Ok(RunId::random(&mut rng))
}

/// A generator that the operating system seeds: keys must not follow from the run's seed.
fn system_rng() -> Result<swell_core::seed::SeededRng, Refusal> {
    use rand::SeedableRng;
    let mut octets = <swell_core::seed::SeededRng as SeedableRng>::Seed::default();
    SysRng.try_fill_bytes(&mut octets).map_err(|error| Refusal::new(Exit::Failed, &error))?;
    Ok(swell_core::seed::SeededRng::from_seed(octets))
}
