//! What was sent and what came back, counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use swell_core::report::Latency;
use swell_core::stats::LatencyHistogram;

use crate::clock::RunClock;
use crate::exchange::Exchange;
use crate::{NetError, Request, Response};

/// What was sent to a target and what came back, since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeterStats {
    /// Requests that reached this layer, repetitions included.
    pub requests: u64,
    /// Requests that have no answer yet.
    pub in_flight: u64,
    /// Requests whose caller went away before the answer.
    pub abandoned: u64,
    /// Answers, by class of status.
    pub answers: AnswerCounts,
    /// Requests without a usable answer, by reason.
    pub errors: ErrorCounts,
    /// Bytes of request bodies.
    pub sent_bytes: u64,
    /// Bytes of answer bodies.
    pub received_bytes: u64,
    /// Time from request to answer or error, summed; divide by `ended()` for the mean.
    pub latency_us_sum: u64,
}

impl MeterStats {
    /// Requests that ended, with an answer or an error.
    #[must_use]
    pub const fn ended(&self) -> u64 {
        self.answers.total() + self.errors.total()
    }
}

/// Answers, by class of status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerCounts {
    /// 2xx.
    pub success: u64,
    /// 1xx and 3xx.
    pub redirect: u64,
    /// 4xx, except 429.
    pub client_error: u64,
    /// 429.
    pub rate_limited: u64,
    /// 5xx.
    pub server_error: u64,
}

impl AnswerCounts {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.success + self.redirect + self.client_error + self.rate_limited + self.server_error
    }
}

/// Requests without a usable answer, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorCounts {
    /// No connection.
    pub connect: u64,
    /// The connection was lost.
    pub lost: u64,
    /// No answer in time.
    pub timeout: u64,
    /// The answer was too large.
    pub too_large: u64,
    /// Never sent: no time was left.
    pub not_sent: u64,
}

impl ErrorCounts {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.connect + self.lost + self.timeout + self.too_large + self.not_sent
    }
}

/// Counts what passes.
#[derive(Debug)]
pub struct Meter<E> {
    inner: E,
    counters: Counters,
    /// From request to answer or error.
    latencies: Mutex<LatencyHistogram>,
    clock: RunClock,
}

impl<E> Meter<E> {
    /// Counts what passes to `inner`.
    #[must_use]
    pub fn new(inner: E, clock: RunClock) -> Self {
        Self { inner, counters: Counters::default(), latencies: Mutex::default(), clock }
    }

    /// How long requests took that ended, with an answer or an error.
    pub fn latency(&self) -> Latency {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).latency()
    }

    fn record(&self, latency: Duration) {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).record(latency);
    }

    /// The counts so far. Fields may disagree by the few requests that pass meanwhile.
    pub fn stats(&self) -> MeterStats {
        self.counters.read()
    }
}

impl<E: Exchange> Exchange for Meter<E> {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let sent_at = self.clock.now();
        let under_way = UnderWay::begin(&self.counters, request.body().len());
        let result = self.inner.exchange(request).await;
        let latency = self.clock.now().saturating_since(sent_at);
        self.record(latency);
        under_way.end(&result, u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        result
    }
}

/// One counter a figure. Relaxed: they are read for display and diagnosis, never for a decision.
#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    abandoned: AtomicU64,
    success: AtomicU64,
    redirect: AtomicU64,
    client_error: AtomicU64,
    rate_limited: AtomicU64,
    server_error: AtomicU64,
    connect: AtomicU64,
    lost: AtomicU64,
    timeout: AtomicU64,
    too_large: AtomicU64,
    not_sent: AtomicU64,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    latency_us_sum: AtomicU64,
}

