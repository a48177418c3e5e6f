//! What the network did: endpoints, and the way of transactions into blocks.

use serde::{Deserialize, Serialize};

use super::Latency;

/// One endpoint of the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointRow {
    /// Its name: `rpc`, or `rpc-1` and on where there are several; `storage`; `server`.
    pub name: String,
    /// What was sent to it, each repetition counted.
    pub requests: u64,
    /// Requests without an answer, and answers that were errors, rate limits apart.
    pub errors: u64,
    /// Repetitions.
    pub retries: u64,
    /// Answers that asked for fewer requests.
    pub rate_limited: u64,
    /// From request to answer or error.
    pub latency_ms: Latency,
    /// The most blocks it was behind the newest one that any endpoint had reported; 0 for what has
    /// no blocks.
    pub head_lag_blocks_max: u64,
    /// How it was at the end.
    pub state: EndpointState,
}

/// How an endpoint is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointState {
    /// It answers, and is as far as the others.
    #[default]
    Healthy,
    /// It answers, and is blocks behind.
    Lagging,
    /// It does not answer, or with errors.
    Failing,
    /// It has never answered, so that nobody knows whether it serves the target's chain.
    Unverified,
    /// It serves another chain than the target's, and is not used.
    OtherChain,
}

impl EndpointState {
    /// The word reports use.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Lagging => "lagging",
            Self::Failing => "failing",
            Self::Unverified => "unverified",
            Self::OtherChain => "other-chain",
        }
    }
}

/// How long transactions of one purpose took, from when they were first sent until the block that
/// includes them had been read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InclusionRow {
    /// What they were for: `funding`, `journey`, `sweep` or `lane`.
    pub tag: String,
    /// How many were included.
    pub count: u64,
    /// In time.
    pub ms: Latency,
    /// In blocks: 1 is the first block after the newest one known when it was sent.
    pub blocks: Blocks,
}

/// A distribution of numbers of blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Largest.
    pub max: u64,
}
