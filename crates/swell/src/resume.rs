//! `swell run --resume`: what a run that was interrupted left to go on with.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use swell_chain::{RunId, RunIdError};
use swell_core::arrival::{ArrivalProcess, Rest, arrivals};
use swell_core::report::Ended;
use swell_engine::ledger::{
    Arrived, LEDGER_FILE, LedgerError, LedgerRecord, TargetPlace, is_kept, read_ledger,
};

use crate::config::choice::JourneyKind;
use crate::config::{Layer, Origin, Problems, Raw, Settings, Sources};
use crate::recovery::{Glance, GlanceError, SWEPT_FILE};
use crate::results::{CONFIG_FILE, PAGE_FILE, REPORT_FILE};
use crate::store::RunStore;

/// Settings that a run may be resumed with: they change what is shown, and nothing else.
const FREE: [&str; 3] = ["ui", "log", "yes"];

/// A run that was interrupted.
#[derive(Debug)]
pub struct Earlier {
    /// The run.
    pub id: RunId,
    /// Its folder.
    pub folder: PathBuf,
    /// What its ledger says.
    pub record: LedgerRecord,
    /// How far its arrivals came.
    pub arrived: Arrived,
}

/// Why a run is not resumed. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ResumeRefusal {
    /// The name is none.
    #[error("`{text}` is not a run id")]
    BadId {
        /// What was given.
        text: String,
        /// What is wrong with it.
        #[source]
        source: RunIdError,
    },
    /// Options that would make another plan of it.
    #[error(
        "--resume goes on with the plan of the run, which {options} would change; expected nothing \
         beside it but --ui, --log and --yes"
    )]
    Options {
        /// The options.
        options: String,
    },
    /// There is no folder.
    #[error("no folder of the run {id} is known here, and without it a run cannot go on")]
    NoFolder {
        /// The run.
        id: RunId,
    },
    /// The ledger cannot be used.
    #[error("the ledger of the run {id} cannot be used; `swell sweep` returns its money")]
    Ledger {
        /// The run.
        id: RunId,
        /// Why not.
        #[source]
        source: LedgerError,
    },
    /// The ledger is another run's.
    #[error("the ledger in {} is that of the run {found}, not of {id}", folder.display())]
    OtherRun {
        /// The run.
        id: RunId,
        /// Its folder.
        folder: PathBuf,
        /// Whose ledger it is.
        found: String,
    },
    /// Wallets may have been used that the ledger no longer tells of.
    #[error(
        "line {line} of the ledger of the run {id} is damaged, so that nobody knows which wallets were \
         used; `swell sweep {id}` returns its money"
    )]
    Damaged {
        /// The run.
        id: RunId,
        /// Where.
        line: usize,
    },
    /// The chain of the run is gone.
    #[error(
        "the run {id} had its sandbox in its own process: that chain ended with it, and nothing is \
         left to go on with"
    )]
    InProcess {
        /// The run.
        id: RunId,
    },
    /// It is going on.
    #[error("the run {id} is going on")]
    GoingOn {
        /// The run.
        id: RunId,
    },
    /// It came to its end.
    #[error("the run {id} was completed: all its users arrived, and none is left to start")]
    Completed {
        /// The run.
        id: RunId,
    },
    /// It was interrupted after the last arrival.
    #[error(
        "all users of the run {id} had arrived before it was interrupted, and none is left to start; \
         `swell sweep {id}` returns what it holds"
    )]
    NothingLeft {
        /// The run.
        id: RunId,
    },
    /// The ledger is of a version that did not note arrivals, or the run began none.
    #[error(
        "the ledger of the run {id} does not say which users it had started; `swell sweep {id}` \
         returns its money"
    )]
    NoProgress {
        /// The run.
        id: RunId,
    },
    /// The report cannot be read, so nobody knows whether it was completed.
    #[error("whether the run {id} was completed cannot be told")]
    Report {
        /// The run.
        id: RunId,
        /// Why not.
        #[source]
        source: GlanceError,
    },
    /// The configuration is gone.
    #[error("the configuration {} of the run cannot be read", path.display())]
    NoConfig {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The configuration is not valid any more.
    #[error("the run's configuration cannot be used: {}", words(.0))]
    BadConfig(Problems),
}

