//! Reading what a run left, whatever happened to it.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::format::{Arrived, HighWater, LEDGER_FORMAT, LedgerError, LedgerHeader, Line};

/// What a ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRecord {
    /// Whose run it is.
    pub header: LedgerHeader,
    /// The highest marks that could be read.
    pub marks: HighWater,
    /// How far arrivals have come; `None` when no line says so.
    pub arrived: Option<Arrived>,
    /// Lines that could not be read, if there are any.
    pub damage: Option<Damage>,
}

/// Lines of a ledger that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The first of them, from 1.
    pub line: usize,
    /// How many there are.
    pub lines: usize,
    /// Whether marks above those that were read may have been lost: nothing readable follows.
    pub hides_marks: bool,
}

/// Reads a ledger. A last line that was cut off by a crash does not count: its index was never
/// used. A damaged line before it is told, and costs nothing if a later one can be read.
///
/// # Errors
/// Every [`LedgerError`] but those of writing.
pub fn read_ledger(path: &Path) -> Result<LedgerRecord, LedgerError> {
    let bytes = std::fs::read(path)
        .map_err(|source| LedgerError::Unreadable { path: path.to_owned(), source })?;
    parse_ledger(path, &bytes)
}

/// Reads the `bytes` of the ledger at `path`, as [`read_ledger`] does.
///
/// # Errors
/// As [`read_ledger`], but for those of the file system.
pub fn parse_ledger(path: &Path, bytes: &[u8]) -> Result<LedgerRecord, LedgerError> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // Behind the last line's end there is nothing, or what was cut off.
    let tail = lines.pop().unwrap_or_default();
    let Some((first, lines)) = lines.split_first() else {
        // A header that lacks nothing but its end says what it says.
        return match (tail.is_empty(), read_header(path, tail)) {
            (true, _) => Err(LedgerError::Empty { path: path.to_owned() }),
            (false, Err(LedgerError::NoHeader { path })) => Err(LedgerError::CutOff { path }),
            (false, header) => Ok(LedgerRecord {
                header: header?,
                marks: HighWater::default(),
                arrived: None,
                damage: None,
            }),
        };
    };
    let header = read_header(path, first)?;
    let mut record =
        LedgerRecord { header, marks: HighWater::default(), arrived: None, damage: None };
    for (position, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        match serde_json::from_slice::<Line>(line) {
            Ok(line) => {
                record.marks = record.marks.at_least(line.marks);
                record.arrived = line.arrived.or(record.arrived);
                if let Some(damage) = &mut record.damage {
                    damage.hides_marks = false;
                }
            }
            Err(_) => {
                let line = position + 2;
                let damage =
                    record.damage.get_or_insert(Damage { line, lines: 0, hides_marks: true });
                damage.lines += 1;
                damage.hides_marks = true;
            }
        }
    }
    Ok(record)
}

fn read_header(path: &Path, line: &[u8]) -> Result<LedgerHeader, LedgerError> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        format: u32,
    }
    let path = path.to_owned();
    // A newer format may look otherwise in everything but its number.
    match serde_json::from_slice(line) {
        Ok(Versioned { format }) if format > LEDGER_FORMAT => {
            Err(LedgerError::TooNew { path, found: format })
        }
        _ => serde_json::from_slice(line).map_err(|_| LedgerError::NoHeader { path }),
    }
}

/// Whether the run that keeps the ledger at `path` is going on.
#[must_use]
pub fn is_kept(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
