//! One follower per chain: each new block is read once, and tells every waiter.

mod feed;
mod handle;
mod heads;
mod registry;
mod task;
mod types;
mod watch;

pub(crate) use feed::{HeadFeed, announced};
pub use handle::FollowerHandle;
pub use heads::HeadReceiver;
pub(crate) use task::Follower;
pub use types::{
    FeeTag, FeeTotal, FeeTotals, FollowerEvent, FollowerStats, Head, Inclusion, TxRegistration,
    TxState,
};
pub use watch::{TxWatch, WatchError};

#[cfg(test)]
mod tests;
