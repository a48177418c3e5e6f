//! Repeats what failed, politely.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use rand::{Rng, RngExt};
use swell_core::seed::{Seed, SeededRng};
use swell_core::time::RunOffset;

use crate::call::CallOptions;
use crate::clock::RunClock;
use crate::exchange::Exchange;
use crate::retry_after::retry_after;
use crate::{NetError, Request, Response};

/// How often and how fast a failed call is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySettings {
    /// Repetitions after the first attempt, unless the call says otherwise.
    pub retries_max: u32,
    /// Upper bound of the first backoff; it doubles with each repetition.
    pub backoff_first: Duration,
    /// Where the doubling ends.
    pub backoff_max: Duration,
    /// No repetition begins later than this after the call began, deadline or not.
    pub budget: Duration,
}

impl Default for RetrySettings {
    /// Four repetitions within a default journey's 180 seconds.
    fn default() -> Self {
        Self {
            retries_max: 4,
            backoff_first: Duration::from_millis(250),
            backoff_max: Duration::from_secs(10),
            budget: Duration::from_secs(180),
        }
    }
}

/// Repeats a call with exponential backoff and full jitter.
///
/// A target's wish to be left alone (`Retry-After`, an open breaker) is honoured, plus jitter.
/// A wait that would end at or after the call's deadline is not begun: the last answer is the
/// answer, so a caller limited for longer than it can wait learns it at once.
#[derive(Debug)]
pub struct Retry<E> {
    inner: E,
    settings: RetrySettings,
    clock: RunClock,
    rng: Mutex<SeededRng>,
    retries: AtomicU64,
}

impl<E> Retry<E> {
    /// Repeats calls to `inner`; jitter comes from `seed`, apart for each `component`.
    #[must_use]
    pub fn new(
        inner: E,
        settings: RetrySettings,
        clock: RunClock,
        seed: Seed,
        component: &str,
    ) -> Self {
        let rng = Mutex::new(seed.rng(component));
        Self { inner, settings, clock, rng, retries: AtomicU64::new(0) }
    }

    /// The layer inside.
    pub const fn inner(&self) -> &E {
        &self.inner
    }

    /// Repetitions begun so far.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// How long to wait before repeating; `None` when `result` is final.
    fn wait_after(
        &self,
        result: &Result<Response, NetError>,
        options: &CallOptions,
        attempt: u32,
        give_up_at: RunOffset,
    ) -> Option<Duration> {
        let asked = match Wish::of(result, options.idempotent, self.clock.unix_now())? {
            Wish::Any => Duration::ZERO,
            Wish::NotBefore(wait) => wait,
        };
        let jitter = {
            let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
            full_jitter(&mut *rng, &self.settings, attempt)
        };
        let wait = asked.saturating_add(jitter);
        let at = self.clock.now() + wait;
        (at <= give_up_at && !options.is_late_at(at)).then_some(wait)
    }
}

impl<E: Exchange> Exchange for Retry<E> {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let options = CallOptions::of(&request);
        let mut retries_left = options.retries.unwrap_or(self.settings.retries_max);
        let is_patient = options.patient && options.deadline.is_some();
        let give_up_at = self.clock.now() + self.settings.budget;
        for attempt in 0_u32.. {
            if retries_left == 0 && !is_patient {
                break;
            }
            let result = self.inner.exchange(request.clone()).await;
            let is_free = is_patient && is_limited(&result);
            if retries_left == 0 && !is_free {
                return result;
            }
            // Whoever waits for its turn alone has the deadline as its bound.
            let latest = if is_free { options.deadline } else { None }.unwrap_or(give_up_at);
            let Some(wait) = self.wait_after(&result, &options, attempt, latest) else {
                return result;
            };
            self.clock.sleep(wait).await;
            self.retries.fetch_add(1, Ordering::Relaxed);
            retries_left -= u32::from(!is_free);
        }
        self.inner.exchange(request).await
    }
}

/// Whether the target limits its rate.
fn is_limited(result: &Result<Response, NetError>) -> bool {
    result.as_ref().is_ok_and(|response| response.status() == StatusCode::TOO_MANY_REQUESTS)
}

/// When a failed call may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// Whenever we like.
    Any,
    /// After this wait.
    NotBefore(Duration),
}

impl Wish {
    /// `None` when repeating would be useless, or unsafe for a call that is not idempotent.
    fn of(
        result: &Result<Response, NetError>,
        is_idempotent: bool,
        unix_now: Duration,
    ) -> Option<Self> {
        match result {
            Ok(response) => (is_limited(result)
                || (is_idempotent && is_passing(response.status())))
            .then(|| retry_after(response, unix_now).map_or(Self::Any, Self::NotBefore)),
            Err(NetError::Connect(_)) => Some(Self::Any),
            Err(NetError::Unavailable { retry_in }) => Some(Self::NotBefore(*retry_in)),
            Err(NetError::Lost(_) | NetError::Timeout(_)) => is_idempotent.then_some(Self::Any),
            // The limiter has weighed the deadline already; the other two will not change.
            Err(
                NetError::RateLimited { .. } | NetError::TooLarge { .. } | NetError::Invalid(_),
            ) => None,
        }
    }
}

/// Whether a status tells of trouble that may pass. 501 and 505 are statements, not trouble.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        && status != StatusCode::NOT_IMPLEMENTED
        && status != StatusCode::HTTP_VERSION_NOT_SUPPORTED
}

/// A wait between zero and the bound of this `attempt`, uniform: so that callers who failed
/// together do not come back together.
fn full_jitter(rng: &mut impl Rng, settings: &RetrySettings, attempt: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempt);
    let bound = settings.backoff_first.saturating_mul(factor).min(settings.backoff_max);
    bound.mul_f64(rng.random::<f64>())
}

#[cfg(test)]
mod tests;
