//! Lanes: accounts that live on and send in parallel.

mod answers;
mod review;
mod slot;
mod task;
mod types;
mod window;

pub use task::LaneTask;
pub use types::{Lane, LaneCounters, LaneError, LaneOptions};
pub use window::NonceWindow;

#[cfg(test)]
mod tests;
