//! Several endpoints of one chain as if they were one.
//!
//! ```text
//!  question ───▶ Book: healthy ones by turns ──────────┐
//!  submission ─▶ Book: the sender's own, then others ──┤──▶ Endpoint ──▶ node
//!  probe ──────▶ every one, every two seconds ─────────┘       │
//!                     Health ◀── answers, failures, heads ─────┘
//! ```
//!
//! A node that lags behind answers questions about the newest state, and its answers are old: a
//! balance from before a payment, "no such transaction" about one that is in a block. So the pool
//! knows the newest block that anybody here has acted upon (the *floor*), questions about money
//! bring the node's own height along, and what is older than the floor is no answer.

mod book;
mod health;
mod probe;

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alloy_primitives::Address;
use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use swell_core::report::{EndpointRow, EndpointState};
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_net::{CallOptions, Endpoint, EndpointId, NetError, Response};

use super::error::ChainErrorKind;
use super::types::EndpointView;
use book::Book;

/// Several endpoints of one chain.
pub(super) struct Pool {
    members: Vec<Member>,
    book: Mutex<Book>,
    clock: RunClock,
    /// The newest block that was acted upon; 0 before the first.
    floor: AtomicU64,
}

struct Member {
    endpoint: Endpoint,
    in_flight: AtomicU32,
    /// Submissions that it may have: certainly unsent ones are taken back.
    submissions: AtomicU64,
}

/// What an endpoint said, and which block it stood at if that came along.
pub(super) struct Reading<T> {
    pub(super) value: T,
    pub(super) head: Option<u64>,
}

impl Pool {
    /// How long an endpoint is left alone that refused for its rate and did not say how long.
    const AWAY_DEFAULT: Duration = Duration::from_secs(1);

    pub(super) fn new(first: Endpoint, others: impl IntoIterator<Item = Endpoint>) -> Self {
        let clock = first.clock().clone();
        let endpoints = std::iter::once(first).chain(others);
        let members: Vec<Member> = endpoints
            .map(|endpoint| Member {
                endpoint,
                in_flight: AtomicU32::new(0),
                submissions: AtomicU64::new(0),
            })
            .collect();
        let book = Mutex::new(Book::new(members.len()));
        Self { members, book, clock, floor: AtomicU64::new(0) }
    }

    pub(super) const fn clock(&self) -> &RunClock {
        &self.clock
    }

    pub(super) const fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn id(&self, member: usize) -> &EndpointId {
        self.members[member].endpoint.id()
    }

    /// Whom to ask, best first.
    pub(super) fn readers(&self) -> Vec<usize> {
        let in_flight = |member: usize| self.members[member].in_flight.load(Ordering::Relaxed);
        self.book().readers(self.clock.now(), in_flight)
    }

    /// Whom to ask for what is newest.
    pub(super) fn furthest(&self) -> usize {
        self.book().furthest(self.clock.now()).unwrap_or(0)
    }

    /// Through whom `sender` sends, first choice first.
    pub(super) fn senders_choice(&self, sender: Address) -> Vec<usize> {
        let name = |member: usize| self.id(member).to_string();
        self.book().senders_choice(sender, self.clock.now(), name)
    }

    /// Those that serve our chain, as far as is known; all of them before anybody asked.
    pub(super) fn usable(&self) -> Vec<usize> {
        let usable = self.book().usable();
        if usable.is_empty() { (0..self.len()).collect() } else { usable }
    }

    /// The newest block that was acted upon: what is known of an older state is known no more.
    pub(super) fn floor(&self) -> u64 {
        self.floor.load(Ordering::Acquire)
    }

    /// Lower than before, when the chain became shorter.
    pub(super) fn set_floor(&self, number: u64) {
        self.floor.store(number, Ordering::Release);
    }

    /// The highest block that any endpoint stands at.
    pub(super) fn newest(&self) -> u64 {
        self.book().newest()
    }

    /// Whether it may have taken a submission of ours.
    pub(super) fn may_hold(&self, member: usize) -> bool {
        self.members[member].submissions.load(Ordering::Acquire) > 0
    }

    /// Notes that a submission is about to leave: from here on the endpoint may have it.
    pub(super) fn begin_submission(&self, member: usize) {
        self.members[member].submissions.fetch_add(1, Ordering::AcqRel);
    }

    /// Takes [`Self::begin_submission`] back, of one that certainly did not arrive.
    pub(super) fn withdraw_submission(&self, member: usize) {
        self.members[member].submissions.fetch_sub(1, Ordering::AcqRel);
    }

    /// Sends one request to one endpoint, and learns from how that went. Cancel-safe.
    pub(super) async fn post<T>(
        &self,
        member: usize,
        body: Bytes,
        options: CallOptions,
        read: impl FnOnce(&[u8]) -> Result<Reading<T>, ChainErrorKind>,
    ) -> Result<Reading<T>, ChainErrorKind> {
        let Member { endpoint, in_flight, .. } = &self.members[member];
        let newest = self.newest();
        let _counted = InFlight::begin(in_flight);
        let began = self.clock.now();
        let answer = endpoint.send(request(body), options).await;
        let result = body_of(answer).and_then(|body| read(&body));
        self.learn(member, newest, self.clock.now().saturating_since(began), &result);
        result
    }

