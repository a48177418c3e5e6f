//! Stops asking a target that stopped answering.

mod circuit;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::RunClock;
use crate::exchange::Exchange;
use crate::{NetError, Request, Response};

pub use circuit::BreakerState;
use circuit::{Circuit, Permit};

/// When a target counts as dead, and how it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Consecutive failures that open the breaker.
    pub failures_max: u32,
    /// From opening to the first probe.
    pub cool_down_first: Duration,
    /// Each failed probe doubles the cool-down, up to this.
    pub cool_down_max: Duration,
}

impl Default for BreakerSettings {
    /// Open after 10 failures in a row; probe after 1 s, then ever more rarely, at least every 30 s.
    fn default() -> Self {
        Self {
            failures_max: 10,
            cool_down_first: Duration::from_secs(1),
            cool_down_max: Duration::from_secs(30),
        }
    }
}

/// What a breaker did so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerStats {
    /// Its state now.
    pub state: BreakerState,
    /// How often it opened; a failed probe counts.
    pub opened: u64,
    /// Requests it refused.
    pub refused: u64,
}

/// Refuses requests while the target is taken for dead.
///
/// Transport errors, timeouts and 5xx answers are failures; any other answer is a success; what
/// was never sent is neither.
#[derive(Debug)]
pub struct Breaker<E> {
    inner: E,
    circuit: Mutex<Circuit>,
    clock: RunClock,
    name: String,
}

impl<E> Breaker<E> {
    /// Guards `inner`; `name` is what the log calls it.
    #[must_use]
    pub fn new(inner: E, settings: BreakerSettings, clock: RunClock, name: &str) -> Self {
        Self { inner, circuit: Mutex::new(Circuit::new(settings)), clock, name: name.to_owned() }
    }

    /// The layer inside.
    pub const fn inner(&self) -> &E {
        &self.inner
    }

    /// What it did so far.
    pub fn stats(&self) -> BreakerStats {
        self.circuit().stats()
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: Exchange> Exchange for Breaker<E> {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let permit = self.circuit().admit(self.clock.now());
        let permit = permit.map_err(|retry_in| NetError::Unavailable { retry_in })?;
        let mut attempt = Attempt { breaker: self, permit: Some(permit) };
        let result = self.inner.exchange(request).await;
        attempt.end(health(&result));
        result
    }
}

/// What a result says about the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    /// It answered.
    Alive,
    /// It did not, or said itself that it cannot.
    Failing,
    /// Nothing: it was not asked, or the caller went away.
    Unknown,
}

fn health(result: &Result<Response, NetError>) -> Health {
    match result {
        Ok(response) if response.status().is_server_error() => Health::Failing,
        Ok(_) | Err(NetError::TooLarge { .. }) => Health::Alive,
        // No time was left to ask it.
        Err(NetError::Timeout(allowed)) if allowed.is_zero() => Health::Unknown,
        Err(NetError::Connect(_) | NetError::Lost(_) | NetError::Timeout(_)) => Health::Failing,
        Err(NetError::Unavailable { .. } | NetError::RateLimited { .. } | NetError::Invalid(_)) => {
            Health::Unknown
        }
    }
}

/// An attempt under way. Dropped before its end it gives its permit back: a probe whose caller
/// went away must not leave the breaker half open for ever.
struct Attempt<'a, E> {
    breaker: &'a Breaker<E>,
    permit: Option<Permit>,
}

impl<E> Attempt<'_, E> {
    fn end(&mut self, health: Health) {
        let Some(permit) = self.permit.take() else { return };
        let now = self.breaker.clock.now();
        let mut circuit = self.breaker.circuit();
        let before = circuit.state();
        circuit.on_end(permit, health, now);
        let after = circuit.state();
        drop(circuit);
        if before != after {
            tracing::debug!(endpoint = self.breaker.name, ?before, ?after, "breaker changed");
        }
    }
}

impl<E> Drop for Attempt<'_, E> {
    fn drop(&mut self) {
        self.end(Health::Unknown);
    }
}

#[cfg(test)]
mod tests;
