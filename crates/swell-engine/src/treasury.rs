//! The relayer's money on its way out and home again.
//!
//! ```text
//!  relayer ──refill──▶ lane ──pay──▶ wallet ──sweep──▶ lane ──return──▶ relayer
//! ```
//!
//! A lane is refilled when it cannot pay, with what its share of the run needs and no more.

mod calls;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use alloy_primitives::{Address, U256};
use swell_chain::{
    AccountKey, FeeTag, Inclusion, Lane, LaneCounters, LaneError, RejectReason, TxSpec, pay_many,
};
use swell_core::units::{Gas, Wei};
use swell_net::clock::RunClock;
use tokio::sync::Mutex;

use crate::books::Books;
use crate::drought::Drought;
use crate::sizing::Sizing;
use crate::sweeper::Sweeper;
use calls::CallBook;
pub use calls::Calls;
pub(crate) use calls::UserCall;

/// The relayer and its lanes.
#[derive(Debug)]
pub struct Treasury {
    relayer: Lane,
    lanes: Vec<LaneDesk>,
    books: Arc<Books>,
    sizing: Arc<Sizing>,
    clock: RunClock,
    /// Wallets one lane may have to carry at a time.
    wallets_per_lane: u64,
    /// How long a relayer that has run dry is waited for.
    patience: Duration,
    drought: Drought,
    calls: CallBook,
}

/// What bounds a treasury.
#[derive(Clone, Copy, Debug)]
pub struct TreasuryLimits {
    /// Wallets one lane may have to carry at a time.
    pub wallets_per_lane: u64,
    /// How long a relayer that has run dry is waited for.
    pub patience: Duration,
}

/// One lane and what it may still promise.
#[derive(Debug)]
struct LaneDesk {
    lane: Lane,
    key: AccountKey,
    /// Money the lane holds and has not promised. Locked while it is refilled: whoever wants to
    /// pay from it then waits for the same refill.
    purse: Mutex<Wei>,
    /// Users' calls that it has not finished.
    calls: AtomicU64,
}

impl Treasury {
    /// How long a lane waits after a refused refill or payment before it asks again, so that a node
    /// is not asked a thousand times a second.
    const REFUSED_PAUSE: Duration = Duration::from_secs(1);

    /// A treasury whose lanes are still empty.
    #[must_use]
    pub fn new(
        relayer: Lane,
        lanes: Vec<(Lane, AccountKey)>,
        limits: TreasuryLimits,
        books: Arc<Books>,
        sizing: Arc<Sizing>,
        clock: RunClock,
    ) -> Self {
        let TreasuryLimits { wallets_per_lane, patience } = limits;
        let lanes = lanes
            .into_iter()
            .map(|(lane, key)| LaneDesk {
                lane,
                key,
                purse: Mutex::new(Wei::ZERO),
                calls: AtomicU64::new(0),
            })
            .collect();
        let (drought, calls) = (Drought::default(), CallBook::default());
        Self { relayer, lanes, books, sizing, clock, wallets_per_lane, patience, drought, calls }
    }

