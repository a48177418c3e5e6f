//! Pays wallets: each by a transfer of its own, or many in one transaction.
//!
//! ```text
//!  direct   wallet ──▶ gas budget ──▶ the lane that carries it
//!  batch    wallet ──▶ queue ──gather──▶ gas budget ──▶ the lanes in turn, through Multicall3
//! ```

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{Inclusion, LaneError};
use swell_core::funding::BatchGas;
use swell_core::units::{Gas, Wei};
use swell_core::wallet::WalletIndex;
use swell_net::clock::RunClock;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gas_budget::GasBudget;
use crate::treasury::Treasury;

/// What became of a payment.
pub(crate) type Paid = Result<Arc<Inclusion>, LaneError>;

/// Pays wallets within the gas budget. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Payer {
    treasury: Arc<Treasury>,
    budget: Arc<GasBudget>,
    /// Where payments wait for a batch; `None` when each is a transfer of its own.
    queue: Option<mpsc::Sender<Payment>>,
}

/// A wallet that waits for its batch.
#[derive(Debug)]
struct Payment {
    wallet: Address,
    amount: Wei,
    paid: oneshot::Sender<Paid>,
}

/// How batches are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchPlan {
    /// The chain's Multicall3.
    pub(crate) multicall: Address,
    /// What a batch costs.
    pub(crate) gas: BatchGas,
    /// How long the first wallet of a batch waits for others.
    pub(crate) gather: Duration,
    /// Wallets that may wait.
    pub(crate) queue_max: usize,
}

impl Payer {
    /// Pays each wallet by a transfer of its own.
    pub(crate) const fn direct(treasury: Arc<Treasury>, budget: Arc<GasBudget>) -> Self {
        Self { treasury, budget, queue: None }
    }

    /// Pays many wallets in one transaction. The task that gathers them is put under `tasks` and
    /// ends with `stop`.
    pub(crate) fn batched(
        treasury: Arc<Treasury>,
        budget: Arc<GasBudget>,
        clock: RunClock,
        plan: BatchPlan,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (queue, incoming) = mpsc::channel(plan.queue_max.max(1));
        let underway = Arc::new(Semaphore::new(treasury.lane_count() * Batcher::PER_LANE));
        let batcher = Batcher {
            incoming,
            treasury: Arc::clone(&treasury),
            budget: Arc::clone(&budget),
            clock,
            plan,
            tasks: tasks.clone(),
            underway,
        };
        tasks.spawn(batcher.run(stop));
        Self { treasury, budget, queue: Some(queue) }
    }

    /// Pays `amount` to the wallet and waits until a block includes the payment.
    ///
    /// # Errors
    /// Every [`LaneError`]; [`may_have_paid`](crate::treasury::may_have_paid) says whether money may
    /// be on its way.
    pub(crate) async fn pay(&self, index: WalletIndex, wallet: Address, amount: Wei) -> Paid {
        let Some(queue) = &self.queue else {
            self.budget.take(Gas::TRANSFER).await;
            return self.treasury.pay(index, wallet, amount).await;
        };
        let (paid, answer) = oneshot::channel();
        let payment = Payment { wallet, amount, paid };
        queue.send(payment).await.map_err(|_| LaneError::Closed)?;
        answer.await.unwrap_or(Err(LaneError::Closed))
    }
}

/// Gathers payments to batches, and sends them through the lanes in turn.
struct Batcher {
    incoming: mpsc::Receiver<Payment>,
    treasury: Arc<Treasury>,
    budget: Arc<GasBudget>,
    clock: RunClock,
    plan: BatchPlan,
    tasks: TaskTracker,
    underway: Arc<Semaphore>,
}

impl Batcher {
    /// Batches of one lane that are signed and in no block. While they are, further wallets gather
    /// for a larger batch.
    const PER_LANE: usize = 2;

    async fn run(mut self, stop: CancellationToken) {
        let mut lane = 0;
        loop {
            let batch = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                batch = self.gather() => batch,
            };
            let Some(batch) = batch else { return };
            if batch.is_empty() {
                continue;
            }
            self.send(batch, lane).await;
            lane = (lane + 1) % self.treasury.lane_count();
        }
    }

    /// The next batch; `None` when nobody can ask any more.
    async fn gather(&mut self) -> Option<Vec<Payment>> {
        let mut batch = vec![self.incoming.recv().await?];
        self.fill(&mut batch);
        if batch.len() < self.most() {
            self.clock.sleep(self.plan.gather).await;
        }
        // Whoever comes while every lane is busy goes with this batch.
        let underway = Arc::clone(&self.underway);
        let _a_lane_is_free = underway.acquire().await;
        self.fill(&mut batch);
        // Nobody is paid who no longer waits for it: such a wallet is being swept.
        batch.retain(|payment| !payment.paid.is_closed());
        Some(batch)
    }

    /// Takes in who waits already, as far as there is room.
    fn fill(&mut self, batch: &mut Vec<Payment>) {
        while batch.len() < self.most() {
            let Ok(next) = self.incoming.try_recv() else { break };
            batch.push(next);
        }
    }

    /// Wallets in a batch at most.
    fn most(&self) -> usize {
        let most = self.plan.gas.wallets_per_batch(self.budget.per_block());
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    async fn send(&self, batch: Vec<Payment>, lane: usize) {
        let gas = self.plan.gas.of(batch.len() as u64);
        self.budget.take(gas).await;
        let Ok(permit) = Arc::clone(&self.underway).acquire_owned().await else { return };
        let (treasury, multicall) = (Arc::clone(&self.treasury), self.plan.multicall);
        self.tasks.spawn(async move {
            let payments: Vec<_> = batch.iter().map(|p| (p.wallet, p.amount)).collect();
            let paid = treasury.pay_many(lane, multicall, &payments, gas).await;
            drop(permit);
            for payment in batch {
                // Whoever asked may have given up.
                let _gone = payment.paid.send(paid.clone());
            }
        });
    }
}
