//! The instant a user ought to begin, and what decides it.

use serde::Serialize;

use crate::time::RunOffset;
use crate::units::Rate;

/// The instant a user ought to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// Position in the whole run, from 0, across all agents.
    pub seq: u64,
    /// Response time is measured from here, however late we are.
    pub due: RunOffset,
}

/// When journeys ought to begin, decided without looking at the target.
///
/// Implementations see neither completions nor the clock. That blindness is
/// what makes the load model open: a slow target cannot slow the schedule.
pub trait ArrivalProcess: Send {
    /// Returns the next arrival, or `None` once the schedule is exhausted.
    /// `due` never decreases.
    fn next_arrival(&mut self) -> Option<Arrival>;

    /// Intended rate at `at`. For display, never for pacing.
    fn rate_at(&self, at: RunOffset) -> Rate;
}
