//! Wallets before users need them: how many, and how they are paid.

mod forecast;
mod strategy;

pub use forecast::{Demand, calls_ahead, wallets_wanted};
pub use strategy::{
    BatchGas, FundingStrategy, StrategyChoice, StrategyFacts, StrategyWish, choose_strategy,
};
