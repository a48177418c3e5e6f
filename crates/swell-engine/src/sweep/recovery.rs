//! Sweeps a run that is over, or dead.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::Address;
use swell_chain::{BlockTag, ChainError, ChainHandle, FeeTag, KeyTree, RelayerKey, Role, RunId};
use swell_core::units::Wei;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::search::{Account, Search, SweepRange};
use super::statement::{Held, Salvage, SweepProgress, SweepStatement, SweepSurvey};
use crate::assembly::wait_until_final;
use crate::books::Books;
use crate::ledger::HighWater;
use crate::reader::AccountReader;
use crate::sizing::Sizing;
use crate::sweeper::Sweeper;

/// Everything a sweep needs.
#[derive(Debug)]
pub struct SweepSetup {
    /// The chain, connected and not yet followed.
    pub chain: ChainHandle,
    /// Who paid for the run, and gets back what is left.
    pub relayer: RelayerKey,
    /// The run.
    pub run_id: RunId,
    /// Which of its accounts may hold money.
    pub range: SweepRange,
    /// Where it is told how far the sweep is.
    pub progress: watch::Sender<Option<SweepProgress>>,
}

/// Why a sweep could not go on. What was swept by then is the relayer's; another sweep finds the rest.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The relayer's balance could not be read.
    #[error("the relayer's balance could not be read")]
    Relayer(#[source] ChainError),
    /// Accounts of the run could not be read.
    #[error("balances of the run's accounts could not be read")]
    Accounts(#[source] ChainError),
    /// The price of gas could not be read.
    #[error("what a transfer costs could not be read")]
    Fees(#[source] ChainError),
}

/// Returns what the wallets and lanes of a run hold to its relayer, straight and some at a time.
///
/// Searches again until nothing is found that is worth its own transfer. Nobody else may use the
/// relayer meanwhile.
///
/// # Errors
/// [`SweepError`].
pub async fn sweep_run(setup: SweepSetup) -> Result<SweepStatement, SweepError> {
    let helpers = Helpers::start(&setup.chain);
    let statement = Recovery::new(setup, helpers.reader.clone()).sweep().await;
    helpers.end().await;
    statement
}

/// Finds what the wallets and lanes of a run hold, and what a sweep would return of it. Sends
/// nothing.
///
/// # Errors
/// [`SweepError`].
pub async fn survey_run(setup: SweepSetup) -> Result<SweepSurvey, SweepError> {
    let helpers = Helpers::start(&setup.chain);
    let survey = Recovery::new(setup, helpers.reader.clone()).survey().await;
    helpers.end().await;
    survey
}

/// [`sweep_run`], but for unused wallets that still hold enough for a user: those are named and stay,
/// `spared_max` of them at most.
///
/// # Errors
/// [`SweepError`].
pub async fn salvage_run(
    setup: SweepSetup,
    sizing: Arc<Sizing>,
    spared_max: usize,
) -> Result<Salvage, SweepError> {
    let helpers = Helpers::start(&setup.chain);
    let mut recovery = Recovery::new(setup, helpers.reader.clone());
    recovery.sparing = Some(Sparing { sizing, max: spared_max, spared: BTreeMap::new() });
    let salvaged = recovery.salvage().await;
    helpers.end().await;
    salvaged
}

/// What goes on beside a search: blocks are followed, and accounts are read together.
struct Helpers {
    reader: AccountReader,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Helpers {
    fn start(chain: &ChainHandle) -> Self {
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (follower, following) = (chain.clone(), stop.clone());
        tasks.spawn(async move { follower.run(following).await });
        let (reader, reading) = AccountReader::new(chain.rpc().clone(), chain.clock().clone());
        tasks.spawn(reading.run(stop.clone()));
        Self { reader, stop, tasks }
    }

    async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A sweep under way.
struct Recovery {
    sweeper: Sweeper,
    keys: KeyTree,
    home: Address,
    range: SweepRange,
    progress: watch::Sender<Option<SweepProgress>>,
    swept: Held,
    sparing: Option<Sparing>,
    /// Sweeps of accounts, at most [`Self::AT_ONCE_MAX`]: what each held, and what arrived of it.
    underway: JoinSet<(Wei, Wei)>,
}

/// Wallets that are left as they are.
struct Sparing {
    sizing: Arc<Sizing>,
    max: usize,
    /// Their balances.
    spared: BTreeMap<u64, Wei>,
}

impl Sparing {
    /// Whether `account` could carry a user as it is. What was sent from it, or may be on its way,
    /// makes it used.
    async fn spares(&mut self, chain: &ChainHandle, account: &Account) -> Result<bool, SweepError> {
        self.spared.remove(&account.index);
        let is_full = self.spared.len() >= self.max;
        let is_poor = self.sizing.shortfall(account.balance).is_some();
        if account.role != Role::Wallet || is_full || is_poor {
            return Ok(false);
        }
        let address = account.key.address();
        for block in [BlockTag::Latest, BlockTag::Pending] {
            let nonce = chain.rpc().nonce(address, block).await.map_err(SweepError::Accounts)?;
            if nonce > 0 {
                return Ok(false);
            }
        }
        self.spared.insert(account.index, account.balance);
        Ok(true)
    }
}

/// What one search of all accounts found.
#[derive(Clone, Copy, Default)]
struct Round {
    /// Worth their own transfer.
    worth: Held,
    dust: Held,
    /// Dust, and what could not be moved: the next round finds it again.
    kept: Held,
    /// What the transfers of `worth` cost at most.
    fees: Wei,
    looked_at: HighWater,
}

/// Whether a round moves money.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Sweep,
    Look,
}

impl Recovery {
    /// Accounts swept at a time: enough for a block, and no load for a public node.
    const AT_ONCE_MAX: usize = 32;
    /// Rounds that sweep. The first finds nearly everything, the second what was on its way.
    const ROUNDS_MAX: u32 = 4;

    fn new(setup: SweepSetup, reader: AccountReader) -> Self {
        let books = Arc::new(Books::default());
        let sweeper = Sweeper { chain: setup.chain, reader, books, budget: None };
        Self {
            sweeper,
            keys: KeyTree::new(&setup.relayer, &setup.run_id),
            home: setup.relayer.address(),
            range: setup.range,
            progress: setup.progress,
            swept: Held::default(),
            sparing: None,
            underway: JoinSet::new(),
        }
    }

    async fn salvage(mut self) -> Result<Salvage, SweepError> {
        let statement = self.sweep().await?;
        let wallets = self.sparing.map_or_else(BTreeMap::new, |sparing| sparing.spared);
        Ok(Salvage { statement, wallets })
    }

    async fn sweep(&mut self) -> Result<SweepStatement, SweepError> {
        // What the dead run sent from the relayer must not be mistaken for the sweep's.
        self.sweeper.let_doubt_pass(self.home).await;
        let start = self.balance().await?;
        let mut found = Held::default();
        let mut last = Round::default();
        for number in 1..=Self::ROUNDS_MAX + 1 {
            let sweeps = number <= Self::ROUNDS_MAX;
            let purpose = if sweeps { Purpose::Sweep } else { Purpose::Look };
            let kept = last.kept;
            last = self.round(number, purpose).await?;
            found = found.and(last.worth.and(last.dust).beyond(kept));
            self.range = SweepRange::Below(last.looked_at);
            if last.worth.accounts == 0 {
                break;
            }
            if sweeps {
                wait_until_final(&self.sweeper.chain).await;
            }
        }
        Ok(SweepStatement {
            wallets: last.looked_at.wallets,
            lanes: last.looked_at.lanes,
            found,
            swept: self.swept,
            fees: self.sweeper.chain.follower().fee_totals().of(FeeTag::Sweep).fee,
            dust: last.dust,
            stuck: last.worth,
            start,
            end: self.balance().await?,
        })
    }

    async fn survey(mut self) -> Result<SweepSurvey, SweepError> {
        let Round { worth, dust, fees, looked_at, .. } = self.round(1, Purpose::Look).await?;
        let HighWater { wallets, lanes } = looked_at;
        Ok(SweepSurvey { wallets, lanes, worth, fees, dust })
    }

    async fn round(&mut self, number: u32, purpose: Purpose) -> Result<Round, SweepError> {
        let mut round = Round::default();
        // Wallets first: what they sent to lanes before the run died arrives meanwhile.
        for role in [Role::Wallet, Role::Lane] {
            let searched = self.search(number, role, purpose, &mut round).await;
            // What was sent is waited for, whatever else happened.
            while !self.underway.is_empty() {
                self.await_one(&mut round).await;
                self.tell_swept();
            }
            let looked_at = searched?;
            match role {
                Role::Wallet => round.looked_at.wallets = looked_at,
                Role::Lane => round.looked_at.lanes = looked_at,
            }
        }
        Ok(round)
    }

    /// Goes through all accounts of `role`; returns where they end.
    async fn search(
        &mut self,
        number: u32,
        role: Role,
        purpose: Purpose,
        round: &mut Round,
    ) -> Result<u64, SweepError> {
        let (sweeper, keys) = (self.sweeper.clone(), self.keys.clone());
        let mut search = Search::new(&sweeper, &keys, role, self.range);
        loop {
            self.progress.send_replace(Some(SweepProgress {
                round: number,
                role,
                looked_at: search.looked_at(),
                of: self.range.end(role),
                found: round.worth,
                swept: self.swept,
            }));
            let batch = search.next_batch().await.map_err(SweepError::Accounts)?;
            let Some(accounts) = batch else { return Ok(search.looked_at()) };
            for account in accounts {
                self.take_up(account, purpose, round).await?;
            }
        }
    }

    async fn take_up(
        &mut self,
        account: Account,
        purpose: Purpose,
        round: &mut Round,
    ) -> Result<(), SweepError> {
        if let Some(sparing) = &mut self.sparing
            && sparing.spares(&self.sweeper.chain, &account).await?
        {
            return Ok(());
        }
        let quote = self.sweeper.chain.fees().sweep_quote().await.map_err(SweepError::Fees)?;
        let Some(arrives) = quote.sweep_value(account.balance) else {
            round.dust.add(account.balance);
            round.kept.add(account.balance);
            return Ok(());
        };
        round.worth.add(account.balance);
        round.fees += account.balance.saturating_sub(arrives);
        if purpose == Purpose::Look {
            return Ok(());
        }
        if self.underway.len() >= Self::AT_ONCE_MAX {
            self.await_one(round).await;
        }
        let (sweeper, home) = (self.sweeper.clone(), self.home);
        self.underway.spawn(async move {
            let arrived = sweeper.sweep(&account.key, home, true).await;
            (account.balance, arrived)
        });
        Ok(())
    }

    /// Waits for one of the sweeps under way.
    async fn await_one(&mut self, round: &mut Round) {
        match self.underway.join_next().await {
            Some(Ok((held, arrived))) if arrived.is_zero() => round.kept.add(held),
            Some(Ok((_, arrived))) => self.swept.add(arrived),
            Some(Err(error)) => tracing::error!(%error, "a sweep ended without a result"),
            None => {}
        }
    }

    fn tell_swept(&self) {
        self.progress.send_modify(|progress| {
            if let Some(progress) = progress {
                progress.swept = self.swept;
            }
        });
    }

    async fn balance(&self) -> Result<Wei, SweepError> {
        let rpc = self.sweeper.chain.rpc();
        rpc.balance(self.home, BlockTag::Latest).await.map_err(SweepError::Relayer)
    }
}
