//! The relayer's money on its way out and home again.
//!
//! ```text
//!  relayer ──refill──▶ lane ──pay──▶ wallet ──sweep──▶ lane ──return──▶ relayer
//! ```
//!
//! A lane is refilled when it cannot pay, with what its share of the run needs and no more.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{AccountKey, FeeTag, Inclusion, Lane, LaneError, TxSpec};
use swell_core::units::{Gas, Wei};
use swell_net::clock::RunClock;
use tokio::sync::Mutex;

use crate::books::Books;
use crate::sizing::Sizing;
use crate::sweeper::Sweeper;

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
}

/// One lane and what it may still promise.
#[derive(Debug)]
struct LaneDesk {
    lane: Lane,
    key: AccountKey,
    /// Money the lane holds and has not promised. Locked while it is refilled: whoever wants to
    /// pay from it then waits for the same refill.
    purse: Mutex<Wei>,
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
        wallets_per_lane: u64,
        books: Arc<Books>,
        sizing: Arc<Sizing>,
        clock: RunClock,
    ) -> Self {
        let lanes = lanes
            .into_iter()
            .map(|(lane, key)| LaneDesk { lane, key, purse: Mutex::new(Wei::ZERO) })
            .collect();
        Self { relayer, lanes, books, sizing, clock, wallets_per_lane }
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
        let desk = self.desk(index);
        let promised = amount + self.transfer_fee_max();
        self.promise(desk, promised).await?;
        let paid = desk.lane.send(TxSpec::transfer(wallet, amount), FeeTag::Funding).await;
        let kept = match &paid {
            Ok(inclusion) => {
                self.books.send(amount);
                promised.saturating_sub(amount + inclusion.fee)
            }
            Err(error) if may_have_paid(error) => Wei::ZERO,
            Err(_) => {
                // The money may come in a moment: its refill left the chain and is on its way again.
                self.clock.sleep(Self::REFUSED_PAUSE).await;
                promised
            }
        };
        *desk.purse.lock().await += kept;
        paid
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
            let spec = TxSpec::transfer(desk.key.address(), refill);
            if let Err(error) = self.relayer.send(spec, FeeTag::Lane).await {
                tracing::warn!(%error, "the relayer could not refill a lane");
                self.clock.sleep(Self::REFUSED_PAUSE).await;
                return Err(error);
            }
            self.books.lend(refill);
            *purse += refill;
        }
        *purse = purse.saturating_sub(amount);
        Ok(())
    }

    /// Returns what the lanes hold to the relayer. Nothing may be paid any more.
    pub async fn close(&self, sweeper: &Sweeper) {
        let home = self.relayer.address();
        let closing = self.lanes.iter().map(|desk| async move {
            // Money may lie in a lane of whose refill nobody heard: none is left out.
            let amount = sweeper.sweep(&desk.key, home, true).await;
            self.books.repay(amount);
        });
        futures_util::future::join_all(closing).await;
    }

    fn refill_size(&self) -> Wei {
        (self.sizing.wallet_size() + self.transfer_fee_max()).times(self.wallets_per_lane)
    }

    fn transfer_fee_max(&self) -> Wei {
        // A stuck transfer is replaced at a higher fee; a quarter more covers two replacements.
        let fee = self.sizing.quote().max_fee * Gas::TRANSFER;
        fee + Wei(fee.0 / alloy_primitives::U256::from(4))
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
