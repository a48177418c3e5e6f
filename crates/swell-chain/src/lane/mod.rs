//! Lanes: accounts that live on and send in parallel.

mod answers;
mod call;
mod review;
mod slot;
mod task;
mod types;
mod window;

pub use call::{LaneAccepted, LaneCall};
pub use task::LaneTask;
pub use types::{Lane, LaneCounters, LaneError, LaneOptions, LaneOrder};
pub use window::NonceWindow;

#[cfg(test)]
mod tests;