impl Earlier {
    /// Finds the run called `id` and the settings it goes on with; `options` are those given.
    ///
    /// # Errors
    /// [`ResumeRefusal`].
    pub fn find(
        store: &RunStore,
        id: &str,
        options: &Layer,
    ) -> Result<(Self, Settings), ResumeRefusal> {
        let id: RunId = id.parse().map_err(|source| ResumeRefusal::BadId {
            text: id.chars().take(40).collect(),
            source,
        })?;
        refuse_options(options)?;
        let folder = store.find_run(&id.to_string()).map_err(|_| ResumeRefusal::NoFolder { id })?;
        let record = usable_record(id, &folder)?;
        match Glance::read(&folder) {
            Ok(Some(report)) if report.run.ended == Ended::Completed => {
                return Err(ResumeRefusal::Completed { id });
            }
            Ok(_) => {}
            Err(source) => return Err(ResumeRefusal::Report { id, source }),
        }
        let arrived = record.arrived.ok_or(ResumeRefusal::NoProgress { id })?;
        let settings = saved_settings(&folder, &record, options)?;
        let plan = &settings.plan;
        let mut rest = Rest::new(arrivals(&plan.load, plan.seed), arrived.arrivals);
        if rest.next_arrival().is_none() {
            return Err(ResumeRefusal::NothingLeft { id });
        }
        Ok((Self { id, folder, record, arrived }, settings))
    }

    /// The name under which the earlier part's `file` is kept: `report.json` becomes `report.1.json`.
    #[must_use]
    pub fn kept_name(&self, file: &str) -> String {
        let part = self.arrived.part;
        match file.rsplit_once('.') {
            Some((name, extension)) => format!("{name}.{part}.{extension}"),
            None => format!("{file}.{part}"),
        }
    }

    /// Keeps the earlier part's `file` under [`Self::kept_name`], which is returned if there was one.
    /// What is kept already stays: the file is then that of an attempt that came to nothing.
    ///
    /// # Errors
    /// The file system refused.
    pub fn keep(&self, file: &str) -> io::Result<Option<String>> {
        let name = self.kept_name(file);
        if self.folder.join(&name).try_exists()? {
            return Ok(Some(name));
        }
        match std::fs::rename(self.folder.join(file), self.folder.join(&name)) {
            Ok(()) => Ok(Some(name)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps the earlier part's report, whose name is returned, and the note of its sweeps.
    ///
    /// # Errors
    /// The file system refused.
    pub fn keep_results(&self) -> io::Result<Option<String>> {
        self.keep(SWEPT_FILE)?;
        self.keep(PAGE_FILE)?;
        self.keep(REPORT_FILE)
    }
}

fn refuse_options(options: &Layer) -> Result<(), ResumeRefusal> {
    let names: Vec<String> = options
        .keys()
        .filter(|name| !FREE.contains(name))
        .map(|name| format!("--{name}"))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    Err(ResumeRefusal::Options { options: names.join(", ") })
}

fn usable_record(id: RunId, folder: &Path) -> Result<LedgerRecord, ResumeRefusal> {
    let path = folder.join(LEDGER_FILE);
    let record = read_ledger(&path).map_err(|source| ResumeRefusal::Ledger { id, source })?;
    if record.header.run != id.to_string() {
        let (folder, found) = (folder.to_owned(), record.header.run);
        return Err(ResumeRefusal::OtherRun { id, folder, found });
    }
    if record.header.place == Some(TargetPlace::InProcess) {
        return Err(ResumeRefusal::InProcess { id });
    }
    if is_kept(&path) {
        return Err(ResumeRefusal::GoingOn { id });
    }
    match record.damage {
        Some(damage) if damage.hides_marks => Err(ResumeRefusal::Damaged { id, line: damage.line }),
        _ => Ok(record),
    }
}

/// The run's own settings, whatever variables say now: only what is shown may be another.
fn saved_settings(
    folder: &Path,
    record: &LedgerRecord,
    options: &Layer,
) -> Result<Settings, ResumeRefusal> {
    let path = folder.join(CONFIG_FILE);
    if let Err(source) = std::fs::metadata(&path) {
        return Err(ResumeRefusal::NoConfig { path, source });
    }
    let mut options = options.clone();
    // The configuration may name it as seen from another folder.
    let raw = |text: &String| Raw { values: vec![text.clone()], origin: Origin::Option };
    match &record.header.place {
        Some(TargetPlace::File(target)) => {
            options.insert("target", raw(target));
        }
        Some(TargetPlace::Network { name, env_file }) => {
            options.insert("target", raw(name));
            options.extend(env_file.as_ref().map(|path| ("env-file", raw(path))));
        }
        Some(TargetPlace::InProcess) | None => {}
    }
    let settings = Settings::resolve(Sources {
        options,
        variables: &BTreeMap::new(),
        run_file: Some(&path),
        read: &|path| std::fs::read_to_string(path),
        random_seed: 0,
        journeys: &JourneyKind::spec,
    });
    settings.map_err(ResumeRefusal::BadConfig)
}

fn words(problems: &Problems) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
