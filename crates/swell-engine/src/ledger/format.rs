//! What a ledger's lines say.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use swell_core::units::Wei;

/// Version of the ledger's format.
pub const LEDGER_FORMAT: u32 = 1;

/// The ledger's file name in a run folder.
pub const LEDGER_FILE: &str = "ledger.jsonl";

/// Whose run it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHeader {
    /// [`LEDGER_FORMAT`].
    pub format: u32,
    /// The run's id.
    pub run: String,
    /// The relayer's address.
    pub relayer: String,
    /// The chain's id.
    pub chain_id: u64,
    /// The target's name.
    pub target: String,
    /// Where the target is found again; `None` in a ledger that does not say.
    #[serde(default)]
    pub place: Option<TargetPlace>,
    /// How the run began; `None` in a ledger that does not say, and in that of a virtual run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Beginning>,
}

/// Where a run's target is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetPlace {
    /// Nowhere: it shared the run's process, and ended with it.
    InProcess,
    /// In this target file.
    File(String),
    /// On a public network, known by name.
    Network {
        /// The network.
        name: String,
        /// The `.env` that says more of it, and may hold the keys.
        env_file: Option<String>,
    },
}

/// How a run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beginning {
    /// When, in seconds since the Unix epoch.
    pub unix_s: u64,
    /// What the relayer had.
    pub relayer_wei: Wei,
}

/// Accounts that may hold money: those below these marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighWater {
    /// Wallets.
    pub wallets: u64,
    /// Lanes.
    pub lanes: u64,
}

/// How far a run's arrivals have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// Which part of the run wrote this; the first is 1.
    pub part: u32,
    /// Arrivals below this may have been started; none at or above it was.
    pub arrivals: u64,
    /// When it was written, in seconds since the Unix epoch.
    pub unix_s: u64,
}

/// One line below the header: the state that the ledger is in then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    #[serde(flatten)]
    pub(super) marks: HighWater,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) arrived: Option<Arrived>,
}

impl HighWater {
    /// The higher of both, mark by mark.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self { wallets: self.wallets.max(other.wallets), lanes: self.lanes.max(other.lanes) }
    }
}

/// Why the ledger could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file system refused.
    #[error("the ledger {} could not be written", path.display())]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file system refused.
    #[error("the ledger {} could not be read", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another run that is going on keeps it.
    #[error("a run that is going on keeps its ledger in {}", path.display())]
    Kept {
        /// Where.
        path: PathBuf,
    },
    /// There is nothing in it: the run sent nothing, or the file was emptied.
    #[error("the ledger {} is empty", path.display())]
    Empty {
        /// Where.
        path: PathBuf,
    },
    /// The run ended while it was begun, before it sent anything; or the file was cut later.
    #[error("the ledger {} is cut off in its first line", path.display())]
    CutOff {
        /// Where.
        path: PathBuf,
    },
    /// The first line does not say whose run it is.
    #[error("the first line of {} is not that of a ledger", path.display())]
    NoHeader {
        /// Where.
        path: PathBuf,
    },
    /// Written by a newer Swell.
    #[error(
        "the ledger {} has format {found}; this version reads formats up to {LEDGER_FORMAT}",
        path.display()
    )]
    TooNew {
        /// Where.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

impl LedgerError {
    /// Whether it is not even known whose ledger it is. The chain can still be searched.
    #[must_use]
    pub const fn is_headless(&self) -> bool {
        matches!(self, Self::Empty { .. } | Self::CutOff { .. } | Self::NoHeader { .. })
    }
}