    /// `newest` is the highest block known when the endpoint was asked.
    fn learn<T>(
        &self,
        member: usize,
        newest: u64,
        took: Duration,
        result: &Result<Reading<T>, ChainErrorKind>,
    ) {
        let now = self.clock.now();
        let mut book = self.book();
        let before = book.of(member).map(health::Health::state);
        book.note(member, |health| match result {
            Ok(reading) => {
                health.on_answer(took);
                if let Some(head) = reading.head {
                    health.on_head(head, newest);
                }
            }
            Err(error) => match Blame::of(error) {
                Blame::Nobody => {}
                Blame::Failing => health.on_failure(),
                Blame::Limiting(wait) => health.on_limited(now + wait),
            },
        });
        let after = book.of(member).map(health::Health::state);
        drop(book);
        if before != after {
            tracing::info!(endpoint = %self.id(member), ?before, ?after, "an endpoint changed");
        }
    }

    /// Notes which chain an endpoint serves; `None` when it did not say.
    pub(super) fn note_chain_id(&self, member: usize, is_ours: Option<bool>) {
        self.book().note(member, |health| health.on_chain_id(is_ours));
    }

    /// What is known of each endpoint, in the order of the target file.
    pub(super) fn views(&self) -> Vec<EndpointView> {
        let book = self.book();
        let members = self.members.iter().enumerate();
        let views = members.filter_map(|(at, member)| {
            let health = book.of(at)?;
            Some(EndpointView {
                name: member.endpoint.id().to_string(),
                url: member.endpoint.url().clone(),
                head: health.head(),
                lag_blocks: health.lag(),
                state: health.state(),
            })
        });
        views.collect()
    }

    /// One row each, for the report.
    pub(super) fn rows(&self) -> Vec<EndpointRow> {
        let book = self.book();
        let members = self.members.iter().enumerate();
        let rows = members.filter_map(|(at, member)| {
            let health = book.of(at)?;
            let row = member.endpoint.row();
            // The breaker knows of failures that the pool has not met since.
            let state = match health.state() {
                EndpointState::Healthy => row.state,
                other => other,
            };
            Some(EndpointRow { head_lag_blocks_max: health.lag_max(), state, ..row })
        });
        rows.collect()
    }

    /// Never held across an await.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.members.iter().map(|member| member.endpoint.id().as_str());
        f.write_str(&names.collect::<Vec<_>>().join(", "))
    }
}

/// What a failed exchange says about its endpoint.
enum Blame {
    Nobody,
    Failing,
    Limiting(Duration),
}

impl Blame {
    fn of(error: &ChainErrorKind) -> Self {
        match error {
            ChainErrorKind::Net(NetError::RateLimited { retry_in }) => Self::Limiting(*retry_in),
            ChainErrorKind::Net(NetError::Invalid(_)) => Self::Nobody,
            // No time was left to ask it.
            ChainErrorKind::Net(NetError::Timeout(allowed)) if allowed.is_zero() => Self::Nobody,
            ChainErrorKind::Status { status: 429 } | ChainErrorKind::Refused(_) => {
                Self::Limiting(Pool::AWAY_DEFAULT)
            }
            // A key that is wrong or used up does not get better by asking.
            ChainErrorKind::Status { status } if *status >= 500 => Self::Failing,
            ChainErrorKind::Status { status: 401..=404 } => Self::Failing,
            ChainErrorKind::Status { .. } | ChainErrorKind::Stale { .. } => Self::Nobody,
            ChainErrorKind::Net(_) | ChainErrorKind::Malformed(_) => Self::Failing,
        }
    }
}

/// Counts a request while it is under way, whatever ends it.
struct InFlight<'a>(&'a AtomicU32);

impl<'a> InFlight<'a> {
    fn begin(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn request(body: Bytes) -> swell_net::Request {
    let mut request = http::Request::new(body);
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

fn body_of(answer: Result<Response, NetError>) -> Result<Bytes, ChainErrorKind> {
    let answer = answer.map_err(ChainErrorKind::Net)?;
    let status = answer.status();
    // Some nodes put JSON-RPC errors into answers with status 400.
    if status.is_success() || (status == 400 && answer.body().starts_with(b"{")) {
        return Ok(answer.into_body());
    }
    Err(ChainErrorKind::Status { status: status.as_u16() })
}

/// Whether `deadline` lies before what begins after `pause` from `now`.
pub(super) fn is_over(deadline: Option<RunOffset>, now: RunOffset, pause: Duration) -> bool {
    deadline.is_some_and(|deadline| now + pause >= deadline)
}

#[cfg(test)]
mod tests;
