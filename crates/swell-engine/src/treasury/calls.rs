//! Users' calls that the lanes send: who is owed what, and money for them ahead of demand.
//!
//! ```text
//!  user ──signature──▶ Calls ──promise──▶ the lane with the fewest ──▶ a node ──▶ a block
//!                                   ▲
//!  relayer ──refill at half─────────┘
//! ```

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy_primitives::U256;
use swell_chain::{FeeTag, Inclusion, LaneAccepted, LaneError, LaneOrder, RejectReason, TxSpec};
use swell_core::run::RunState;
use swell_core::stats::RelayStats;
use swell_core::units::{Wei, WeiPerGas};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{LaneDesk, Treasury, Turn, may_have_paid};
use crate::sweeper::Sweeper;

/// What is under way with users' calls.
#[derive(Debug)]
pub(super) struct CallBook {
    /// Calls whose users have ended: what they may still cost is on nobody else's account.
    orphans: Arc<AtomicU64>,
    /// Users that may still send a call.
    users_left: AtomicU64,
    /// Calls and refills under way.
    under_way: TaskTracker,
    /// Nothing more is to be sent.
    closing: CancellationToken,
    /// What was sent has had its blocks: nobody waits for it any more.
    closed: CancellationToken,
}

impl Default for CallBook {
    fn default() -> Self {
        Self {
            orphans: Arc::default(),
            users_left: AtomicU64::new(u64::MAX),
            under_way: TaskTracker::new(),
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        }
    }
}

impl CallBook {
    pub(super) fn orphans(&self) -> u64 {
        self.orphans.load(Ordering::Acquire)
    }

    pub(super) fn users_left(&self) -> u64 {
        self.users_left.load(Ordering::Acquire)
    }

    fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }

    /// Waits for a refill, unless nothing more is to be sent.
    pub(super) async fn while_open(
        &self,
        refill: impl Future<Output = Result<(), LaneError>>,
    ) -> Result<(), LaneError> {
        if self.is_closing() {
            return Err(LaneError::Closed);
        }
        tokio::select! {
            biased;
            refilled = refill => refilled,
            () = self.closed.cancelled() => Err(LaneError::Closed),
        }
    }

    /// Sends nothing more, and gives what was sent its blocks. Not for ever: what is in no block
    /// then loses its nonce to the lane's sweep.
    pub(super) async fn close(&self, sweeper: &Sweeper) {
        self.closing.cancel();
        self.under_way.close();
        self.give_blocks(sweeper).await;
        self.closed.cancel();
    }

    async fn give_blocks(&self, sweeper: &Sweeper) {
        for _ in 0..RunState::SETTLE_BLOCKS_MAX {
            if sweeper.is_chain_dead() {
                return;
            }
            tokio::select! {
                biased;
                () = self.under_way.wait() => return,
                () = sweeper.next_block() => {}
            }
        }
    }
}

/// Sends users' calls through the lanes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Calls {
    treasury: Arc<Treasury>,
    tasks: TaskTracker,
    stats: Arc<Mutex<RelayStats>>,
}

/// What the target's relay may pay for a user. Dropped before anybody knows what it paid, it counts
/// as spent to the most, so that a spend limit holds.
#[derive(Debug)]
pub struct RelayDebt {
    stats: Arc<Mutex<RelayStats>>,
    most: Wei,
}

impl RelayDebt {
    /// It is known what the relay paid, or that it paid nothing.
    pub fn settle(mut self) {
        self.most = Wei::ZERO;
    }
}

impl Drop for RelayDebt {
    fn drop(&mut self) {
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.record_unknown_cost(self.most);
    }
}

/// A user's call on its way. Dropping it gives up the answers, and the call if no lane has it yet.
#[derive(Debug)]
pub(crate) struct UserCall {
    accepted: oneshot::Receiver<LaneAccepted>,
    answer: oneshot::Receiver<Result<Arc<Inclusion>, LaneError>>,
    fate: Arc<Fate>,
}

/// Who is still there: the user, the call, or neither.
#[derive(Debug)]
struct Fate {
    state: AtomicU8,
    orphans: Arc<AtomicU64>,
}

impl Fate {
    const OPEN: u8 = 0;
    const ORPHANED: u8 = 1;
    const ENDED: u8 = 2;