impl Counters {
    fn read(&self) -> MeterStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // What ended is read before what began, so that the difference is never below zero.
        let mut stats = MeterStats {
            requests: 0,
            in_flight: 0,
            abandoned: get(&self.abandoned),
            answers: AnswerCounts {
                success: get(&self.success),
                redirect: get(&self.redirect),
                client_error: get(&self.client_error),
                rate_limited: get(&self.rate_limited),
                server_error: get(&self.server_error),
            },
            errors: ErrorCounts {
                connect: get(&self.connect),
                lost: get(&self.lost),
                timeout: get(&self.timeout),
                too_large: get(&self.too_large),
                not_sent: get(&self.not_sent),
            },
            sent_bytes: get(&self.sent_bytes),
            received_bytes: get(&self.received_bytes),
            latency_us_sum: get(&self.latency_us_sum),
        };
        stats.requests = get(&self.requests);
        stats.in_flight = stats.requests.saturating_sub(stats.ended() + stats.abandoned);
        stats
    }

    fn of(&self, result: &Result<Response, NetError>) -> &AtomicU64 {
        match result {
            Ok(response) => self.of_status(response.status()),
            Err(NetError::Connect(_)) => &self.connect,
            Err(NetError::Lost(_)) => &self.lost,
            // No time was left to send it.
            Err(NetError::Timeout(allowed)) if allowed.is_zero() => &self.not_sent,
            Err(NetError::Timeout(_)) => &self.timeout,
            Err(NetError::TooLarge { .. }) => &self.too_large,
            Err(
                NetError::Unavailable { .. } | NetError::RateLimited { .. } | NetError::Invalid(_),
            ) => &self.not_sent,
        }
    }

    const fn of_status(&self, status: StatusCode) -> &AtomicU64 {
        match status.as_u16() {
            200..=299 => &self.success,
            429 => &self.rate_limited,
            400..=499 => &self.client_error,
            500.. => &self.server_error,
            _ => &self.redirect,
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A request under way. Dropped before its end it counts as abandoned.
struct UnderWay<'a> {
    counters: &'a Counters,
    has_ended: bool,
}

impl<'a> UnderWay<'a> {
    fn begin(counters: &'a Counters, body_bytes: usize) -> Self {
        add(&counters.requests, 1);
        add(&counters.sent_bytes, bytes(body_bytes));
        Self { counters, has_ended: false }
    }

    fn end(mut self, result: &Result<Response, NetError>, latency_us: u64) {
        self.has_ended = true;
        add(self.counters.of(result), 1);
        add(&self.counters.latency_us_sum, latency_us);
        if let Ok(response) = result {
            add(&self.counters.received_bytes, bytes(response.body().len()));
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            add(&self.counters.abandoned, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CallOptions;
    use crate::testing::{Script, request};

    #[tokio::test(start_paused = true)]
    async fn every_request_is_counted_once_by_its_end() {
        let clock = RunClock::virtual_time();
        let script = Script::new(&clock)
            .answer_after(Duration::from_millis(5), 200)
            .answer(302)
            .answer(404)
            .limited(1)
            .answer(503)
            .fail(NetError::Lost("x".into()))
            .fail(NetError::Timeout(Duration::from_secs(1)))
            .fail(NetError::Timeout(Duration::ZERO));
        let meter = Meter::new(script, clock);
        for _ in 0..8 {
            let _ended = meter.exchange(request(CallOptions::default())).await;
        }
        let stats = meter.stats();
        assert_eq!(stats.requests, 8);
        assert_eq!(stats.ended(), 8);
        assert_eq!(stats.in_flight, 0);
        assert_eq!(stats.latency_us_sum, 5_000);
        assert!((meter.latency().max - 5.0).abs() < 0.01, "{:?}", meter.latency());
        let answers = AnswerCounts {
            success: 1,
            redirect: 1,
            client_error: 1,
            rate_limited: 1,
            server_error: 1,
        };
        assert_eq!(stats.answers, answers);
        let errors = ErrorCounts { lost: 1, timeout: 1, not_sent: 1, ..ErrorCounts::default() };
        assert_eq!(stats.errors, errors);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_without_an_answer_is_in_flight_until_its_caller_leaves() {
        let clock = RunClock::virtual_time();
        let script = Script::new(&clock).answer_after(Duration::from_secs(60), 200);
        let meter = Meter::new(script, clock);
        let mut exchange = Box::pin(meter.exchange(request(CallOptions::default())));
        let waited = tokio::time::timeout(Duration::from_secs(1), &mut exchange).await;
        assert!(waited.is_err());
        assert_eq!(meter.stats().in_flight, 1);
        drop(exchange);
        assert_eq!((meter.stats().in_flight, meter.stats().abandoned), (0, 1));
    }
}
