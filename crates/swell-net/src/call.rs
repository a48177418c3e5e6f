//! What one call may cost: it travels with the request through every layer.

use std::fmt;
use std::ptr;
use std::time::Duration;

use swell_core::time::RunOffset;

use crate::{Request, Response};

/// What one call may cost, in time and in repetition.
///
/// [`crate::Endpoint::send`] puts it on the request as an extension; every layer reads its part
/// there. The default is [`Self::careful`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// The longest one attempt may take; the endpoint's when `None`.
    pub timeout: Option<Duration>,
    /// When the whole call must have ended: attempts, waits and backoff together.
    pub deadline: Option<RunOffset>,
    /// How often the call may be repeated; the endpoint's when `None`.
    pub retries: Option<u32>,
    /// Whether sending it twice does no more than sending it once.
    ///
    /// A call that is not is repeated only when the target certainly did nothing: the connection
    /// was never made, or the answer was 429.
    pub idempotent: bool,
    /// The largest answer body, bytes; the transport's when `None`. Beyond it reading stops.
    pub body_max_bytes: Option<usize>,
    /// What the target counts apart: a 429 holds back only calls of the same scope to that host.
    pub limit_scope: &'static str,
    /// Whether 429s use up no repetitions: then nothing but the deadline ends the waiting. It has to
    /// have one.
    pub patient: bool,
    /// How answers are read, where the target hides one answer in another.
    pub reading: Option<Reading>,
}

/// Takes an answer out of the one it is hidden in, below all layers, so that they see what is meant.
#[derive(Clone, Copy)]
pub struct Reading(pub fn(Response) -> Response);

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading")
    }
}

impl PartialEq for Reading {
    fn eq(&self, other: &Self) -> bool {
        ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for Reading {}

impl CallOptions {
    /// A call that may be repeated freely.
    #[must_use]
    pub const fn idempotent() -> Self {
        let mut options = Self::once();
        options.idempotent = true;
        options.retries = None;
        options
    }

    /// A call that is repeated only when the target certainly did nothing.
    #[must_use]
    pub const fn careful() -> Self {
        let mut options = Self::once();
        options.retries = None;
        options
    }

    /// A call that is never repeated.
    #[must_use]
    pub const fn once() -> Self {
        Self {
            timeout: None,
            deadline: None,
            retries: Some(0),
            idempotent: false,
            body_max_bytes: None,
            limit_scope: "",
            patient: false,
            reading: None,
        }
    }

    /// The same, to be over at `deadline`.
    #[must_use]
    pub const fn by(mut self, deadline: RunOffset) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The same, with at most `timeout` for an attempt.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The same, repeated at most `retries` times.
    #[must_use]
    pub const fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// The same, with an answer body of at most `bytes`.
    #[must_use]
    pub const fn body_max_bytes(mut self, bytes: usize) -> Self {
        self.body_max_bytes = Some(bytes);
        self
    }

    /// The same, counted by the target under `scope`.
    #[must_use]
    pub const fn limit_scope(mut self, scope: &'static str) -> Self {
        self.limit_scope = scope;
        self
    }

    /// The same, to be ended by `deadline` alone when the target limits its rate: a 429 uses up no
    /// repetition.
    #[must_use]
    pub const fn patient_by(mut self, deadline: RunOffset) -> Self {
        self.patient = true;
        self.by(deadline)
    }

    /// The same, with answers read by `reading`.
    #[must_use]
    pub const fn reading(mut self, reading: Reading) -> Self {
        self.reading = Some(reading);
        self
    }

    /// The options that travel with `request`.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        request.extensions().get().copied().unwrap_or_default()
    }

    /// Whether `at` is too late for this call.
    #[must_use]
    pub fn is_late_at(&self, at: RunOffset) -> bool {
        self.deadline.is_some_and(|deadline| at >= deadline)
    }
}