    fn orphan(&self) {
        let (open, orphaned) = (Self::OPEN, Self::ORPHANED);
        // Counted first: whoever ends it in between finds something to take back.
        self.orphans.fetch_add(1, Ordering::AcqRel);
        let left = self.state.compare_exchange(open, orphaned, Ordering::AcqRel, Ordering::Acquire);
        if left.is_err() {
            self.orphans.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn end(&self) {
        if self.state.swap(Self::ENDED, Ordering::AcqRel) == Self::ORPHANED {
            self.orphans.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Calls {
    /// Calls through the lanes of `treasury`, by tasks under `tasks`.
    #[must_use]
    pub fn new(treasury: Arc<Treasury>, tasks: TaskTracker) -> Self {
        Self { treasury, tasks, stats: Arc::default() }
    }

    /// How calls fared so far. Never held across an await.
    pub fn stats(&self) -> MutexGuard<'_, RelayStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the target's relay may pay for one user's call.
    pub(crate) fn relay_debt(&self) -> RelayDebt {
        let sizing = &self.treasury.sizing;
        RelayDebt { stats: Arc::clone(&self.stats), most: sizing.fee_max(sizing.gas_limit()) }
    }

    /// Hands a user's call over. A task of its own sees it through: a user that gives up must not
    /// take money out of the books.
    pub(crate) fn send(&self, spec: TxSpec) -> UserCall {
        let (accepted_tx, accepted) = oneshot::channel();
        let (answer_tx, answer) = oneshot::channel();
        let book = &self.treasury.calls;
        let state = AtomicU8::new(Fate::OPEN);
        let fate = Arc::new(Fate { state, orphans: Arc::clone(&book.orphans) });
        let (calls, ending) = (self.clone(), Arc::clone(&fate));
        let seeing_through = async move {
            let result = calls.see_through(spec, accepted_tx).await;
            ending.end();
            // An error only means that the user no longer waits.
            let _waiting = answer_tx.send(result);
        };
        self.tasks.spawn(book.under_way.track_future(seeing_through));
        UserCall { accepted, answer, fate }
    }

    async fn see_through(
        &self,
        spec: TxSpec,
        mut accepted: oneshot::Sender<LaneAccepted>,
    ) -> Result<Arc<Inclusion>, LaneError> {
        let treasury = &*self.treasury;
        let asked_at = treasury.clock.now();
        let desk = treasury.least_busy().ok_or(LaneError::Closed)?;
        let _busy = Busy::on(desk);
        let promised = spec.value + treasury.sizing.fee_max(spec.gas_limit);
        let turn = tokio::select! {
            biased;
            () = accepted.closed() => return Err(LaneError::Closed),
            turn = desk.purse.turn(promised) => turn,
        };
        // From here on not given up: what a refill has sent must be put into the purse.
        if let Turn::Refill(_turn) = turn {
            treasury.refill_and_take(desk, promised).await?;
        }
        let value = spec.value;
        let each = (promised.saturating_sub(value)).0 / U256::from(spec.gas_limit.0.max(1));
        let fee_max = Some(WeiPerGas(u128::try_from(each).unwrap_or(u128::MAX)));
        let order = LaneOrder { spec, tag: FeeTag::Journey, fee_max };
        let submitted = tokio::select! {
            biased;
            () = accepted.closed() => Err(LaneError::Closed),
            () = treasury.calls.closing.cancelled() => Err(LaneError::Closed),
            submitted = desk.lane.submit(order) => submitted,
        };
        let mut call = match submitted {
            Ok(call) => call,
            Err(error) => {
                desk.purse.put(promised);
                return Err(error);
            }
        };
        let taken = call.accepted().await;
        if let Some(taken) = taken {
            let mut stats = self.stats();
            stats.record_queue(taken.signed_at.saturating_since(asked_at));
            stats.record_hash(taken.at.saturating_since(taken.signed_at));
            drop(stats);
            let _waiting = accepted.send(taken);
        }
        let result = call.included().await;
        if let (Some(taken), Ok(inclusion)) = (taken, &result) {
            let took = treasury.clock.now().saturating_since(taken.at);
            let mut stats = self.stats();
            stats.record_inclusion(took, inclusion.block.saturating_sub(taken.height));
            stats.record_cost(inclusion.gas_used, inclusion.fee);
        }
        if matches!(result, Err(LaneError::Rejected(RejectReason::InsufficientFunds))) {
            // The money may come in a moment: its refill left the chain and is on its way again. The
            // lane stays busy meanwhile, or it would be the first choice of the next user.
            treasury.clock.sleep(Treasury::REFUSED_PAUSE).await;
        }
        treasury.settle_call(desk, promised, value, &result);
        result
    }
}

/// Counts a call on its lane while it lives.
struct Busy<'a>(&'a LaneDesk);

impl<'a> Busy<'a> {
    fn on(desk: &'a LaneDesk) -> Self {
        desk.calls.fetch_add(1, Ordering::AcqRel);
        Self(desk)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

impl UserCall {
    /// Waits until a node has it.
    ///
    /// # Errors
    /// [`LaneError`]: no node ever had it.
    pub(crate) async fn accepted(&mut self) -> Result<LaneAccepted, LaneError> {
        match (&mut self.accepted).await {
            Ok(accepted) => Ok(accepted),
            Err(_) => match (&mut self.answer).await {
                Ok(Err(error)) => Err(error),
                _ => Err(LaneError::Closed),
            },
        }
    }

    /// Waits until a block includes it.
    ///
    /// # Errors
    /// [`LaneError`]. A call that was included and reverted is no error here.
    pub(crate) async fn included(mut self) -> Result<Arc<Inclusion>, LaneError> {
        (&mut self.answer).await.unwrap_or(Err(LaneError::Closed))
    }
}

impl Drop for UserCall {
    fn drop(&mut self) {
        self.fate.orphan();
    }
}

impl Treasury {
    /// Takes note of how many users may still send a call.
    pub(crate) fn expect_users(&self, users: u64) {
        self.calls.users_left.store(users, Ordering::Release);
    }

    /// Fills every lane that holds less than half of what its share of the users ahead needs.
    pub(crate) async fn top_up_lanes(&self) {
        let mark = self.refill_size();
        let filling = self.lanes.iter().map(|desk| self.top_up(desk, mark));
        futures_util::future::join_all(filling).await;
    }

    /// Runs `work` so that nothing is swept before it has ended, or has had its blocks.
    pub(crate) fn under_way<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.calls.under_way.track_future(work)
    }

    async fn top_up(&self, desk: &LaneDesk, mark: Wei) {
        let _turn = desk.purse.refill_turn().await;
        let held = desk.purse.held();
        if mark.is_zero() || held.times(2) >= mark || self.calls.is_closing() {
            return;
        }
        if let Ok(refill) = self.refill(desk, mark.saturating_sub(held)).await {
            desk.purse.put(refill);
        }
    }

    /// The lane with the fewest calls under way; of equals the first.
    fn least_busy(&self) -> Option<&LaneDesk> {
        self.lanes.iter().min_by_key(|desk| desk.calls.load(Ordering::Acquire))
    }

    fn settle_call(
        &self,
        desk: &LaneDesk,
        promised: Wei,
        value: Wei,
        result: &Result<Arc<Inclusion>, LaneError>,
    ) {
        let kept = match result {
            Ok(inclusion) => {
                let paid = if inclusion.success { value } else { Wei::ZERO };
                self.books.pay(paid);
                promised.saturating_sub(paid + inclusion.fee)
            }
            Err(error) if may_have_paid(error) => Wei::ZERO,
            Err(_) => promised,
        };
        desk.purse.put(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(orphans: &Arc<AtomicU64>) -> Fate {
        Fate { state: AtomicU8::new(Fate::OPEN), orphans: Arc::clone(orphans) }
    }

    #[test]
    fn a_call_is_an_orphan_from_its_users_end_to_its_own() {
        let orphans = Arc::default();
        let (first, second) = (fate(&orphans), fate(&orphans));
        first.orphan();
        assert_eq!(orphans.load(Ordering::Acquire), 1);
        first.end();
        second.end();
        second.orphan();
        assert_eq!(orphans.load(Ordering::Acquire), 0, "it had ended before its user");
    }
}
