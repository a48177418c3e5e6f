//! One user's view of the run.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use swell_chain::ChainHandle;
use swell_core::event::{RunEvent, StepEnded};
use swell_core::journey::{Failure, FailureClass, FailureDetail, JourneySpec, StepId};
use swell_core::seed::{Seed, SeededRng};
use swell_core::stats::StepRecord;
use swell_core::time::RunOffset;
use swell_core::trace::{TraceContext, TraceSampler};
use swell_core::units::Wei;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::trace::within;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::WALLET;
use crate::books::Books;
use crate::error::StepError;
use crate::events::EventSink;
use crate::funder::TopUps;
use crate::lease::Lease;
use crate::recorder::Recorder;
use crate::sizing::Sizing;
use crate::treasury::Calls;

/// What all users of a run share.
#[derive(Debug)]
pub struct JourneyPorts {
    /// The run's clock.
    pub clock: RunClock,
    /// The chain.
    pub chain: ChainHandle,
    /// Where CPU work goes.
    pub compute: Compute,
    /// Root of the repeatable randomness.
    pub seed: Seed,
    /// Root of keys, initialisation vectors and salts: the system's in real runs, the seed's in
    /// virtual ones.
    pub secrets: Seed,
    /// Where steps are written down.
    pub recorder: Recorder,
    /// The journey's name and steps.
    pub spec: JourneySpec,
    /// Who is told what happens.
    pub events: EventSink,
    /// Which users have a trace.
    pub traces: Option<TraceSampler>,
    /// What a wallet must hold.
    pub sizing: Arc<Sizing>,
    /// Where calls go that the relayer's lanes send.
    pub calls: Calls,
    /// Where a wallet that has fallen below its need is topped up.
    pub top_ups: TopUps,
    /// The money statement.
    pub books: Arc<Books>,
    /// From a journey's start to its end at the latest.
    pub journey_timeout: Duration,
    /// How long a user waits for a funded wallet.
    pub funding_timeout: Duration,
    /// Ends every journey now.
    pub abort: CancellationToken,
}

/// How one user begins.
#[derive(Debug)]
pub struct UserStart {
    /// Its position in the run.
    pub seq: u64,
    /// When it ought to have begun.
    pub due: RunOffset,
    /// When it got its place.
    pub sent: RunOffset,
    /// Where its wallet will come from.
    pub lease: oneshot::Receiver<Lease>,
}

/// One user's view of the run.
#[derive(Debug)]
pub struct JourneyContext {
    ports: Arc<JourneyPorts>,
    seq: u64,
    sent: RunOffset,
    trace: Option<TraceContext>,
    incoming: Mutex<Option<oneshot::Receiver<Lease>>>,
    lease: OnceLock<Lease>,
    /// What the wallet was topped up by.
    topped_up: OnceLock<Wei>,
    /// When the next step is due, nanoseconds of run time.
    next_due_ns: AtomicU64,
    /// Whether the chain may hold a transaction of ours that is neither included nor refused.
    pub(super) in_doubt: AtomicBool,
    /// Transactions signed so far: the wallet's next nonce.
    pub(super) nonce: AtomicU64,
    noted: Mutex<FailureDetail>,
}

impl JourneyContext {
    /// The context of a user that has just got its place.
    #[must_use]
    pub fn new(ports: Arc<JourneyPorts>, start: UserStart) -> Self {
        let trace = ports.traces.as_ref().and_then(|traces| traces.user(start.seq));
        Self {
            ports,
            trace,
            seq: start.seq,
            sent: start.sent,
            incoming: Mutex::new(Some(start.lease)),
            lease: OnceLock::new(),
            topped_up: OnceLock::new(),
            next_due_ns: AtomicU64::new(nanos(start.due)),
            in_doubt: AtomicBool::new(false),
            nonce: AtomicU64::new(0),
            noted: Mutex::new(FailureDetail::default()),
        }
    }

    /// The user's position in the run.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// When the user got its place.
    #[must_use]
    pub const fn sent(&self) -> RunOffset {
        self.sent
    }

    /// The user's own span, if it has a trace.
    pub(crate) const fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// When the journey must have ended.
    #[must_use]
    pub fn deadline(&self) -> RunOffset {
        self.sent + self.ports.journey_timeout
    }

    /// What all users share.
    #[must_use]
    pub fn ports(&self) -> &JourneyPorts {
        &self.ports
    }

    /// The run's clock.
    #[must_use]
    pub fn clock(&self) -> &RunClock {
        &self.ports.clock
    }

    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &ChainHandle {
        &self.ports.chain
    }

    /// This user's repeatable randomness for `purpose`.
    #[must_use]
    pub fn rng(&self, purpose: &str) -> SeededRng {
        self.ports.seed.indexed_rng(purpose, self.seq)
    }

    /// This user's randomness for initialisation vectors, salts and ephemeral keys.
    #[must_use]
    pub fn secret_rng(&self, purpose: &str) -> SeededRng {
        self.ports.secrets.indexed_rng(purpose, self.seq)
    }

    /// The user's wallet, once the step `wallet` has succeeded.
    ///
    /// # Errors
    /// Class `internal` before that.
    pub fn wallet(&self) -> Result<&Lease, StepError> {
        self.lease
            .get()
            .ok_or_else(|| StepError::new(FailureClass::Internal, "this user has no wallet yet"))
    }

