//! The ledger of a run that is going on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::file::{Durable, Lines};
use super::format::{Arrived, HighWater, LEDGER_FILE, LedgerError, LedgerHeader, Line};
use super::read::LedgerRecord;

/// The ledger of a run that is going on. As long as it lives, [`super::is_kept`] says so.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    part: u32,
    state: Mutex<LedgerState>,
    /// The mark of arrivals that is on disk: read at every arrival, without waiting for a writer.
    arrivals: AtomicU64,
}

#[derive(Debug)]
struct LedgerState {
    lines: Lines,
    last: Line,
    /// Whether no more arrivals begin: the mark is exact, and stays.
    is_settled: bool,
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

    /// Goes on with the ledger in `folder`, which says what `record` does; `unix_s` is now.
    ///
    /// # Errors
    /// [`LedgerError::Unwritable`], [`LedgerError::Kept`].
    pub fn resume(folder: &Path, record: &LedgerRecord, unix_s: u64) -> Result<Self, LedgerError> {
        let path = folder.join(LEDGER_FILE);
        let unwritable = |source| LedgerError::Unwritable { path: path.clone(), source };
        let file = OpenOptions::new().append(true).open(&path).map_err(unwritable)?;
        lock(&file, &path)?;
        let earlier = record.arrived;
        let part = earlier.map_or(1, |arrived| arrived.part) + 1;
        let arrivals = earlier.map_or(0, |arrived| arrived.arrivals);
        let arrived = Some(Arrived { part, arrivals, unix_s });
        let last = Line { marks: record.marks, arrived };
        // What the earlier part died of may have cut its last line.
        let mut lines = Lines::new(file, true);
        append(&mut lines, &last).map_err(unwritable)?;
        let state = Mutex::new(LedgerState { lines, last, is_settled: false });
        Ok(Self { path, part, state, arrivals: AtomicU64::new(arrivals) })
    }

    /// Which part of the run keeps it; the first is 1.
    #[must_use]
    pub const fn part(&self) -> u32 {
        self.part
    }

    /// Arrivals below this may be started.
    #[must_use]
    pub fn arrivals(&self) -> u64 {
        self.arrivals.load(Ordering::Acquire)
    }

    /// Makes sure that the mark of arrivals is at least `mark`, on disk, before it returns. Once
    /// it has been settled, nothing happens.
    ///
    /// # Errors
    /// [`LedgerError::Unwritable`]; what is above the old mark would be started again.
    pub fn reserve_arrivals(&self, mark: u64, unix_s: u64) -> Result<(), LedgerError> {
        self.change(|line, is_settled| {
            let is_above = line.arrived.is_none_or(|arrived| arrived.arrivals < mark);
            let raised = is_above && !*is_settled;
            if raised {
                line.arrived = Some(Arrived { part: self.part, arrivals: mark, unix_s });
            }
            raised
        })
    }

    /// Lowers the mark to what was started, shed or abandoned in truth. No more may begin.
    ///
    /// # Errors
    /// [`LedgerError::Unwritable`]; arrivals in between are then taken for started.
    pub fn settle_arrivals(&self, mark: u64, unix_s: u64) -> Result<(), LedgerError> {
        self.change(|line, is_settled| {
            line.arrived = Some(Arrived { part: self.part, arrivals: mark, unix_s });
            *is_settled = true;
            true
        })
    }

    pub(super) fn begin(
        path: PathBuf,
        file: impl Durable + 'static,
        header: &LedgerHeader,
    ) -> Result<Self, LedgerError> {
        let mut lines = Lines::new(file, false);
        match append(&mut lines, header) {
            Ok(()) => {
                let state =
                    Mutex::new(LedgerState { lines, last: Line::default(), is_settled: false });
                Ok(Self { path, part: 1, state, arrivals: AtomicU64::new(0) })
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
        self.change(|line, _| change(&mut line.marks))
    }

    fn change(&self, change: impl FnOnce(&mut Line, &mut bool) -> bool) -> Result<(), LedgerError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = state.last;
        if change(&mut line, &mut state.is_settled) {
            append(&mut state.lines, &line)
                .map_err(|source| LedgerError::Unwritable { path: self.path.clone(), source })?;
            state.last = line;
            let arrivals = line.arrived.map_or(0, |arrived| arrived.arrivals);
            self.arrivals.store(arrivals, Ordering::Release);
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
