//! The run as a state machine: an event in, effects out. Synchronous, and tested without a runtime.

mod effect;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use effect::Effect;
pub use event::{Event, FundingEnd, JourneyEnd, StopReason};
pub use state::{DemandFacts, RunState};
