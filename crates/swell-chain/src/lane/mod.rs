//! Lanes: accounts that live on and send in parallel.

mod task;
mod types;
mod window;

pub use task::LaneTask;
pub use types::{Lane, LaneCounters, LaneError, LaneOptions};
pub use window::NonceWindow;
