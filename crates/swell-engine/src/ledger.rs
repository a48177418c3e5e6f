//! The run's memory on disk: which keys may hold money. No secret is in it.
//!
//! Append-only JSON lines. The first line says whose run it is; every further line raises the
//! high-water mark of an account kind, *before* any index below the mark is used. With the
//! relayer's key and the run's id, that is all a sweep needs.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

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
}

/// Where a run's target is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetPlace {
    /// Nowhere: it shared the run's process, and ended with it.
    InProcess,
    /// In this target file.
    File(String),
}

/// Accounts that may hold money: those below these marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighWater {
    /// Wallets.
    pub wallets: u64,
    /// Lanes.
    pub lanes: u64,
}

/// Why the ledger could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file system refused.
    #[error("the ledger {path} could not be written or read")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line that is not of this format.
    #[error("line {line} of the ledger {path} is not a ledger line")]
    Malformed {
        /// Where.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// Written by a newer Swell.
    #[error(
        "the ledger {path} has format {found}; this version reads formats up to {LEDGER_FORMAT}"
    )]
    TooNew {
        /// Where.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

/// The ledger of a run that is going on.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    state: Mutex<LedgerState>,
}

#[derive(Debug)]
struct LedgerState {
    file: File,
    marks: HighWater,
}

impl Ledger {
    /// Marks are raised by this many at once, so that the disk is asked once a thousand wallets.
    const STRIDE: u64 = 1_000;

    /// Begins a ledger in `folder`.
    ///
    /// # Errors
    /// [`LedgerError::Io`] when the file cannot be made.
    pub fn create(folder: &Path, header: &LedgerHeader) -> Result<Self, LedgerError> {
        let path = folder.join(LEDGER_FILE);
        let io = |source| LedgerError::Io { path: path.clone(), source };
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(true).open(&path).map_err(io)?;
        append(&mut file, header).map_err(io)?;
        let state = Mutex::new(LedgerState { file, marks: HighWater::default() });
        Ok(Self { path, state })
    }

    /// Makes sure that the mark of wallets is beyond `index`, on disk, before it returns.
    ///
    /// # Errors
    /// [`LedgerError::Io`]; the index must then not be used.
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
    /// [`LedgerError::Io`]; the lanes must then not be used.
    pub fn reserve_lanes(&self, count: u64) -> Result<(), LedgerError> {
        self.raise(|marks| {
            let raised = count > marks.lanes;
            marks.lanes = marks.lanes.max(count);
            raised
        })
    }

    fn raise(&self, change: impl FnOnce(&mut HighWater) -> bool) -> Result<(), LedgerError> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut marks = state.marks;
        if change(&mut marks) {
            append(&mut state.file, &marks)
                .map_err(|source| LedgerError::Io { path: self.path.clone(), source })?;
            state.marks = marks;
        }
        Ok(())
    }
}

fn append(file: &mut File, line: &impl Serialize) -> std::io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// Reads a ledger: whose it is, and its last marks. A last line that was cut off by a crash does
/// not count: its index was never used.
///
/// # Errors
/// Every [`LedgerError`].
pub fn read_ledger(path: &Path) -> Result<(LedgerHeader, HighWater), LedgerError> {
    let io = |source| LedgerError::Io { path: path.to_owned(), source };
    let malformed = |line| LedgerError::Malformed { path: path.to_owned(), line };
    let lines: Vec<String> = BufReader::new(File::open(path).map_err(io)?)
        .lines()
        .collect::<Result<_, _>>()
        .map_err(io)?;
    let first = lines.first().ok_or_else(|| malformed(1))?;
    let header: LedgerHeader = serde_json::from_str(first).map_err(|_| malformed(1))?;
    if header.format > LEDGER_FORMAT {
        return Err(LedgerError::TooNew { path: path.to_owned(), found: header.format });
    }
    let mut marks = HighWater::default();
    for (position, line) in lines.iter().enumerate().skip(1) {
        match serde_json::from_str::<HighWater>(line) {
            Ok(raised) => marks = raised,
            Err(_) if position + 1 == lines.len() => break,
            Err(_) => return Err(malformed(position + 1)),
        }
    }
    Ok((header, marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> LedgerHeader {
        LedgerHeader {
            format: LEDGER_FORMAT,
            run: "r1".into(),
            relayer: "0x0".into(),
            chain_id: 14800,
            target: "sandbox".into(),
            place: Some(TargetPlace::File("target.toml".into())),
        }
    }

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("swell-ledger-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_mark_is_on_disk_before_its_index_is_used() {
        let folder = folder("mark");
        let ledger = Ledger::create(&folder, &header()).unwrap();
        for index in [0, 1, 999, 1_000, 2_500] {
            ledger.reserve_wallet(index).unwrap();
            let (_, marks) = read_ledger(&folder.join(LEDGER_FILE)).unwrap();
            assert!(marks.wallets > index);
        }
        ledger.reserve_lanes(5).unwrap();
        let (read, marks) = read_ledger(&folder.join(LEDGER_FILE)).unwrap();
        assert_eq!((read, marks.lanes), (header(), 5));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_last_line_cut_by_a_crash_does_not_count() {
        let folder = folder("cut");
        let path = folder.join(LEDGER_FILE);
        let ledger = Ledger::create(&folder, &header()).unwrap();
        ledger.reserve_wallet(0).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"wallets\":2000,\"la");
        std::fs::write(&path, text).unwrap();
        assert_eq!(read_ledger(&path).unwrap().1.wallets, 1_000);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_ledger_that_does_not_say_where_its_target_is_can_be_read() {
        let folder = folder("place");
        let path = folder.join(LEDGER_FILE);
        let text = r#"{"format":1,"run":"r1","relayer":"0x0","chain_id":14800,"target":"sandbox"}"#;
        std::fs::write(&path, format!("{text}\n{{\"wallets\":1000,\"lanes\":4}}\n")).unwrap();
        let (read, marks) = read_ledger(&path).unwrap();
        assert_eq!(read, LedgerHeader { place: None, ..header() });
        assert_eq!(marks, HighWater { wallets: 1_000, lanes: 4 });
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_newer_or_broken_ledger_is_refused() {
        let folder = folder("new");
        let path = folder.join(LEDGER_FILE);
        let newer = LedgerHeader { format: LEDGER_FORMAT + 1, ..header() };
        std::fs::write(&path, serde_json::to_string(&newer).unwrap()).unwrap();
        assert!(matches!(read_ledger(&path), Err(LedgerError::TooNew { .. })));
        std::fs::write(&path, "nonsense\n").unwrap();
        assert!(matches!(read_ledger(&path), Err(LedgerError::Malformed { line: 1, .. })));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
