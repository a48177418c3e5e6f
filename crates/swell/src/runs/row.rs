//! One run of the store, from what its folder says.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Serialize;
use swell_core::report::Ended;
use swell_core::units::Wei;
use swell_engine::ledger::{
    HighWater, LEDGER_FILE, LedgerRecord, TargetPlace, is_kept, read_ledger,
};

use crate::connection::sentence;
use crate::recovery::{Glance, SweptNote};
use crate::store::{RunStore, StoreError, StoredRun};

/// One run of the store.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// When it began, in seconds since the Unix epoch.
    pub began_unix_s: Option<u64>,
    /// The target's name.
    pub target: Option<String>,
    /// The chain's id.
    pub chain_id: Option<u64>,
    /// How it came to its end.
    pub ended: RunEnd,
    /// What its wallets and lanes still hold.
    pub holds: Holds,
    /// Its folder.
    pub folder: PathBuf,
    /// Why not everything can be told.
    pub problem: Option<String>,
    /// What orders runs, when they do not say when they began.
    #[serde(skip)]
    touched_unix_s: u64,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RunEnd {
    /// As its report says.
    Reported(Ended),
    /// In words of its own.
    Other(OtherEnd),
}

/// Ends that no report tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherEnd {
    /// It is going on.
    GoingOn,
    /// It left a ledger and no report.
    DidNotEnd,
    /// It ended before it kept a ledger.
    DidNotBegin,
    /// Nobody knows.
    Unknown,
}

/// What a run's wallets and lanes still hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Holds {
    /// How much; `None` when only the chain knows.
    pub wei: Option<Wei>,
    /// Who says so.
    pub says: WhoSays,
}

/// Who says what a run holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhoSays {
    /// Its sandbox shared its process: the chain ended with it.
    InProcess,
    /// Its ledger, if only by having no account in it.
    Ledger,
    /// Its report.
    Report,
    /// The last sweep.
    Sweep,
    /// The chain, just now.
    Chain,
    /// Nobody yet.
    Nobody,
}

impl Holds {
    const NOTHING_KNOWN: Self = Self { wei: None, says: WhoSays::Nobody };

    const fn nothing(says: WhoSays) -> Self {
        Self { wei: Some(Wei::ZERO), says }
    }
}

impl RunRow {
    /// Whether only the chain can tell whether the run still holds money that is worth a sweep.
    #[must_use]
    pub fn may_hold(&self) -> bool {
        match self.holds.says {
            WhoSays::InProcess | WhoSays::Ledger => false,
            // Dust stays; what could not be sent makes the sweep incomplete, and nobody knows.
            WhoSays::Sweep => false,
            WhoSays::Report | WhoSays::Chain => self.holds.wei.is_none_or(|wei| !wei.is_zero()),
            WhoSays::Nobody => true,
        }
    }

    /// Takes note of what the chain says that it holds.
    pub fn hold_by_chain(&mut self, wei: Wei) {
        self.holds = Holds { wei: Some(wei), says: WhoSays::Chain };
    }

    /// Adds to what cannot be told, and why.
    pub fn tell(&mut self, words: String) {
        self.problem = Some(match self.problem.take() {
            Some(known) if known != words => format!("{known}; {words}"),
            _ => words,
        });
    }

    /// Whether its sandbox shared its process.
    #[must_use]
    pub fn was_in_process(&self) -> bool {
        self.holds.says == WhoSays::InProcess
    }

    /// Whether it is going on.
    #[must_use]
    pub fn is_going_on(&self) -> bool {
        self.ended == RunEnd::Other(OtherEnd::GoingOn)
    }

    fn of(run: StoredRun) -> Self {
        let mut row = Self {
            id: run.id,
            began_unix_s: None,
            target: None,
            chain_id: None,
            ended: RunEnd::Other(OtherEnd::Unknown),
            holds: Holds::NOTHING_KNOWN,
            touched_unix_s: touched(&run.folder),
            folder: run.folder,
            problem: None,
        };
        if !row.folder.is_dir() {
            row.problem = Some("its folder is gone".into());
            return row;
        }
        let ledger = row.folder.join(LEDGER_FILE);
        if matches!(ledger.try_exists(), Ok(false)) {
            row.ended = RunEnd::Other(OtherEnd::DidNotBegin);
            row.holds = Holds::nothing(WhoSays::Ledger);
            return row;
        }
        row.touched_unix_s = touched(&ledger);
        match read_ledger(&ledger) {
            Ok(record) if record.header.run != row.id => {
                let other = record.header.run;
                row.problem = Some(format!("its folder holds the ledger of the run {other}"));
            }
            Ok(record) => row.take(&record, is_kept(&ledger)),
            Err(error) => row.problem = Some(sentence(&error)),
        }
        row
    }

    fn take(&mut self, record: &LedgerRecord, is_going_on: bool) {
        let header = &record.header;
        self.began_unix_s = header.began.map(|began| began.unix_s);
        self.target = Some(header.target.clone());
        self.chain_id = Some(header.chain_id);
        if let Some(damage) = record.damage {
            self.problem = Some(format!("line {} of its ledger is damaged", damage.line));
        }
        let report = Glance::read(&self.folder).unwrap_or_else(|error| {
            self.problem = Some(sentence(&error));
            None
        });
        let report = report.filter(|report| report.run.id == self.id);
        self.ended = match &report {
            _ if is_going_on => RunEnd::Other(OtherEnd::GoingOn),
            Some(report) => RunEnd::Reported(report.run.ended),
            None => RunEnd::Other(OtherEnd::DidNotEnd),
        };
        self.holds = if header.place == Some(TargetPlace::InProcess) {
            Holds::nothing(WhoSays::InProcess)
        } else if is_going_on {
            Holds::NOTHING_KNOWN
        } else {
            holds(record, report.as_ref(), SweptNote::read(&self.folder).as_ref())
        };
    }
}

fn holds(record: &LedgerRecord, report: Option<&Glance>, swept: Option<&SweptNote>) -> Holds {
    if let Some(swept) = swept {
        return match swept.complete {
            true => Holds { wei: Some(swept.left_wei), says: WhoSays::Sweep },
            false => Holds::NOTHING_KNOWN,
        };
    }
    if record.marks == HighWater::default() && record.damage.is_none() {
        return Holds::nothing(WhoSays::Ledger);
    }
    match report.and_then(|report| report.money.held()) {
        Some(wei) => Holds { wei: Some(wei), says: WhoSays::Report },
        None => Holds::NOTHING_KNOWN,
    }
}

/// The runs of the store, newest first.
///
/// # Errors
/// The store cannot be read. What is wrong with a run is told in its row.
pub fn rows(store: &RunStore) -> Result<Vec<RunRow>, StoreError> {
    let mut rows: Vec<RunRow> = store.runs()?.into_iter().map(RunRow::of).collect();
    rows.sort_by(|a, b| {
        let age = |row: &RunRow| row.began_unix_s.unwrap_or(row.touched_unix_s);
        age(b).cmp(&age(a)).then_with(|| a.id.cmp(&b.id))
    });
    Ok(rows)
}

/// When the file system saw `path` written last; 0 when it does not say.
fn touched(path: &Path) -> u64 {
    let modified = std::fs::metadata(path).and_then(|data| data.modified()).ok();
    let since = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_secs())
}
