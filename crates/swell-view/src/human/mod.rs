//! Numbers as people read them.

mod bytes;
mod count;
mod moment;
mod money;
mod number;
mod progress;
mod rate;
mod time;

pub use bytes::bytes;
pub use count::count;
pub use moment::moment;
pub use money::money;
pub use number::{measure, number};
pub use progress::{progress, time_left};
pub use rate::rate;
pub use time::{latency, latency_us, length};
