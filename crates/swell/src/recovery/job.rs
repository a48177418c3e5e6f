//! What `swell sweep` must know before it may send anything: the run, its target, its ledger.

use std::io;
use std::path::{Path, PathBuf};

use alloy_primitives::Address;
use swell_chain::RunId;
use swell_core::target::Target;
use swell_engine::ledger::{
    HighWater, LEDGER_FILE, LedgerHeader, LedgerRecord, TargetPlace, read_ledger,
};
use swell_engine::sweep::SweepRange;
use zeroize::Zeroizing;

use super::SweepRefusal;
use crate::config::env_file::{Asked, EnvFile, EnvTarget};
use crate::config::network::Network;
use crate::config::{Problems, network_storage, target_file};
use crate::connection::{ChainSide, sentence};
use crate::store::RunStore;

/// A run that is to be swept.
#[derive(Debug)]
pub struct SweepJob {
    /// The run.
    pub run_id: RunId,
    /// Where its money is.
    pub target: Target,
    /// Its folder, when there is one.
    pub folder: Option<PathBuf>,
    /// What its ledger says, when that can be read.
    pub record: Option<RunRecord>,
    /// What should be said aloud.
    pub warnings: Vec<String>,
    /// Looks at so many wallets and lanes at least, and does not search beyond.
    up_to: Option<u64>,
}

/// What a run's ledger says.
pub type RunRecord = LedgerRecord;

impl SweepJob {
    /// Finds what is known of the run called `id`. `target` is the file given for it, `up_to` the
    /// index given for it.
    ///
    /// # Errors
    /// [`SweepRefusal`].
    pub fn find(
        store: &RunStore,
        id: &str,
        target: Option<&Path>,
        up_to: Option<u64>,
    ) -> Result<Self, SweepRefusal> {
        let run_id: RunId = id.parse().map_err(|source| SweepRefusal::BadId {
            text: id.chars().take(40).collect(),
            source,
        })?;
        let folder = store.find_run(&run_id.to_string()).ok();
        let mut warnings = Vec::new();
        let record = match &folder {
            Some(folder) => find_record(run_id, folder, target.is_some(), &mut warnings)?,
            None => None,
        };
        let target = match (target, &record) {
            (Some(path), _) => {
                read_target(path, |path, source| SweepRefusal::NoTarget { path, source })?
            }
            (None, Some(record)) => target_of(run_id, record)?,
            (None, None) => return Err(without_record(run_id, folder)),
        };
        Ok(Self { run_id, target, folder, record, warnings, up_to })
    }

    /// Refuses a chain or a key that is not the run's.
    ///
    /// # Errors
    /// [`SweepRefusal::OtherChain`], [`SweepRefusal::OtherRelayer`].
    pub fn compare(&self, side: &ChainSide) -> Result<(), SweepRefusal> {
        let Some(RunRecord { header, .. }) = &self.record else { return Ok(()) };
        compare(header, side.chain.chain_id(), side.relayer.address())
    }

    /// Which accounts may hold money.
    #[must_use]
    pub fn range(&self) -> SweepRange {
        let marks = self.record.as_ref().map(|record| record.marks);
        match (marks, self.up_to) {
            (marks, Some(end)) => {
                let given = HighWater { wallets: end, lanes: end };
                SweepRange::Below(marks.unwrap_or_default().at_least(given))
            }
            (Some(marks), None) if self.hides_marks() => SweepRange::Beyond(marks, SweepRange::GAP),
            (Some(marks), None) => SweepRange::Below(marks),
            (None, None) => SweepRange::UntilUntouched(SweepRange::GAP),
        }
    }

    /// Whether the user said how far to look.
    #[must_use]
    pub const fn is_given_up_to(&self) -> bool {
        self.up_to.is_some()
    }

    fn hides_marks(&self) -> bool {
        let damage = self.record.as_ref().and_then(|record| record.damage);
        damage.is_some_and(|damage| damage.hides_marks)
    }
}

/// Refuses a chain or a relayer that is not that of the run.
///
/// # Errors
/// [`SweepRefusal::OtherChain`], [`SweepRefusal::OtherRelayer`].
pub fn compare(header: &LedgerHeader, chain: u64, relayer: Address) -> Result<(), SweepRefusal> {
    if header.chain_id != chain {
        return Err(SweepRefusal::OtherChain { expected: header.chain_id, found: chain });
    }
    if header.relayer.parse() != Ok(relayer) {
        let expected = header.relayer.clone();
        return Err(SweepRefusal::OtherRelayer { expected, found: relayer });
    }
    Ok(())
}

