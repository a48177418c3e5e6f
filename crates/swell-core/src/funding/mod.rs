//! Wallets before users need them: how many, and how they are paid.

mod forecast;
mod lanes;
mod strategy;

pub use forecast::{Demand, calls_ahead, wallets_wanted};
pub use lanes::{LaneShare, lane_share, paid_at_once};
pub use strategy::{
    BatchGas, FundingStrategy, StrategyChoice, StrategyFacts, StrategyWish, choose_strategy,
};
