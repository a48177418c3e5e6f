//! What `swell sweep` must know before it may send anything: the run, its target, its ledger.

use std::io;
use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use swell_chain::{RunId, RunIdError};
use swell_core::target::Target;
use swell_engine::ledger::{
    HighWater, LEDGER_FILE, LedgerError, LedgerHeader, TargetPlace, read_ledger,
};
use swell_engine::sweep::SweepRange;

use crate::config::{Problems, target_file};
use crate::connection::ChainSide;
use crate::exit::Exit;
use crate::store::RunStore;

/// A run that is to be swept.
#[derive(Debug)]
pub struct SweepJob {
    /// The run.
    pub run_id: RunId,
    /// Where its money is.
    pub target: Target,
    /// What it left on disk, when that was found.
    pub record: Option<RunRecord>,
}

/// What a run left on disk.
#[derive(Debug)]
pub struct RunRecord {
    /// Its folder.
    pub folder: PathBuf,
    /// Whose run it is.
    pub header: LedgerHeader,
    /// Accounts that may hold money.
    pub marks: HighWater,
}

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
    /// The ledger is not usable.
    #[error(
        "the run's ledger cannot be used; without it (move it away, give --target FILE) its wallets \
         are searched for on the chain"
    )]
    Ledger(#[source] LedgerError),
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

impl SweepJob {
    /// Finds what is known of the run called `id`; `target` is the file given for it.
    ///
    /// # Errors
    /// [`SweepRefusal`].
    pub fn find(store: &RunStore, id: &str, target: Option<&Path>) -> Result<Self, SweepRefusal> {
        let run_id: RunId = id.parse().map_err(|source| SweepRefusal::BadId {
            text: id.chars().take(40).collect(),
            source,
        })?;
        let record = RunRecord::find(store, run_id)?;
        let target = match (target, &record) {
            (Some(path), _) => {
                read_target(path, |path, source| SweepRefusal::NoTarget { path, source })?
            }
            (None, Some(record)) => record.target(run_id)?,
            (None, None) => return Err(without_record(store, run_id)),
        };
        Ok(Self { run_id, target, record })
    }

    /// Refuses a chain or a key that is not the run's.
    ///
    /// # Errors
    /// [`SweepRefusal::OtherChain`], [`SweepRefusal::OtherRelayer`].
    pub fn compare(&self, side: &ChainSide) -> Result<(), SweepRefusal> {
        let Some(RunRecord { header, .. }) = &self.record else { return Ok(()) };
        let found = side.chain.chain_id();
        if header.chain_id != found {
            return Err(SweepRefusal::OtherChain { expected: header.chain_id, found });
        }
        let found = side.relayer.address();
        if header.relayer.parse() != Ok(found) {
            return Err(SweepRefusal::OtherRelayer { expected: header.relayer.clone(), found });
        }
        Ok(())
    }

    /// Which accounts may hold money.
    #[must_use]
    pub fn range(&self) -> SweepRange {
        self.record.as_ref().map_or(SweepRange::UntilUntouched(SweepRange::GAP), |record| {
            SweepRange::Below(record.marks)
        })
    }
}

impl RunRecord {
    /// `None` when there is no folder, or no ledger in it.
    fn find(store: &RunStore, id: RunId) -> Result<Option<Self>, SweepRefusal> {
        let Ok(folder) = store.find_run(&id.to_string()) else { return Ok(None) };
        let ledger = folder.join(LEDGER_FILE);
        // What is there and cannot be looked at is no reason to search the chain.
        if matches!(ledger.try_exists(), Ok(false)) {
            return Ok(None);
        }
        let (header, marks) = read_ledger(&ledger).map_err(SweepRefusal::Ledger)?;
        if header.run != id.to_string() {
            return Err(SweepRefusal::OtherRun { id, folder, found: header.run });
        }
        if header.place == Some(TargetPlace::InProcess) {
            return Err(SweepRefusal::InProcess { id });
        }
        Ok(Some(Self { folder, header, marks }))
    }

    fn target(&self, id: RunId) -> Result<Target, SweepRefusal> {
        match &self.header.place {
            Some(TargetPlace::File(path)) => {
                read_target(Path::new(path), |path, source| SweepRefusal::Moved { path, source })
            }
            Some(TargetPlace::InProcess) => Err(SweepRefusal::InProcess { id }),
            None => Err(SweepRefusal::NoPlace { id }),
        }
    }
}

fn without_record(store: &RunStore, id: RunId) -> SweepRefusal {
    match store.find_run(&id.to_string()) {
        Ok(folder) => SweepRefusal::NoLedger { id, folder },
        Err(_) => SweepRefusal::NoFolder { id },
    }
}

fn read_target(
    path: &Path,
    unreadable: impl FnOnce(PathBuf, io::Error) -> SweepRefusal,
) -> Result<Target, SweepRefusal> {
    let text =
        std::fs::read_to_string(path).map_err(|source| unreadable(path.to_owned(), source))?;
    let mut problems = Problems::default();
    target_file::read(&path.display().to_string(), &text, &mut problems)
        .ok_or(SweepRefusal::BadTarget(problems))
}

fn words(problems: &Problems) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