    /// Addresses of the lanes.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        self.lanes.iter().map(|desk| desk.key.address()).collect()
    }

    /// The lane that carries wallet `index`.
    #[must_use]
    pub fn lane_of(&self, index: u64) -> Address {
        self.desk(index).key.address()
    }

    /// How many lanes there are.
    #[must_use]
    pub const fn lane_count(&self) -> usize {
        self.lanes.len()
    }

    /// Pays `amount` to a wallet from the lane that carries it.
    ///
    /// # Errors
    /// Every [`LaneError`]; [`may_have_paid`] says whether money may be on its way.
    pub async fn pay(
        &self,
        index: u64,
        wallet: Address,
        amount: Wei,
    ) -> Result<Arc<Inclusion>, LaneError> {
        self.send_from(self.desk(index), TxSpec::transfer(wallet, amount)).await
    }

    /// Pays all `payments`, or none, in one transaction of lane `lane`.
    ///
    /// # Errors
    /// Every [`LaneError`]; [`may_have_paid`] says whether money may be on its way.
    pub async fn pay_many(
        &self,
        lane: usize,
        multicall: Address,
        payments: &[(Address, Wei)],
        gas: Gas,
    ) -> Result<Arc<Inclusion>, LaneError> {
        let spec = pay_many(multicall, payments.iter().copied(), gas);
        self.send_from(&self.lanes[lane % self.lanes.len()], spec).await
    }

    async fn send_from(&self, desk: &LaneDesk, spec: TxSpec) -> Result<Arc<Inclusion>, LaneError> {
        let amount = spec.value;
        let promised = amount + self.fee_max(spec.gas_limit);
        self.promise(desk, promised).await?;
        let sent = desk.lane.send(spec, FeeTag::Funding).await;
        let kept = match &sent {
            Ok(inclusion) if inclusion.success => {
                self.books.send(amount);
                promised.saturating_sub(amount + inclusion.fee)
            }
            Ok(inclusion) => promised.saturating_sub(inclusion.fee),
            Err(error) if may_have_paid(error) => Wei::ZERO,
            Err(_) => {
                // The money may come in a moment: its refill left the chain and is on its way again.
                self.clock.sleep(Self::REFUSED_PAUSE).await;
                promised
            }
        };
        *desk.purse.lock().await += kept;
        sent
    }

    /// Takes note that wallet `index` returned `amount` to its lane.
    pub async fn returned(&self, index: u64, amount: Wei) {
        self.books.sweep(amount);
        *self.desk(index).purse.lock().await += amount;
    }

    async fn promise(&self, desk: &LaneDesk, amount: Wei) -> Result<(), LaneError> {
        let mut purse = desk.purse.lock().await;
        if *purse < amount {
            let refill = self.refill_size().max(amount);
            self.refill(desk, refill).await?;
            self.books.lend(refill);
            *purse += refill;
        }
        *purse = purse.saturating_sub(amount);
        Ok(())
    }

    /// Moves `refill` from the relayer to a lane. A relayer that has run dry gets the funding
    /// timeout to be topped up: funding pauses until then, and goes on by itself.
    async fn refill(&self, desk: &LaneDesk, refill: Wei) -> Result<(), LaneError> {
        loop {
            if self.calls.is_closing() {
                return Err(LaneError::Closed);
            }
            let spec = TxSpec::transfer(desk.key.address(), refill);
            let error = match self.relayer.send(spec, FeeTag::Lane).await {
                Ok(_) => {
                    self.drought.end(self.clock.now());
                    return Ok(());
                }
                Err(error) => error,
            };
            if matches!(error, LaneError::Rejected(RejectReason::InsufficientFunds)) {
                self.drought.begin(self.clock.now(), refill + self.fee_max(Gas::TRANSFER));
            } else {
                tracing::warn!(%error, "the relayer could not refill a lane");
            }
            self.clock.sleep(Self::REFUSED_PAUSE).await;
            let lasts = self.drought.lasts(self.clock.now());
            if self.calls.is_closing() || lasts.is_none_or(|lasts| lasts >= self.patience) {
                return Err(error);
            }
        }
    }

    /// Returns what the lanes hold to the relayer. Nothing may be paid any more.
    pub async fn close(&self, sweeper: &Sweeper) {
        self.calls.close(sweeper).await;
        let home = self.relayer.address();
        let closing = self.lanes.iter().map(|desk| async move {
            // Money may lie in a lane of whose refill nobody heard: none is left out.
            let amount = sweeper.sweep(&desk.key, home, true).await;
            self.books.repay(amount);
        });
        futures_util::future::join_all(closing).await;
    }

    fn refill_size(&self) -> Wei {
        let share = self.calls.users_left().div_ceil(self.lanes.len().max(1) as u64);
        let carried = match self.sizing.submit().funds_users() {
            true => self.wallets_per_lane,
            // What is paid for a call does not come back: no more than there are users left.
            false => self.wallets_per_lane.min(share),
        };
        self.wallet_cost_max().times(carried)
    }

    /// The most a transaction of a lane may cost.
    fn fee_max(&self, gas: Gas) -> Wei {
        // A stuck transaction is replaced at a higher fee; a quarter more covers two replacements.
        let fee = self.sizing.quote().max_fee * gas;
        fee + Wei(fee.0 / U256::from(4))
    }

    /// The most that one more user can cost: all its wallet is given and the transfer that gives it,
    /// or the call that a lane or the target's relay sends for it.
    #[must_use]
    pub fn wallet_cost_max(&self) -> Wei {
        self.sizing.wallet_size() + self.fee_max(self.sizing.gas_for_user())
    }

    /// The most that moving money to the lanes and home again can still cost: a few refills of
    /// each, and its return; and the calls of users that have ended.
    #[must_use]
    pub fn lanes_cost_max(&self) -> Wei {
        const TRANSFERS: u64 = 4;
        let transfers = self.fee_max(Gas::TRANSFER).times(TRANSFERS * self.lanes.len() as u64);
        transfers + self.wallet_cost_max().times(self.calls.orphans())
    }

    /// Whether lanes wait for the relayer to be topped up, and what it needs at least.
    #[must_use]
    pub fn drought(&self) -> &Drought {
        &self.drought
    }

    /// What each lane and the relayer met, added up.
    #[must_use]
    pub fn counters(&self) -> LaneCounters {
        let lanes = self.lanes.iter().map(|desk| desk.lane.counters());
        lanes.fold(self.relayer.counters(), LaneCounters::and)
    }

    fn desk(&self, index: u64) -> &LaneDesk {
        &self.lanes[usize::try_from(index % self.lanes.len() as u64).unwrap_or(0)]
    }
}

/// Whether money may be on its way although a lane reported an error.
#[must_use]
pub(crate) const fn may_have_paid(error: &LaneError) -> bool {
    match error {
        LaneError::Rejected(_) | LaneError::NonceTaken { .. } => false,
        LaneError::Closed => true,
    }
}
