//! How a run went over time: what charts are drawn from, live and in the report.

mod point;
mod record;

pub use point::{BlockPoint, Extremes, HostPoint, PointLatency, TimelinePoint};
pub use record::{BlockFacts, TickFacts, Timeline};

#[cfg(test)]
mod tests;
