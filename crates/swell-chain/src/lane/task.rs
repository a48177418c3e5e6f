//! The lane's loop: what to send next, and one request for it at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::B256;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use swell_core::time::RunOffset;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::slot::{Payload, Slot, SlotState};
use super::types::{Command, LaneCounters, LaneError, LaneOptions};
use super::window::NonceWindow;
use crate::fees::FeeQuote;
use crate::follower::TxRegistration;
use crate::handle::ChainHandle;
use crate::keys::AccountKey;
use crate::rpc::{BlockTag, ChainError};
use crate::submit::SubmitOutcome;

/// The task behind a [`Lane`](super::Lane).
#[must_use]
pub struct LaneTask {
    pub(super) chain: ChainHandle,
    pub(super) key: AccountKey,
    pub(super) options: LaneOptions,
    pub(super) window: NonceWindow,
    pub(super) slots: BTreeMap<u64, Slot>,
    /// Taken from the inbox, and not under a nonce; at most what the window has room for, and
    /// what lost its nonce to somebody else.
    pub(super) queue: VecDeque<Payload>,
    pub(super) quote: Option<FeeQuote>,
    /// When the nonces are to be read from the chain.
    pub(super) resync_at: Option<RunOffset>,
    /// Whether nothing new may be signed before that.
    pub(super) resync_first: bool,
    /// Not before then is a gap filled: the last filling was refused.
    pub(super) refill_at: RunOffset,
    /// The lowest nonce in flight, and the height since which it is that.
    pub(super) lowest: Option<(u64, u64)>,
    /// The gap that was counted last.
    gap: Option<u64>,
    inbox: mpsc::Receiver<Command>,
    inbox_open: bool,
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    sending: bool,
    quoting: bool,
    resyncing: bool,
    counters: Arc<Mutex<LaneCounters>>,
}

/// A request of the lane that has been answered.
pub(super) enum Done {
    Sent(Vec<(u64, B256, SubmitOutcome)>),
    LookedUp { nonce: u64, known: Result<bool, ChainError> },
    Quoted(Result<FeeQuote, ChainError>),
    Nonces(Result<Nonces, ChainError>),
}

/// What a node says of the lane's account.
pub(super) struct Nonces {
    /// The next nonce by the node's blocks.
    pub(super) latest: u64,
    /// The same with the node's pool on top.
    pub(super) pending: u64,
    /// The node's height, read last: what is spent was spent up to here.
    pub(super) height: u64,
}

impl LaneTask {
    /// Transactions in one request.
    const BATCH_MAX: usize = 64;
    /// The longest one request with transactions may take, repetitions included.
    const SEND_LIMIT: Duration = Duration::from_secs(15);
    /// How often to look for waits that are over, when no block comes.
    pub(super) const TICK: Duration = Duration::from_millis(250);
    pub(super) const RETRY: Duration = Duration::from_secs(1);

    pub(super) fn new(
        chain: ChainHandle,
        key: AccountKey,
        options: LaneOptions,
        inbox: mpsc::Receiver<Command>,
        counters: Arc<Mutex<LaneCounters>>,
    ) -> Self {
        Self {
            chain,
            key,
            options,
            // The account's nonce is read before anything is signed.
            window: NonceWindow::new(0, options.window),
            slots: BTreeMap::new(),
            queue: VecDeque::new(),
            quote: None,
            resync_at: Some(RunOffset::ZERO),
            resync_first: true,
            refill_at: RunOffset::ZERO,
            lowest: None,
            gap: None,
            inbox,
            inbox_open: true,
            jobs: FuturesUnordered::new(),
            sending: false,
            quoting: false,
            resyncing: false,
            counters,
        }
    }

