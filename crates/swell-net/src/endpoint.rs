//! The handle journeys use: one target's address with all layers around a transport.

mod base;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use swell_core::report::{EndpointRow, EndpointState, Latency};
use swell_core::seed::Seed;
use swell_core::target::SafeUrl;

use crate::breaker::{Breaker, BreakerSettings, BreakerState, BreakerStats};
use crate::call::CallOptions;
use crate::clock::RunClock;
use crate::exchange::{Exchange, Transport};
use crate::fault::{FaultPlan, Faults};
use crate::limit::{Limit, LimitSettings, Limiter};
use crate::meter::{Meter, MeterStats};
use crate::retry::{Retry, RetrySettings};
use crate::timeout::Timeout;
use crate::{HttpService, NetError, Request, Response, request, trace};

use base::Base;
pub(crate) use base::basic_authorization;

/// What reports and the log call an endpoint: a name, never its URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(Arc<str>);

impl EndpointId {
    /// The endpoint called `name`, such as `"rpc"`.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an endpoint treats its target.
#[derive(Clone, Debug)]
pub struct EndpointSettings {
    /// The longest one attempt may take.
    pub timeout: Duration,
    /// How calls are repeated.
    pub retry: RetrySettings,
    /// When the target is left alone.
    pub breaker: BreakerSettings,
    /// Who is held back after a 429: share one limiter among endpoints of the same host. `None`
    /// gives the endpoint its own.
    pub limiter: Option<Limiter>,
    /// Faults to put in front of the transport.
    pub faults: Option<Arc<dyn FaultPlan>>,
}

impl Default for EndpointSettings {
    /// 30 s an attempt, and the defaults of each layer.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            retry: RetrySettings::default(),
            breaker: BreakerSettings::default(),
            limiter: None,
            faults: None,
        }
    }
}

/// What an endpoint did so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointStats {
    /// What was sent and what came back, each repetition counted.
    pub traffic: MeterStats,
    /// Repetitions.
    pub retries: u64,
    /// Requests that waited because the target asked everyone to.
    pub limit_waited: u64,
    /// Requests that could not wait that long; they were not sent.
    pub limit_refused: u64,
    /// The breaker; what it refused was not sent.
    pub breaker: BreakerStats,
}

/// One target's address with all layers around a shared transport. Cheap to clone.
///
/// From the caller to the wire, and why in this order:
///
/// 1. **retry**: everything below happens anew for each attempt;
/// 2. **limit**: an attempt waits for its turn before it asks the breaker, so that what it learns
///    there is fresh, and a wait is never taken for a slow target;
/// 3. **breaker**: judges what the target did, timeouts included, and refuses before anything is
///    counted as sent;
/// 4. **meter**: counts what was really sent, each attempt by itself;
/// 5. **timeout**: the time of one attempt, without waits and backoff;
/// 6. **faults**: so close to the wire that every layer meets them as if they were real;
/// 7. the transport.
#[derive(Clone, Debug)]
pub struct Endpoint {
    inner: Arc<Inner>,
}

type Stack = Retry<Limit<Breaker<Meter<Timeout<Faults<Transport>>>>>>;

#[derive(Debug)]
struct Inner {
    id: EndpointId,
    base: Base,
    clock: RunClock,
    stack: Stack,
}

