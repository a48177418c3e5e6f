//! How a request finds its endpoint: bytes out, bytes in.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use swell_core::time::RunOffset;
use swell_net::{CallOptions, EndpointId};

use super::error::ChainErrorKind;
use super::pool::{Pool, Reading, is_over};

/// Where JSON-RPC requests go, and until when.
#[derive(Clone)]
pub(super) struct Transport {
    pub(super) pool: Arc<Pool>,
    deadline: Option<RunOffset>,
    /// The one endpoint that is asked, whatever its health.
    only: Option<usize>,
}

/// What one of the endpoints said.
pub(super) struct Answered<T> {
    pub(super) endpoint: EndpointId,
    pub(super) value: T,
}

/// Why none of them said anything usable: the last one's reason.
pub(super) struct Failed {
    pub(super) endpoint: EndpointId,
    pub(super) kind: ChainErrorKind,
}

impl Transport {
    const TIMEOUT: Duration = Duration::from_secs(10);
    /// The same of a question that can be asked of another endpoint instead.
    const TIMEOUT_OF_MANY: Duration = Duration::from_secs(5);
    /// Few: whoever submits has better ways to go on than to repeat.
    const SUBMIT_RETRIES: u32 = 1;
    /// Times all endpoints are asked while none of them has read far enough.
    const ROUNDS_MAX: u32 = 4;
    const ROUND_PAUSE: Duration = Duration::from_millis(250);

    pub(super) fn new(pool: Pool) -> Self {
        Self { pool: Arc::new(pool), deadline: None, only: None }
    }

    /// The same, its requests over at `deadline`.
    pub(super) fn by(&self, deadline: RunOffset) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// The same, all of whose questions go to one endpoint: a healthy one that has read furthest.
    pub(super) fn on_one(&self) -> Self {
        Self { only: Some(self.pool.furthest()), ..self.clone() }
    }

    /// Whom questions are asked of, as far as that is settled before: for errors that are found out
    /// later.
    pub(super) fn asked(&self) -> &EndpointId {
        self.pool.id(self.only.unwrap_or(0))
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self) -> bool {
        is_over(self.deadline, self.pool.clock().now(), Duration::ZERO)
    }

    /// Asks one endpoint after the other until one gives a usable answer, and a fresh one if its
    /// height comes with it and `must_be_fresh`.
    pub(super) async fn ask<T>(
        &self,
        body: Vec<u8>,
        must_be_fresh: bool,
        read: impl Fn(&[u8]) -> Result<Reading<T>, ChainErrorKind>,
    ) -> Result<Answered<T>, Failed> {
        let body = Bytes::from(body);
        let mut round = 1;
        loop {
            let (failed, is_stale) = match self.ask_each(&body, must_be_fresh, &read).await {
                Ok(answered) => return Ok(answered),
                Err(failed) => failed,
            };
            let clock = self.pool.clock();
            let is_last = round == Self::ROUNDS_MAX;
            if !is_stale || is_last || is_over(self.deadline, clock.now(), Self::ROUND_PAUSE) {
                return Err(failed);
            }
            clock.sleep(Self::ROUND_PAUSE).await;
            round += 1;
        }
    }

    /// One round; with the error comes whether any of them was only too far behind.
    async fn ask_each<T>(
        &self,
        body: &Bytes,
        must_be_fresh: bool,
        read: &impl Fn(&[u8]) -> Result<Reading<T>, ChainErrorKind>,
    ) -> Result<Answered<T>, (Failed, bool)> {
        let candidates = self.only.map_or_else(|| self.pool.readers(), |only| vec![only]);
        let mut is_stale = false;
        let mut last = None;
        // Who is tied to one endpoint turns to another with the next question.
        let may_turn = self.only.is_some() && self.pool.len() > 1;
        for (at, &member) in candidates.iter().enumerate() {
            let options = self.question(may_turn || at + 1 < candidates.len());
            let kind = match self.ask_one(member, body, must_be_fresh, options, read).await {
                Ok(value) => {
                    return Ok(Answered { endpoint: self.pool.id(member).clone(), value });
                }
                Err(kind) => kind,
            };
            is_stale |= matches!(kind, ChainErrorKind::Stale { .. });
            last = Some(Failed { endpoint: self.pool.id(member).clone(), kind });
            if is_over(self.deadline, self.pool.clock().now(), Duration::ZERO) {
                break;
            }
        }
        Err((last.expect("a pool has at least one endpoint"), is_stale))
    }

    async fn ask_one<T>(
        &self,
        member: usize,
        body: &Bytes,
        must_be_fresh: bool,
        options: CallOptions,
        read: &impl Fn(&[u8]) -> Result<Reading<T>, ChainErrorKind>,
    ) -> Result<T, ChainErrorKind> {
        // What becomes known while the answer is on its way cannot be asked of it.
        let floor = self.pool.floor();
        let reading = self.pool.post(member, body.clone(), options, read).await?;
        match reading.head {
            Some(head) if must_be_fresh && head < floor => {
                Err(ChainErrorKind::Stale { head, floor })
            }
            _ => Ok(reading.value),
        }
    }

    /// Asks every endpoint at the same time; what is not fresh is no answer.
    pub(super) async fn ask_all<T>(
        &self,
        body: Vec<u8>,
        read: impl Fn(&[u8]) -> Result<Reading<T>, ChainErrorKind>,
    ) -> Vec<(usize, Result<T, ChainErrorKind>)> {
        let (body, read) = (Bytes::from(body), &read);
        let members = self.pool.usable();
        let options = self.question(members.len() > 1);
        join_all(members.into_iter().map(|member| {
            let body = &body;
            async move { (member, self.ask_one(member, body, true, options, read).await) }
        }))
        .await
    }

    /// Submits through one endpoint; `others_follow`: there are more to turn to.
    pub(super) async fn submit<T>(
        &self,
        member: usize,
        body: Vec<u8>,
        others_follow: bool,
        read: impl FnOnce(&[u8]) -> Result<T, ChainErrorKind>,
    ) -> Result<T, ChainErrorKind> {
        let mut options =
            CallOptions::careful().retries(Self::SUBMIT_RETRIES).timeout(Self::TIMEOUT);
        options.deadline = self.limit(others_follow.then_some(Self::TIMEOUT));
        self.pool.begin_submission(member);
        let reading = self.pool.post(member, body.into(), options, |body| {
            read(body).map(|value| Reading { value, head: None })
        });
        let answer = reading.await.map(|reading| reading.value);
        if matches!(&answer, Err(kind) if !kind.may_have_acted()) {
            self.pool.withdraw_submission(member);
        }
        answer
    }

    /// A question may be asked again freely; where others can be asked instead, they are.
    fn question(&self, others_follow: bool) -> CallOptions {
        let mut options = CallOptions::idempotent().timeout(Self::TIMEOUT);
        if others_follow {
            options = options.retries(0).timeout(Self::TIMEOUT_OF_MANY);
        }
        options.deadline = self.limit(others_follow.then_some(Self::TIMEOUT_OF_MANY));
        options
    }

    /// One endpoint's wish to be left alone must not cost more than an attempt while there are
    /// others.
    fn limit(&self, attempt: Option<Duration>) -> Option<RunOffset> {
        let attempt = attempt.map(|longest| self.pool.clock().now() + longest);
        match (self.deadline, attempt) {
            (Some(deadline), Some(attempt)) => Some(deadline.min(attempt)),
            (deadline, attempt) => deadline.or(attempt),
        }
    }
}
