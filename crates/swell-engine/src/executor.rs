//! Starts journeys and sees every one of them end, whatever happens to it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use swell_core::event::{RunEvent, UserEnded, UserFailure};
use swell_core::journey::{Failure, FailureClass, FailureDetail, JourneyOutcome, JourneySpec};
use swell_core::run::JourneyEnd;
use swell_core::stats::JourneyRecord;
use swell_core::time::RunOffset;
use swell_core::trace::TraceContext;
use swell_net::trace::within;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::journey::{Journey, JourneyContext, JourneyPorts, UserStart, WALLET};

/// Starts journeys.
pub(crate) struct Executor<J> {
    journey: Arc<J>,
    ports: Arc<JourneyPorts>,
    tasks: TaskTracker,
    ended: mpsc::Sender<JourneyEnd>,
}

impl<J: Journey> Executor<J> {
    /// Journeys run under `tasks` and report to `ended`, whose capacity must be the number of
    /// places: a user that ends then never waits.
    pub(crate) fn new(
        journey: J,
        ports: Arc<JourneyPorts>,
        tasks: TaskTracker,
        ended: mpsc::Sender<JourneyEnd>,
    ) -> Self {
        Self { journey: Arc::new(journey), ports, tasks, ended }
    }

    /// Starts one user's journey.
    pub(crate) fn start(&self, start: UserStart) {
        let journey = Arc::clone(&self.journey);
        let ports = Arc::clone(&self.ports);
        let ended = self.ended.clone();
        self.tasks.spawn(async move {
            let due = start.due;
            let context = JourneyContext::new(ports, start);
            let user = User { context, due, ended, over: false };
            user.live(&*journey).await;
        });
    }
}

/// A user that will be accounted for even if its task is dropped.
struct User {
    context: JourneyContext,
    due: RunOffset,
    ended: mpsc::Sender<JourneyEnd>,
    over: bool,
}

impl User {
    async fn live<J: Journey>(mut self, journey: &J) {
        // What is asked between steps belongs to the user itself.
        let living = within(self.context.trace(), journey.run(&self.context));
        let outcome = AssertUnwindSafe(living).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(failure(FailureClass::Internal, "the journey panicked; this is a defect in Swell"))
        });
        self.end(outcome);
    }

    fn end(&mut self, outcome: JourneyOutcome) {
        self.over = true;
        let record = JourneyRecord {
            seq: self.context.seq(),
            due: self.due,
            sent: self.context.sent(),
            ended: self.context.clock().now(),
            outcome,
            wallet: self.context.wallet_address(),
        };
        let ports = self.context.ports();
        ports.recorder.shard().record_journey(&record);
        let span = self.context.trace();
        ports.events.tell_of(span.is_some(), || {
            RunEvent::UserEnded(Box::new(user_ended(&record, &ports.spec, span)))
        });
        let end = JourneyEnd { seq: record.seq, in_doubt: self.context.is_in_doubt() };
        // There is room for every place. Closed means that the run is over.
        let _closed = self.ended.try_send(end);
    }
}

impl Drop for User {
    /// Dropped without an end: the runtime went away under it.
    fn drop(&mut self) {
        if !self.over {
            self.end(Err(failure(FailureClass::Stopped, "the run was stopped")));
        }
    }
}

fn user_ended(record: &JourneyRecord, spec: &JourneySpec, span: Option<TraceContext>) -> UserEnded {
    let failed = record.outcome.as_ref().err().map(|failure| UserFailure {
        class: failure.class,
        step: spec.name_of(failure.step),
        detail: failure.detail.clone(),
    });
    UserEnded {
        at: record.ended,
        seq: record.seq,
        due: record.due,
        sent: record.sent,
        wallet: record.wallet.clone(),
        failed,
        span,
    }
}

fn failure(class: FailureClass, words: &str) -> Failure {
    Failure { class, step: WALLET, detail: FailureDetail::words(words) }
}