    /// Runs CPU work off the timer threads. `modelled` is what it is charged in virtual time.
    ///
    /// # Errors
    /// Class `internal` when the work panicked.
    pub async fn compute<T: Send + 'static>(
        &self,
        modelled: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StepError> {
        let done = self.ports.compute.run(modelled, work).await;
        done.map_err(|error| StepError::new(FailureClass::Internal, error))
    }

    /// Notes the transaction concerned, for a sample should this user fail.
    pub fn note_tx(&self, hash: impl ToString) {
        self.with_noted(|noted| noted.tx = Some(hash.to_string()));
    }

    /// Notes the operation concerned, for a sample should this user fail.
    pub fn note_operation(&self, id: &str) {
        self.with_noted(|noted| noted.operation_id = Some(id.to_owned()));
    }

    /// Runs one step, measured, bounded by the journey's deadline and ended by an abort.
    ///
    /// # Errors
    /// Those of `work`, and the classes `timeout` and `stopped`.
    pub async fn step<T>(
        &self,
        step: StepId,
        work: impl Future<Output = Result<T, StepError>>,
    ) -> Result<T, Failure> {
        let sent = if step == WALLET { self.sent } else { self.clock().now() };
        let span = self.trace.map(|user| user.step(step, sent));
        let active = self.ports.recorder.enter(step);
        let result = tokio::select! {
            biased;
            () = self.ports.abort.cancelled() => {
                Err(StepError::new(FailureClass::Stopped, "the run was stopped"))
            }
            result = within(span, work) => result,
            () = self.clock().sleep_until(self.deadline()) => {
                Err(StepError::new(FailureClass::Timeout, "the journey's deadline passed"))
            }
        };
        drop(active);
        let failed = result.as_ref().err().map(|error| error.class);
        self.end_step(step, sent, failed, span);
        result.map_err(|error| self.failure(step, error))
    }

    /// The step `wallet`: waits until the run hands over a funded wallet.
    ///
    /// # Errors
    /// Class `funding` once the funding timeout has passed.
    pub async fn obtain_wallet(&self) -> Result<(), Failure> {
        self.step(WALLET, self.await_lease()).await
    }

    async fn await_lease(&self) -> Result<(), StepError> {
        let lease = self.receive_lease().await?;
        let held = lease.balance;
        let (index, address) = (lease.index, lease.key.address());
        // Kept first: a wallet is never forgotten while it is being topped up.
        let _kept = self.lease.set(lease);
        if let Some(missing) = self.ports.sizing.shortfall(held) {
            self.ports.top_ups.top_up(index, address, missing).await?;
            let _once = self.topped_up.set(missing);
        }
        Ok(())
    }

    /// What the wallet held when its user began to use it.
    pub(super) fn held(&self, lease: &Lease) -> Wei {
        lease.balance + self.topped_up.get().copied().unwrap_or_default()
    }

    async fn receive_lease(&self) -> Result<Lease, StepError> {
        let refused = |words: &str| StepError::new(FailureClass::Funding, words);
        let Some(mut incoming) = self.take_incoming() else {
            return Err(refused("the wallet was asked for twice"));
        };
        tokio::select! {
            biased;
            lease = &mut incoming => lease.map_err(|_| refused("the run hands out no more wallets")),
            () = self.clock().sleep_until(self.sent + self.ports.funding_timeout) => {
                Err(refused("no funded wallet within the funding timeout"))
            }
        }
    }

    /// Whether the chain may hold a transaction of this user's that nobody knows the fate of.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Acquire)
    }

    /// The wallet's address, if the user got one.
    pub(crate) fn wallet_address(&self) -> Option<String> {
        self.lease.get().map(|lease| lease.key.address().to_string())
    }

    fn take_incoming(&self) -> Option<oneshot::Receiver<Lease>> {
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn end_step(
        &self,
        step: StepId,
        sent: RunOffset,
        failed: Option<FailureClass>,
        span: Option<TraceContext>,
    ) {
        let ended = self.clock().now();
        let due = self.next_due_ns.swap(nanos(ended), Ordering::AcqRel);
        let due = RunOffset::new(Duration::from_nanos(due));
        let record = StepRecord {
            step,
            response: ended.saturating_since(due),
            service: ended.saturating_since(sent),
            failed: failed.is_some(),
        };
        let ended_step = || StepEnded {
            at: ended,
            seq: self.seq,
            step: self.ports.spec.name_of(step),
            due,
            sent,
            failed,
            span,
        };
        self.ports.events.tell_of(span.is_some(), || RunEvent::StepEnded(ended_step()));
        let mut shard = self.ports.recorder.shard();
        shard.record_step(&record);
        if step == WALLET {
            shard.record_wallet_wait(record.service);
        }
    }

    fn failure(&self, step: StepId, error: StepError) -> Failure {
        let mut detail = error.detail;
        self.with_noted(|noted| {
            detail.tx = detail.tx.take().or_else(|| noted.tx.clone());
            detail.operation_id = detail.operation_id.take().or_else(|| noted.operation_id.clone());
        });
        Failure { class: error.class, step, detail }
    }

    fn with_noted(&self, change: impl FnOnce(&mut FailureDetail)) {
        change(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Nanoseconds of run time: 584 years fit.
fn nanos(at: RunOffset) -> u64 {
    u64::try_from(at.since_start().as_nanos()).unwrap_or(u64::MAX)
}
