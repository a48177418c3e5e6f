//! One agent's share of a schedule.

use std::num::NonZeroU64;

use super::{Arrival, ArrivalProcess};
use crate::time::RunOffset;
use crate::units::Rate;

/// Every `agents`-th arrival. All agents use the same seed, so the union of their shares is exactly
/// the schedule of a single process.
#[derive(Clone, Debug)]
pub struct Stripe<A> {
    inner: A,
    agent: u64,
    agents: NonZeroU64,
}

impl<A: ArrivalProcess> Stripe<A> {
    /// The share of `agent`, counted from zero; `None` if there is no such agent.
    #[must_use]
    pub fn new(inner: A, agent: u64, agents: NonZeroU64) -> Option<Self> {
        (agent < agents.get()).then_some(Self { inner, agent, agents })
    }
}

impl<A: ArrivalProcess> ArrivalProcess for Stripe<A> {
    fn next_arrival(&mut self) -> Option<Arrival> {
        loop {
            let arrival = self.inner.next_arrival()?;
            if arrival.seq % self.agents == self.agent {
                return Some(arrival);
            }
        }
    }

    fn rate_at(&self, at: RunOffset) -> Rate {
        let share = self.inner.rate_at(at).per_second() / self.agents.get() as f64;
        Rate::new(share).unwrap_or_default()
    }
}