impl Endpoint {
    /// An endpoint at `base`, reached through `transport`.
    ///
    /// A user and a password in `base` become an `Authorization` header, and its query goes with
    /// every request: both are common places for keys.
    ///
    /// # Errors
    /// [`NetError::Invalid`] if `base` is not an `http` or `https` URL with a host.
    pub fn new(
        id: EndpointId,
        base: &SafeUrl,
        transport: HttpService,
        settings: EndpointSettings,
        clock: RunClock,
        seed: Seed,
    ) -> Result<Self, NetError> {
        let base = Base::parse(base)?;
        let limiter = settings.limiter.unwrap_or_else(|| Limiter::new(LimitSettings::default()));
        let faults = Faults::new(Transport::new(transport), settings.faults, clock.clone());
        let timeout = Timeout::new(faults, settings.timeout, clock.clone());
        let meter = Meter::new(timeout, clock.clone());
        let breaker = Breaker::new(meter, settings.breaker, clock.clone(), id.as_str());
        let limit = Limit::new(breaker, limiter, clock.clone());
        let component = format!("retry {id}");
        let stack = Retry::new(limit, settings.retry, clock.clone(), seed, &component);
        Ok(Self { inner: Arc::new(Inner { id, base, clock, stack }) })
    }

    /// What reports call it.
    #[must_use]
    pub fn id(&self) -> &EndpointId {
        &self.inner.id
    }

    /// Where it is, to be shown: without credentials.
    #[must_use]
    pub fn url(&self) -> &SafeUrl {
        self.inner.base.shown()
    }

    /// The clock it lives by.
    #[must_use]
    pub fn clock(&self) -> &RunClock {
        &self.inner.clock
    }

    /// Sends `request` and waits for the answer; an error status is an answer.
    ///
    /// A URI without a host is taken below the endpoint's base (`/` alone is the base itself);
    /// an absolute one, such as a signed download URL, is used as it is. Cancel-safe, though the
    /// target may then have acted.
    ///
    /// # Errors
    /// [`NetError`] when no usable answer came within the options' bounds.
    pub async fn send(
        &self,
        mut request: Request,
        options: CallOptions,
    ) -> Result<Response, NetError> {
        let Inner { base, stack, .. } = &*self.inner;
        let is_ours = request.uri().host().is_none();
        *request.uri_mut() = base.resolve(request.uri())?;
        if let Some(authorization) = base.authorization().filter(|_| is_ours) {
            let headers = request.headers_mut();
            headers.entry(AUTHORIZATION).or_insert_with(|| authorization.clone());
        }
        let agent = request.headers_mut().entry(USER_AGENT);
        agent.or_insert_with(|| HeaderValue::from_static(request::USER_AGENT));
        if let Some(traceparent) = trace::traceparent() {
            request.headers_mut().entry(trace::TRACEPARENT).or_insert(traceparent);
        }
        request.extensions_mut().insert(options);
        stack.exchange(request).await
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> EndpointStats {
        let retry = &self.inner.stack;
        let limit = retry.inner();
        let breaker = limit.inner();
        EndpointStats {
            traffic: breaker.inner().stats(),
            retries: retry.retries(),
            limit_waited: limit.waited(),
            limit_refused: limit.refused(),
            breaker: breaker.stats(),
        }
    }

    /// How long its requests took, each repetition by itself.
    #[must_use]
    pub fn latency(&self) -> Latency {
        self.inner.stack.inner().inner().inner().latency()
    }

    /// Its row in the report. An open breaker makes its state `failing`, and so do errors alone.
    #[must_use]
    pub fn row(&self) -> EndpointRow {
        let stats = self.stats();
        let (answers, errors) = (stats.traffic.answers, stats.traffic.errors);
        let has_served = answers.success + answers.redirect > 0;
        let only_failed = !has_served && answers.total() + errors.total() > 0;
        EndpointRow {
            name: self.id().to_string(),
            requests: stats.traffic.requests,
            errors: errors.total() + answers.client_error + answers.server_error,
            retries: stats.retries,
            rate_limited: answers.rate_limited,
            latency_ms: self.latency(),
            head_lag_blocks_max: 0,
            state: match stats.breaker.state {
                BreakerState::Closed if !only_failed => EndpointState::Healthy,
                // What never gave anything but errors is not well, though few came.
                BreakerState::Closed | BreakerState::Open { .. } | BreakerState::HalfOpen => {
                    EndpointState::Failing
                }
            },
        }
    }
}

#[cfg(test)]
mod tests;
