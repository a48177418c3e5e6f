//! Refills lanes from the relayer: those that ask at the same time in one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{
    FeeTag, Inclusion, Lane, LaneCounters, LaneError, RejectReason, TxSpec, pay_many,
};
use swell_core::funding::BatchGas;
use swell_core::units::{Gas, Wei};
use swell_net::clock::RunClock;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::drought::Drought;
use crate::sizing::Sizing;

/// Where lanes ask the relayer for money.
#[derive(Debug)]
pub(crate) struct Refills {
    relayer: Arc<Relayer>,
    queue: mpsc::Sender<Refill>,
}

/// What a refiller works with.
#[derive(Clone, Debug)]
pub(crate) struct RefillPlan {
    /// The chain's Multicall3 and what a batch costs; `None` on a chain without one.
    pub(crate) multicall: Option<(Address, BatchGas)>,
    /// How long the first lane that asks waits for others.
    pub(crate) gather: Duration,
    /// How long a relayer that has run dry is waited for.
    pub(crate) patience: Duration,
    /// Lanes that may ask at the same time.
    pub(crate) lanes: usize,
}

/// A lane that waits for money.
#[derive(Debug)]
struct Refill {
    lane: Address,
    amount: Wei,
    done: oneshot::Sender<Result<(), LaneError>>,
}

impl Refill {
    /// Whether somebody still waits for it: a lane that nobody waits for may be on its way home.
    fn is_wanted(&self) -> bool {
        !self.done.is_closed()
    }
}

/// The relayer's account, and how it does.
#[derive(Debug)]
struct Relayer {
    account: Lane,
    drought: Drought,
    /// The lanes go home: what was refused is not asked for again.
    closing: AtomicBool,
    sizing: Arc<Sizing>,
    clock: RunClock,
    plan: RefillPlan,
}

impl Refills {
    /// After a refused refill, so that a node is not asked a thousand times a second.
    const REFUSED_PAUSE: Duration = Duration::from_secs(1);

    /// Refills out of `account`. The task that gathers them is put under `tasks` and ends with
    /// `stop`.
    pub(crate) fn new(
        account: Lane,
        sizing: Arc<Sizing>,
        clock: RunClock,
        plan: RefillPlan,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (queue, incoming) = mpsc::channel(plan.lanes.max(1));
        let (drought, closing) = (Drought::default(), AtomicBool::new(false));
        let relayer = Arc::new(Relayer { account, drought, closing, sizing, clock, plan });
        tasks.spawn(gather(incoming, Arc::clone(&relayer), tasks.clone(), stop));
        Self { relayer, queue }
    }

    /// Moves `amount` to `lane`, and waits until a block includes it. A relayer that has run dry is
    /// waited for: whatever the lane was to pay for pauses until it is topped up, and goes on by itself.
    ///
    /// # Errors
    /// Every [`LaneError`].
    pub(crate) async fn ask(&self, lane: Address, amount: Wei) -> Result<(), LaneError> {
        let (done, answer) = oneshot::channel();
        let refill = Refill { lane, amount, done };
        self.queue.send(refill).await.map_err(|_| LaneError::Closed)?;
        answer.await.unwrap_or(Err(LaneError::Closed))
    }

    /// What was refused is not asked for again: the lanes go home.
    pub(crate) fn close(&self) {
        self.relayer.closing.store(true, Ordering::Release);
    }

    /// The relayer's address.
    pub(crate) fn relayer(&self) -> Address {
        self.relayer.account.address()
    }

    /// Whether funding waits for the relayer to be topped up, and what it needs at least.
    pub(crate) fn drought(&self) -> &Drought {
        &self.relayer.drought
    }

    /// What the relayer's transactions met.
    pub(crate) fn counters(&self) -> LaneCounters {
        self.relayer.account.counters()
    }
}

async fn gather(
    mut incoming: mpsc::Receiver<Refill>,
    relayer: Arc<Relayer>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let first = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            first = incoming.recv() => first,
        };
        let Some(first) = first else { return };
        let mut together = vec![first];
        if relayer.plan.multicall.is_some() {
            relayer.clock.sleep(relayer.plan.gather).await;
            while let Ok(next) = incoming.try_recv() {
                together.push(next);
            }
        }
        tasks.spawn(refill_all(Arc::clone(&relayer), together, tasks.clone()));
    }
}

async fn refill_all(relayer: Arc<Relayer>, mut refills: Vec<Refill>, tasks: TaskTracker) {
    refills.retain(Refill::is_wanted);
    match relayer.pay_together(&refills).await {
        Together::Paid => {
            for refill in refills {
                // Whoever asked may have given up.
                let _gone = refill.done.send(Ok(()));
            }
        }
        Together::Lost(error) => {
            for refill in refills {
                let _gone = refill.done.send(Err(error.clone()));
            }
        }
        Together::Nothing => {
            for refill in refills {
                let relayer = Arc::clone(&relayer);
                tasks.spawn(async move { relayer.pay(refill).await });
            }
        }
    }
}

/// What became of a transaction for many.
enum Together {
    /// All are paid.
    Paid,
    /// Nobody is paid: each may be tried by itself.
    Nothing,
    /// Whether they are paid is not known.
    Lost(LaneError),
}

impl Relayer {
    /// Pays all `refills` in one transaction, where that is possible.
    async fn pay_together(&self, refills: &[Refill]) -> Together {
        let Some((multicall, gas)) = self.plan.multicall else { return Together::Nothing };
        let count = refills.len() as u64;
        if count < 2 || count > gas.wallets_within(BatchGas::TX_GAS_MAX) {
            return Together::Nothing;
        }
        let payments = refills.iter().map(|refill| (refill.lane, refill.amount));
        match self.send(pay_many(multicall, payments, gas.of(count))).await {
            Ok(inclusion) if inclusion.success => Together::Paid,
            Ok(_) => Together::Nothing,
            Err(error @ LaneError::Closed) => Together::Lost(error),
            Err(error) => {
                // There may be enough for some of them.
                tracing::warn!(%error, "the relayer could not refill {count} lanes at once");
                Together::Nothing
            }
        }
    }

    /// Pays one lane, however long the relayer must be waited for, while somebody waits with it.
    async fn pay(&self, refill: Refill) {
        let mut paid = Ok(());
        while refill.is_wanted() {
            paid = self.send(TxSpec::transfer(refill.lane, refill.amount)).await.map(drop);
            let Err(error) = &paid else { break };
            if matches!(error, LaneError::Rejected(RejectReason::InsufficientFunds)) {
                let needed = refill.amount + self.sizing.fee_max(Gas::TRANSFER);
                self.drought.begin(self.clock.now(), needed);
            } else {
                tracing::warn!(%error, "the relayer could not refill a lane");
            }
            self.clock.sleep(Refills::REFUSED_PAUSE).await;
            let lasts = self.drought.lasts(self.clock.now());
            let is_over = self.closing.load(Ordering::Acquire);
            if is_over || lasts.is_none_or(|lasts| lasts >= self.plan.patience) {
                break;
            }
        }
        let _gone = refill.done.send(paid);
    }

    async fn send(&self, spec: TxSpec) -> Result<Arc<Inclusion>, LaneError> {
        let sent = self.account.send(spec, FeeTag::Lane).await?;
        self.drought.end(self.clock.now());
        Ok(sent)
    }
}
