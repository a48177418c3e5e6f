//! The relayer's money on its way out and home again.
//!
//! ```text
//!  relayer ──refill──▶ lane ──pay──▶ wallet ──sweep──▶ lane ──return──▶ relayer
//! ```
//!
//! All lanes are filled at the beginning, in one transaction where the chain allows it, and each again
//! when it cannot pay: with what its share of the run needs and no more.

mod calls;
mod purse;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{AccountKey, FeeTag, Inclusion, Lane, LaneCounters, LaneError, TxSpec, pay_many};
use swell_core::units::{Gas, Wei};
use swell_net::clock::RunClock;

use crate::books::Books;
use crate::drought::Drought;
use crate::refiller::Refills;
use crate::sizing::Sizing;
use crate::sweeper::Sweeper;
use calls::CallBook;
pub(crate) use calls::UserCall;
pub use calls::{Calls, RelayDebt};
use purse::{Purse, Turn};

/// The relayer and its lanes.
#[derive(Debug)]
pub struct Treasury {
    refills: Refills,
    lanes: Vec<LaneDesk>,
    books: Arc<Books>,
    sizing: Arc<Sizing>,
    clock: RunClock,
    /// Wallets one lane may have to carry at a time.
    wallets_per_lane: u64,
    calls: CallBook,
}

/// One lane and what it may still promise.
#[derive(Debug)]
struct LaneDesk {
    lane: Lane,
    key: AccountKey,
    /// Money the lane holds and has not promised.
    purse: Purse,
    /// Users' calls that it has not finished.
    calls: AtomicU64,
}

impl Treasury {
    /// How long a lane waits after a refused payment, so that a node is not asked a thousand times
    /// a second.
    const REFUSED_PAUSE: Duration = Duration::from_secs(1);

    /// A treasury whose lanes are still empty; `wallets_per_lane` is what one of them may have to
    /// carry at a time.
    #[must_use]
    pub(crate) fn new(
        refills: Refills,
        lanes: Vec<(Lane, AccountKey)>,
        wallets_per_lane: u64,
        books: Arc<Books>,
        sizing: Arc<Sizing>,
        clock: RunClock,
    ) -> Self {
        let lanes = lanes
            .into_iter()
            .map(|(lane, key)| LaneDesk {
                lane,
                key,
                purse: Purse::default(),
                calls: AtomicU64::new(0),
            })
            .collect();
        let calls = CallBook::default();
        Self { refills, lanes, books, sizing, clock, wallets_per_lane, calls }
    }

    /// Fills every lane that is empty, before any has to pay. One that could not be filled asks again
    /// when it must.
    pub async fn prime(&self) {
        let filling = self.lanes.iter().map(|desk| async move {
            let _turn = desk.purse.refill_turn().await;
            if !desk.purse.held().is_zero() {
                return;
            }
            match self.refill(desk, self.refill_size()).await {
                Ok(refill) => desk.purse.put(refill),
                Err(error) => tracing::warn!(%error, "a lane could not be filled at the beginning"),
            }
        });
        futures_util::future::join_all(filling).await;
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
        let promised = amount + self.sizing.fee_max(spec.gas_limit);
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
        desk.purse.put(kept);
        sent
    }

    /// Takes note that wallet `index` returned `amount` to its lane.
    pub fn returned(&self, index: u64, amount: Wei) {
        self.books.sweep(amount);
        self.desk(index).purse.put(amount);
    }

    async fn promise(&self, desk: &LaneDesk, amount: Wei) -> Result<(), LaneError> {
        match desk.purse.turn(amount).await {
            Turn::Taken => Ok(()),
            Turn::Refill(_turn) => self.refill_and_take(desk, amount).await,
        }
    }

    /// Refills a lane whose turn it is, and promises `amount` of that.
    async fn refill_and_take(&self, desk: &LaneDesk, amount: Wei) -> Result<(), LaneError> {
        let refill = self.refill(desk, self.refill_size().max(amount)).await?;
        desk.purse.exchange(refill, amount);
        Ok(())
    }

    /// Moves `amount` from the relayer to a lane; nothing more once the run's lanes go home.
    async fn refill(&self, desk: &LaneDesk, amount: Wei) -> Result<Wei, LaneError> {
        self.calls.while_open(self.refills.ask(desk.key.address(), amount)).await?;
        self.books.lend(amount);
        Ok(amount)
    }

    /// Returns what the lanes hold to the relayer. Nothing may be paid any more.
    pub async fn close(&self, sweeper: &Sweeper) {
        self.refills.close();
        self.calls.close(sweeper).await;
        let home = self.refills.relayer();
        // A refill that nobody waits for any more must not come after the lanes have gone home.
        sweeper.let_doubt_pass(home).await;
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

    /// The most that one more user can cost: all its wallet is given and the transfer that gives it,
    /// or the call that a lane or the target's relay sends for it.
    #[must_use]
    pub fn wallet_cost_max(&self) -> Wei {
        self.sizing.wallet_size() + self.sizing.fee_max(self.sizing.gas_for_user())
    }

    /// The most that moving money to the lanes and home again can still cost: a few refills of
    /// each, and its return; and the calls of users that have ended.
    #[must_use]
    pub fn lanes_cost_max(&self) -> Wei {
        // The first refill may be one of many in a transaction, which costs nearly two transfers.
        const TRANSFERS: u64 = 5;
        let transfers = self.sizing.fee_max(Gas::TRANSFER);
        let calls = self.wallet_cost_max().times(self.calls.orphans());
        transfers.times(TRANSFERS * self.lanes.len() as u64) + calls
    }

    /// Whether lanes wait for the relayer to be topped up, and what it needs at least.
    #[must_use]
    pub fn drought(&self) -> &Drought {
        self.refills.drought()
    }

    /// What each lane and the relayer met, added up.
    #[must_use]
    pub fn counters(&self) -> LaneCounters {
        self.lane_counters().and(self.refills.counters())
    }

    /// What the lanes met, added up.
    #[must_use]
    pub fn lane_counters(&self) -> LaneCounters {
        let lanes = self.lanes.iter().map(|desk| desk.lane.counters());
        lanes.fold(LaneCounters::default(), LaneCounters::and)
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