    /// Sends until `shutdown`, or until every handle is dropped and everything sent is final.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut heads = self.chain.follower().heads();
        loop {
            self.start_jobs();
            if !self.inbox_open && self.slots.is_empty() && self.queue.is_empty() {
                return;
            }
            let takes = self.inbox_open && self.wants_commands();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                Some(done) = self.jobs.next() => self.on_done(done),
                _ = heads.changed() => self.on_head(),
                command = self.inbox.recv(), if takes => match command {
                    Some(command) => self.queue.push_back(command.into()),
                    None => self.inbox_open = false,
                },
                () = self.chain.clock().sleep(Self::TICK), if self.needs_tick() => self.review(),
            }
        }
    }

    /// Changes the counters.
    pub(super) fn count(&self, change: impl FnOnce(&mut LaneCounters)) {
        change(&mut self.counters.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Sent(outcomes) => {
                self.sending = false;
                for (nonce, hash, outcome) in outcomes {
                    self.on_outcome(nonce, hash, outcome);
                }
            }
            Done::LookedUp { nonce, known } => self.on_looked_up(nonce, known),
            Done::Quoted(quote) => {
                self.quoting = false;
                match quote {
                    Ok(quote) => self.quote = Some(quote),
                    Err(error) => {
                        tracing::debug!(%error, "no fee quote");
                        self.quoting = true;
                        self.start_quoting(Self::RETRY);
                    }
                }
            }
            Done::Nonces(nonces) => {
                self.resyncing = false;
                self.on_nonces(nonces);
            }
        }
    }

    fn on_head(&mut self) {
        // Fees follow the blocks; usually this costs no request.
        if !self.quoting {
            self.quoting = true;
            self.start_quoting(Duration::ZERO);
        }
        self.review();
    }

    fn wants_commands(&self) -> bool {
        self.queue.is_empty() && self.is_ready() && self.window.room() > 0
    }

    /// Whether new nonces may be taken.
    fn is_ready(&self) -> bool {
        self.quote.is_some() && !self.resync_first && !self.resyncing && !self.sending
    }

    fn needs_tick(&self) -> bool {
        self.resync_at.is_some()
            || self.window.gap().is_some()
            || self.slots.values().any(|slot| {
                matches!(slot.state, SlotState::Waiting { .. } | SlotState::NonceSpent { .. })
            })
    }

    /// Whoever is above a gap cannot move. One that the next payment fills counts too.
    fn count_gap(&mut self) {
        let gap = self.window.gap();
        if gap != self.gap && gap.is_some() {
            self.count(|counters| counters.gaps += 1);
        }
        self.gap = gap;
    }

    fn start_jobs(&mut self) {
        self.count_gap();
        if self.quote.is_none() && !self.quoting {
            self.quoting = true;
            self.start_quoting(Duration::ZERO);
        }
        self.start_resync();
        self.start_lookups();
        self.start_sending();
    }

    fn start_quoting(&self, delay: Duration) {
        let chain = self.chain.clone();
        self.jobs.push(
            async move {
                if !delay.is_zero() {
                    chain.clock().sleep(delay).await;
                }
                Done::Quoted(chain.fees().quote().await)
            }
            .boxed(),
        );
    }

    fn start_resync(&mut self) {
        let due = self.resync_at.is_some_and(|at| self.chain.clock().now() >= at);
        // What is on its way would be missing from the node's answer.
        if !due || self.resyncing || self.sending {
            return;
        }
        (self.resyncing, self.resync_at) = (true, None);
        let (rpc, address) = (self.chain.rpc().clone(), self.key.address());
        self.jobs.push(
            async move {
                let latest = rpc.nonce(address, BlockTag::Latest).await;
                let pending = rpc.nonce(address, BlockTag::Pending).await;
                let height = rpc.block_number().await;
                let nonces = || Ok(Nonces { latest: latest?, pending: pending?, height: height? });
                Done::Nonces(nonces())
            }
            .boxed(),
        );
    }

    fn start_lookups(&mut self) {
        for (&nonce, slot) in &mut self.slots {
            if slot.state != SlotState::InDoubt {
                continue;
            }
            slot.state = SlotState::LookingUp;
            let (rpc, hash) = (self.chain.rpc().clone(), slot.tx.hash);
            self.jobs.push(
                async move {
                    let known = rpc.transaction_by_hash(hash).await.map(|view| view.is_some());
                    Done::LookedUp { nonce, known }
                }
                .boxed(),
            );
        }
    }

    /// Sends what is to be sent again and what is new, in the order of nonces, in one request.
    fn start_sending(&mut self) {
        if self.sending {
            return;
        }
        self.sign_new();
        let mut batch = Vec::new();
        for slot in self.slots.values_mut().filter(|slot| slot.state == SlotState::ToSend) {
            slot.state = SlotState::Sending;
            batch.push(slot.tx.clone());
            if batch.len() == Self::BATCH_MAX {
                break;
            }
        }
        if batch.is_empty() {
            return;
        }
        self.sending = true;
        // A node's wish to be left alone must not hold the lane back for minutes.
        let deadline = self.chain.clock().now() + Self::SEND_LIMIT;
        let rpc = self.chain.rpc().by(deadline);
        self.jobs.push(
            async move {
                let outcomes = rpc.send_raw_batch(&batch).await;
                let sent = batch.into_iter().zip(outcomes);
                Done::Sent(sent.map(|(tx, outcome)| (tx.nonce, tx.hash, outcome)).collect())
            }
            .boxed(),
        );
    }

    fn sign_new(&mut self) {
        let Some(quote) = self.quote.filter(|_| self.is_ready()) else { return };
        while self.window.room() > 0 {
            let waiting = self.queue.pop_front();
            let Some(payload) = waiting.or_else(|| self.inbox.try_recv().ok().map(Payload::from))
            else {
                break;
            };
            self.count(|counters| counters.signed += 1);
            self.sign(payload, quote);
        }
        // Nobody wants the free nonces, and others wait above them.
        let may_refill = self.chain.clock().now() >= self.refill_at;
        while may_refill && self.window.gap().is_some() && self.window.room() > 0 {
            self.count(|counters| counters.refilled += 1);
            self.sign(Payload::filler(self.key.address()), quote);
        }
    }

    fn sign(&mut self, mut payload: Payload, quote: FeeQuote) {
        let Some(nonce) = self.window.allocate() else {
            self.queue.push_front(payload);
            return;
        };
        payload.signed_at.get_or_insert(self.chain.clock().now());
        let quote = quote.within(payload.fee_cap(quote.max_fee));
        let tx = payload.order.spec.sign(&self.key, self.chain.chain_id(), nonce, &quote);
        // Before it is sent: nothing is missed.
        let watch = self.chain.follower().watch_tx(&TxRegistration {
            from: tx.from,
            nonce,
            hash: tx.hash,
            tag: payload.order.tag,
        });
        let slot = Slot {
            payload,
            tx,
            quote,
            watch,
            state: SlotState::ToSend,
            may_be_out: false,
            tries: 0,
        };
        self.slots.insert(nonce, slot);
    }
}

impl Drop for LaneTask {
    fn drop(&mut self) {
        for slot in self.slots.values_mut() {
            let _asked = slot.payload.tell(Err(LaneError::Closed));
        }
    }
}
