//! What held a finished run back, told from its report.
//!
//! An empty list means: nothing did.

mod chain;
mod findings;
mod host;
mod rates;
mod resources;
mod steps;
mod throughput;

pub use findings::diagnose;
pub use host::distrust;

/// Names of the findings, as reports use them.
pub mod what {
    /// Users waited for a place.
    pub const PLACES: &str = "places";
    /// Users waited for a funded wallet.
    pub const FUNDING: &str = "funding";
    /// Users' calls waited for a lane of the relayer.
    pub const LANES: &str = "lanes";
    /// The relayer had no money for users' calls.
    pub const RELAYER: &str = "relayer";
    /// The target answered 429.
    pub const RATE_LIMIT: &str = "rate-limit";
    /// Blocks were full.
    pub const CHAIN_GAS: &str = "chain-gas";
    /// The base fee rose.
    pub const BASE_FEE: &str = "base-fee";
    /// The chain was slow or failed, though its blocks were not full.
    pub const CHAIN: &str = "chain";
    /// The storage was slow or failed.
    pub const STORAGE: &str = "storage";
    /// The personal server was slow or failed.
    pub const SERVER: &str = "server";
    /// One step took most of the time, and a threshold on time or throughput was not met.
    pub const SLOW_STEP: &str = "slow-step";
    /// One class of failure that none of the others explains.
    pub const FAILURES: &str = "failures";
    /// Less came through than was offered, and nothing else explains it.
    pub const THROUGHPUT: &str = "throughput";
    /// Memory was large, or grew.
    pub const MEMORY: &str = "memory";
    /// Swell itself was late or short of CPU.
    pub const GENERATOR: &str = "generator";
}

#[cfg(test)]
mod tests;
