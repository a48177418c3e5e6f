//! Why a run is not swept.

use std::io;
use std::path::PathBuf;

use alloy_primitives::Address;
use swell_chain::{RunId, RunIdError};
use swell_engine::ledger::{LEDGER_FILE, LedgerError};

use crate::config::Problems;
use crate::exit::Exit;

/// Why a run is not swept. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SweepRefusal {
    /// The name is none.
    #[error("`{text}` is not a run id")]
    BadId {
        /// What was given.
        text: String,
        /// What is wrong with it.
        #[source]
        source: RunIdError,
    },
    /// Neither a folder nor a target file.
    #[error(
        "no folder of the run {id} is known here; give --target FILE, and its wallets are searched \
         for on the chain"
    )]
    NoFolder {
        /// The run.
        id: RunId,
    },
    /// A folder without a ledger, and no target file.
    #[error(
        "the folder {} of the run {id} holds no {LEDGER_FILE}: the run sent nothing, unless the \
         file was removed; then give --target FILE, and its wallets are searched for on the chain",
        folder.display()
    )]
    NoLedger {
        /// The run.
        id: RunId,
        /// Its folder.
        folder: PathBuf,
    },
    /// The ledger cannot be used.
    #[error("the ledger of the run {id} cannot be used")]
    Ledger {
        /// The run.
        id: RunId,
        /// Why not.
        #[source]
        source: LedgerError,
    },
    /// The ledger does not even say whose it is, and no target file was given.
    #[error(
        "the ledger of the run {id} does not say where its money is; give --target FILE, and its \
         wallets are searched for on the chain"
    )]
    Headless {
        /// The run.
        id: RunId,
        /// What is wrong with it.
        #[source]
        source: LedgerError,
    },
    /// The ledger of another run lies in the run's folder.
    #[error("the ledger in {} is that of the run {found}, not of {id}", folder.display())]
    OtherRun {
        /// The run.
        id: RunId,
        /// The folder.
        folder: PathBuf,
        /// Whose ledger it is.
        found: String,
    },
    /// The chain of the run is gone.
    #[error(
        "the run {id} had its sandbox in its own process: that chain ended with it, and there is \
         nothing to sweep"
    )]
    InProcess {
        /// The run.
        id: RunId,
    },
    /// The ledger is of a version that did not note the target file.
    #[error("the ledger of the run {id} does not name its target file; give --target FILE")]
    NoPlace {
        /// The run.
        id: RunId,
    },
    /// The target file of the run is not where it was.
    #[error(
        "the target file {}, which the run used, cannot be read; if it has moved, give --target FILE",
        path.display()
    )]
    Moved {
        /// Where it was.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: io::Error,
    },
    /// The given target file cannot be read.
    #[error("the target file {} cannot be read", path.display())]
    NoTarget {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The `.env` of the run is not where it was.
    #[error(
        "the file {}, which the run had its variables from, cannot be read; put it back, or give \
         --target with the name of the network or a target file",
        path.display()
    )]
    EnvFile {
        /// Where it was.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: io::Error,
    },
    /// The target file is not valid.
    #[error("{}", words(.0))]
    BadTarget(Problems),
    /// The key is not that of the run.
    #[error(
        "the run's relayer was {expected}, and the target's relayer key is {found}'s; only the \
         run's own key leads to its wallets"
    )]
    OtherRelayer {
        /// Who paid for the run.
        expected: String,
        /// Whose key there is.
        found: Address,
    },
    /// The target is another chain.
    #[error("the run was on chain {expected}, and the target names chain {found}")]
    OtherChain {
        /// The run's.
        expected: u64,
        /// The target's.
        found: u64,
    },
}

impl SweepRefusal {
    /// The exit it means.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::OtherRelayer { .. } | Self::OtherChain { .. } => Exit::Check,
            _ => Exit::Usage,
        }
    }
}

fn words(problems: &Problems) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
