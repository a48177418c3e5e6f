//! The ledger of a run that is going on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::file::{Durable, Lines};
use super::format::{HighWater, LEDGER_FILE, LedgerError, LedgerHeader};

/// The ledger of a run that is going on. As long as it lives, [`super::is_kept`] says so.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    state: Mutex<LedgerState>,
}

#[derive(Debug)]
struct LedgerState {
    lines: Lines,
    marks: HighWater,
}

impl Ledger {
    /// Marks are raised by this many at once, so that the disk is asked once a thousand wallets.
    const STRIDE: u64 = 1_000;

    /// Begins a ledger in `folder`.
    ///
    /// # Errors
    /// [`LedgerError::Unwritable`] when the file cannot be made, [`LedgerError::Kept`] when it is
    /// that of a run that is going on.
    pub fn create(folder: &Path, header: &LedgerHeader) -> Result<Self, LedgerError> {
        let path = folder.join(LEDGER_FILE);
        let unwritable = |source| LedgerError::Unwritable { path: path.clone(), source };
        // Emptied only once it is known to be nobody else's.
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unwritable)?;
        lock(&file, &path)?;
        file.set_len(0).map_err(unwritable)?;
        Self::begin(path, file, header)
    }

    pub(super) fn begin(
        path: PathBuf,
        file: impl Durable + 'static,
        header: &LedgerHeader,
    ) -> Result<Self, LedgerError> {
        let mut lines = Lines::new(file, false);
        match append(&mut lines, header) {
            Ok(()) => {
                let state = Mutex::new(LedgerState { lines, marks: HighWater::default() });
                Ok(Self { path, state })
            }
            Err(source) => Err(LedgerError::Unwritable { path, source }),
        }
    }

    /// Makes sure that the mark of wallets is beyond `index`, on disk, before it returns.
    ///
    /// # Errors
    /// [`LedgerError::Unwritable`]; the index must then not be used.
    pub fn reserve_wallet(&self, index: u64) -> Result<(), LedgerError> {
        self.raise(|marks| {
            if index < marks.wallets {
                return false;
            }
            marks.wallets = index + Self::STRIDE;
            true
        })
    }

    /// Makes sure that the mark of lanes is at least `count`, on disk, before it returns.
    ///
    /// # Errors
    /// [`LedgerError::Unwritable`]; the lanes must then not be used.
    pub fn reserve_lanes(&self, count: u64) -> Result<(), LedgerError> {
        self.raise(|marks| {
            let raised = count > marks.lanes;
            marks.lanes = marks.lanes.max(count);
            raised
        })
    }

    fn raise(&self, change: impl FnOnce(&mut HighWater) -> bool) -> Result<(), LedgerError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut marks = state.marks;
        if change(&mut marks) {
            append(&mut state.lines, &marks)
                .map_err(|source| LedgerError::Unwritable { path: self.path.clone(), source })?;
            state.marks = marks;
        }
        Ok(())
    }
}

fn append(lines: &mut Lines, line: &impl Serialize) -> io::Result<()> {
    lines.append(&serde_json::to_string(line)?)
}

/// Holds the file until it is closed, by a crash too. Where a file system knows no locks, nobody
/// learns whether the run is going on, and that is all.
fn lock(file: &File, path: &Path) -> Result<(), LedgerError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(LedgerError::Kept { path: path.to_owned() }),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}
