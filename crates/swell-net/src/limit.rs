//! One user's 429 holds everyone back: no retry storm.

mod ramp;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use swell_core::time::RunOffset;

use crate::call::CallOptions;
use crate::clock::RunClock;
use crate::exchange::Exchange;
use crate::retry_after::retry_after;
use crate::{NetError, Request, Response};

use ramp::{Ramp, Turn};

/// How requests come back after a target asked to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// The hold after a 429 that does not say how long.
    pub hold_default: Duration,
    /// Pause between the first two requests after a hold; each later pause is a tenth shorter.
    pub gap_first: Duration,
    /// The shortest pause while anyone still waits.
    pub gap_min: Duration,
    /// The longest wait of a call without a deadline.
    pub wait_max: Duration,
}

impl Default for LimitSettings {
    /// From 4 requests a second to 1000 within three seconds.
    fn default() -> Self {
        Self {
            hold_default: Duration::from_secs(1),
            gap_first: Duration::from_millis(250),
            gap_min: Duration::from_millis(1),
            wait_max: Duration::from_secs(60),
        }
    }
}

/// Who is held back, by host and scope. Shared by every endpoint that may meet the same host.
#[derive(Clone, Debug)]
pub struct Limiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: LimitSettings,
    ramps: Mutex<Ramps>,
    /// Size of `ramps`, so that the usual case takes no lock.
    ramp_count: AtomicUsize,
}

/// Everyone's ramps.
#[derive(Debug, Default)]
struct Ramps {
    /// Only hosts that asked to be left alone, and only until their ramp is over.
    by_scope: BTreeMap<Scope, Ramp>,
    /// Counts the holds of all scopes, so that a turn of a ramp long gone never looks valid.
    generation: u64,
}

/// What a target counts together: a host, and the call's `limit_scope`.
type Scope = (String, &'static str);

impl Limiter {
    /// A limiter that holds nobody back yet.
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        let shared = Shared { settings, ramps: Mutex::default(), ramp_count: AtomicUsize::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// Until when no request goes out, per host and scope; those whose hold is over are not named.
    #[must_use]
    pub fn holds(&self, now: RunOffset) -> Vec<(String, &'static str, RunOffset)> {
        let ramps = self.ramps();
        let held = ramps.by_scope.iter().filter(|(_, ramp)| ramp.held_until() > now);
        held.map(|((host, scope), ramp)| (host.clone(), *scope, ramp.held_until())).collect()
    }

    fn turn(&self, scope: &Scope, now: RunOffset, latest: RunOffset) -> Turn {
        let mut ramps = self.ramps();
        let Some(ramp) = ramps.by_scope.get_mut(scope) else { return Turn::Now };
        if ramp.is_over(now, &self.shared.settings) {
            ramps.by_scope.remove(scope);
            self.shared.ramp_count.store(ramps.by_scope.len(), Ordering::Relaxed);
            return Turn::Now;
        }
        ramp.turn(now, latest, &self.shared.settings)
    }

    /// Whether a turn given under `generation` still stands.
    fn stands(&self, scope: &Scope, generation: u64) -> bool {
        self.ramps().by_scope.get(scope).is_none_or(|ramp| ramp.generation() == generation)
    }

    fn hold(&self, scope: Scope, now: RunOffset, wait: Duration) {
        let mut ramps = self.ramps();
        // A host that nobody asks again would stay for ever: memory must not grow with hosts.
        ramps.by_scope.retain(|_, ramp| !ramp.is_over(now, &self.shared.settings));
        ramps.generation += 1;
        let generation = ramps.generation;
        let ramp = ramps.by_scope.entry(scope).or_default();
        ramp.hold(now, now + wait, generation, &self.shared.settings);
        self.shared.ramp_count.store(ramps.by_scope.len(), Ordering::Relaxed);
    }

    fn is_idle(&self) -> bool {
        self.shared.ramp_count.load(Ordering::Relaxed) == 0
    }

    fn ramps(&self) -> MutexGuard<'_, Ramps> {
        self.shared.ramps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Limiter {
    /// With the default settings.
    fn default() -> Self {
        Self::new(LimitSettings::default())
    }
}

/// Holds requests back while their host is held, and lets them come back slowly after.
#[derive(Debug)]
pub struct Limit<E> {
    inner: E,
    limiter: Limiter,
    clock: RunClock,
    waited: AtomicU64,
    refused: AtomicU64,
}

impl<E> Limit<E> {
    /// Sends to `inner` what `limiter` lets pass.
    #[must_use]
    pub const fn new(inner: E, limiter: Limiter, clock: RunClock) -> Self {
        Self { inner, limiter, clock, waited: AtomicU64::new(0), refused: AtomicU64::new(0) }
    }

    /// The layer inside.
    pub const fn inner(&self) -> &E {
        &self.inner
    }

    /// Requests that had to wait.
    pub fn waited(&self) -> u64 {
        self.waited.load(Ordering::Relaxed)
    }

    /// Requests that could not wait as long as they would have had to.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Waits for `request`'s turn.
    async fn wait(&self, request: &Request) -> Result<(), NetError> {
        let options = CallOptions::of(request);
        let scope = scope_of(request, &options);
        let wait_latest = self.clock.now() + self.limiter.shared.settings.wait_max;
        let latest = options.deadline.unwrap_or(wait_latest);
        let mut has_waited = false;
        loop {
            let now = self.clock.now();
            match self.limiter.turn(&scope, now, latest) {
                Turn::Now => return Ok(()),
                Turn::TooLate(at) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    return Err(NetError::RateLimited { retry_in: at.saturating_since(now) });
                }
                Turn::At { at, generation } => {
                    if !has_waited {
                        self.waited.fetch_add(1, Ordering::Relaxed);
                        has_waited = true;
                    }
                    self.clock.sleep_until(at).await;
                    if self.limiter.stands(&scope, generation) {
                        return Ok(());
                    }
                    // A new 429 came meanwhile: everyone lines up again.
                }
            }
        }
    }

    /// Takes note when an answer asks to be left alone.
    fn learn(&self, scope: impl FnOnce() -> Scope, response: &Response) {
        let wish = || retry_after(response, self.clock.unix_now());
        let wait = match response.status() {
            StatusCode::TOO_MANY_REQUESTS => {
                Some(wish().unwrap_or(self.limiter.shared.settings.hold_default))
            }
            StatusCode::SERVICE_UNAVAILABLE => wish(),
            _ => None,
        };
        if let Some(wait) = wait {
            let scope = scope();
            tracing::debug!(host = scope.0, scope = scope.1, ?wait, "held back by the target");
            self.limiter.hold(scope, self.clock.now(), wait);
        }
    }
}

impl<E: Exchange> Exchange for Limit<E> {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        if !self.limiter.is_idle() {
            self.wait(&request).await?;
        }
        let options = CallOptions::of(&request);
        let uri = request.uri().clone();
        let response = self.inner.exchange(request).await?;
        self.learn(|| (host_of(&uri), options.limit_scope), &response);
        Ok(response)
    }
}

fn scope_of(request: &Request, options: &CallOptions) -> Scope {
    (host_of(request.uri()), options.limit_scope)
}

/// Host and port, without a user or a password.
fn host_of(uri: &http::Uri) -> String {
    let host = uri.host().unwrap_or_default();
    uri.port_u16().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests;