/// `None` when there is no ledger, or none that says whose it is and a target file was given.
fn find_record(
    id: RunId,
    folder: &Path,
    has_target: bool,
    warnings: &mut Vec<String>,
) -> Result<Option<RunRecord>, SweepRefusal> {
    let ledger = folder.join(LEDGER_FILE);
    // What is there and cannot be looked at is no reason to search the chain.
    if matches!(ledger.try_exists(), Ok(false)) {
        return Ok(None);
    }
    let record = match read_ledger(&ledger) {
        Ok(record) => record,
        Err(error) if error.is_headless() && has_target => {
            warnings.push(format!("{}; the run is searched for without it", sentence(&error)));
            return Ok(None);
        }
        Err(source) if source.is_headless() => return Err(SweepRefusal::Headless { id, source }),
        Err(source) => return Err(SweepRefusal::Ledger { id, source }),
    };
    if record.header.run != id.to_string() {
        let (folder, found) = (folder.to_owned(), record.header.run);
        return Err(SweepRefusal::OtherRun { id, folder, found });
    }
    if record.header.place == Some(TargetPlace::InProcess) {
        return Err(SweepRefusal::InProcess { id });
    }
    if let Some(damage) = record.damage {
        let far = if damage.hides_marks {
            "the search goes on beyond the marks that can be read"
        } else {
            "a later line says all that it could"
        };
        let (line, path) = (damage.line, ledger.display());
        warnings.push(format!("line {line} of the ledger {path} is damaged; {far}"));
    }
    Ok(Some(record))
}

fn target_of(id: RunId, record: &RunRecord) -> Result<Target, SweepRefusal> {
    match &record.header.place {
        Some(TargetPlace::File(path)) => {
            read_target(Path::new(path), |path, source| SweepRefusal::Moved { path, source })
        }
        Some(TargetPlace::Network { name, env_file }) => {
            let network = Network::named(name).ok_or(SweepRefusal::NoPlace { id })?;
            of_network(network, env_file.as_deref().map(Path::new))
        }
        Some(TargetPlace::InProcess) => Err(SweepRefusal::InProcess { id }),
        None => Err(SweepRefusal::NoPlace { id }),
    }
}

fn without_record(id: RunId, folder: Option<PathBuf>) -> SweepRefusal {
    match folder {
        Some(folder) => SweepRefusal::NoLedger { id, folder },
        None => SweepRefusal::NoFolder { id },
    }
}

/// A network, with what the run's `.env` says of it. Where the store is does not matter to a sweep,
/// which stores nothing; a cleanup that finds none says so.
fn of_network(network: Network, env_file: Option<&Path>) -> Result<Target, SweepRefusal> {
    let mut given = EnvTarget::default();
    let mut read = None;
    if let Some(path) = env_file {
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text =
            text.map_err(|source| SweepRefusal::EnvFile { path: path.to_owned(), source })?;
        let mut problems = Problems::default();
        let file = EnvFile::parse(&path.display().to_string(), &text, &mut problems);
        given = Asked::of(&file, &mut problems).target;
        if !problems.is_empty() {
            return Err(SweepRefusal::BadTarget(problems));
        }
        read = Some(file);
    }
    let variable = |name: &str| std::env::var(name).ok();
    let storage = network_storage::find(&variable, read.as_ref());
    let storage = storage.unwrap_or_else(|_| network_storage::unused());
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|text| !text.is_empty());
    Ok(network.target(&given, storage, &is_set))
}

fn read_target(
    path: &Path,
    unreadable: impl FnOnce(PathBuf, io::Error) -> SweepRefusal,
) -> Result<Target, SweepRefusal> {
    if let Some(network) = path.to_str().and_then(Network::named) {
        return of_network(network, None);
    }
    let text =
        std::fs::read_to_string(path).map_err(|source| unreadable(path.to_owned(), source))?;
    let mut problems = Problems::default();
    target_file::read(&path.display().to_string(), &text, &mut problems)
        .ok_or(SweepRefusal::BadTarget(problems))
}
