//! The breaker's states, without time or network of its own.
//!
//! | state | an attempt | ends alive | ends failing | ends unknown |
//! | --- | --- | --- | --- | --- |
//! | closed | goes | count back to 0 | count + 1; at the limit: open | nothing |
//! | open | refused; once cooled down: goes as the probe, half open | – | – | – |
//! | half open | refused | closed | open, cool-down doubled | next attempt probes |
//!
//! Attempts that began before the last change say nothing about the target now.

use std::time::Duration;

use swell_core::time::RunOffset;

use super::{BreakerSettings, BreakerStats, Health};

/// Whether requests go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// They do.
    Closed,
    /// They do not.
    Open {
        /// When the next one may try.
        until: RunOffset,
    },
    /// One is trying whether the target is back.
    HalfOpen,
}

/// The right to make one attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Permit {
    generation: u64,
}

/// A breaker's state and history.
#[derive(Debug)]
pub(super) struct Circuit {
    settings: BreakerSettings,
    state: BreakerState,
    failures: u32,
    cool_down: Duration,
    /// Grows with each change of state.
    generation: u64,
    opened: u64,
    refused: u64,
}

impl Circuit {
    pub(super) const fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            state: BreakerState::Closed,
            failures: 0,
            cool_down: settings.cool_down_first,
            generation: 0,
            opened: 0,
            refused: 0,
        }
    }

    /// Lets an attempt go, or says when to ask again.
    pub(super) fn admit(&mut self, now: RunOffset) -> Result<Permit, Duration> {
        let retry_in = match self.state {
            BreakerState::Closed => return Ok(Permit { generation: self.generation }),
            BreakerState::Open { until } if now >= until => {
                self.change(BreakerState::HalfOpen);
                return Ok(Permit { generation: self.generation });
            }
            BreakerState::Open { until } => until.saturating_since(now),
            // How long the probe takes is unknown; the first cool-down is a fair guess.
            BreakerState::HalfOpen => self.settings.cool_down_first,
        };
        self.refused += 1;
        Err(retry_in)
    }

    /// Takes note of how an attempt ended.
    pub(super) fn on_end(&mut self, permit: Permit, health: Health, now: RunOffset) {
        if permit.generation != self.generation {
            return;
        }
        match (self.state, health) {
            (BreakerState::Closed, Health::Alive) => self.failures = 0,
            (BreakerState::Closed, Health::Failing) => {
                self.failures += 1;
                if self.failures >= self.settings.failures_max {
                    self.open(now);
                }
            }
            (BreakerState::HalfOpen, Health::Alive) => {
                self.failures = 0;
                self.cool_down = self.settings.cool_down_first;
                self.change(BreakerState::Closed);
            }
            (BreakerState::HalfOpen, Health::Failing) => {
                self.cool_down = self.cool_down.saturating_mul(2).min(self.settings.cool_down_max);
                self.open(now);
            }
            (BreakerState::HalfOpen, Health::Unknown) => {
                self.change(BreakerState::Open { until: now });
            }
            // Nobody holds a permit of an open circuit: opening voids them all.
            (BreakerState::Closed | BreakerState::Open { .. }, _) => {}
        }
    }

    pub(super) const fn state(&self) -> BreakerState {
        self.state
    }

    pub(super) const fn stats(&self) -> BreakerStats {
        BreakerStats { state: self.state, opened: self.opened, refused: self.refused }
    }

    fn open(&mut self, now: RunOffset) {
        self.opened += 1;
        self.change(BreakerState::Open { until: now + self.cool_down });
    }

    fn change(&mut self, state: BreakerState) {
        self.state = state;
        self.generation += 1;
    }
}
