//! The run store: where runs leave what must outlive them.
//!
//! ```text
//! $SWELL_HOME/runs/ID/           a run's folder, unless --out named another
//! $SWELL_HOME/runs/ID.at         where the folder of a run with --out is
//! $SWELL_HOME/locks/GENESIS-ADDRESS  held while a run uses a relayer
//! ```

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256};
use swell_chain::RunId;
use swell_engine::ledger::{LEDGER_FILE, TargetPlace, is_kept, read_ledger};

/// Why the run store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No home folder is known.
    #[error("no place for run folders is known; set SWELL_HOME to a folder")]
    NoHome,
    /// The file system refused.
    #[error("{} cannot be written", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file system refused.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another run uses the relayer.
    #[error(
        "another run uses the relayer {relayer} on this chain; two at once would take each \
         other's nonces"
    )]
    Locked {
        /// The relayer.
        relayer: Address,
    },
    /// What another run left in the folder would be lost.
    #[error(
        "the folder {} holds what the run {run} left, such as the ledger that finds its money; \
         expected a folder of its own for this run",
        folder.display()
    )]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// Whose it is.
        run: String,
    },
    /// No run of that name left a folder.
    #[error("no folder of the run {id} is in {}", home.display())]
    NoRun {
        /// The run.
        id: String,
        /// Where it was looked for.
        home: PathBuf,
    },
}

/// A run whose chain ended with its process left nothing that anybody could miss; of any other, money
/// and uploads are found by what lies in its folder.
fn refuse_occupied(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(LEDGER_FILE);
    if !path.exists() {
        return Ok(());
    }
    let record = read_ledger(&path).ok();
    let is_over = record.as_ref().is_some_and(|record| {
        record.header.place == Some(TargetPlace::InProcess) && !is_kept(&path)
    });
    if is_over {
        return Ok(());
    }
    let run = record.map_or_else(|| "of an unreadable ledger".into(), |it| it.header.run);
    Err(StoreError::Occupied { folder: folder.to_owned(), run })
}

/// The run store.
#[derive(Clone, Debug)]
pub struct RunStore {
    home: PathBuf,
}

/// A run that the store knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    /// Its id.
    pub id: String,
    /// Where its folder is, or was.
    pub folder: PathBuf,
}

/// Held while a run uses a relayer; let go when dropped, by a crash too.
#[derive(Debug)]
pub struct RelayerLock {
    _file: File,
}

impl RunStore {
    /// The store at `$SWELL_HOME`, or in the platform's folder for data.
    ///
    /// # Errors
    /// [`StoreError::NoHome`].
    pub fn open(variable: impl Fn(&str) -> Option<String>) -> Result<Self, StoreError> {
        let of = |name: &str| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = of("SWELL_HOME")
            .or_else(|| of("XDG_DATA_HOME").map(|data| data.join("swell")))
            .or_else(|| of("HOME").map(|home| home.join(".local/share/swell")))
            .or_else(|| of("APPDATA").map(|data| data.join("swell")))
            .ok_or(StoreError::NoHome)?;
        Ok(Self { home })
    }

    /// Makes the folder of run `id`: `out` if given, else one of the store's own. `replace` empties
    /// of what an equal run left.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn create_run(&self, id: &str, out: Option<&Path>) -> Result<PathBuf, StoreError> {
        let runs = self.home.join("runs");
        let folder = out.map_or_else(|| runs.join(id), Path::to_path_buf);
        create(&folder)?;
        let folder = folder.canonicalize().unwrap_or(folder);
        if out.is_some() {
            refuse_occupied(&folder)?;
            create(&runs)?;
            let pointer = runs.join(format!("{id}.at"));
            let text = folder.to_string_lossy();
            std::fs::write(&pointer, text.as_bytes())
                .map_err(|source| StoreError::Io { path: pointer, source })?;
        }
        Ok(folder)
    }

    /// The folder that run `id` left.
    ///
    /// # Errors
    /// [`StoreError::NoRun`].
    pub fn find_run(&self, id: &str) -> Result<PathBuf, StoreError> {
        let runs = self.home.join("runs");
        let own = runs.join(id);
        if own.is_dir() {
            return Ok(own);
        }
        pointed_at(&runs.join(format!("{id}.at")))
            .filter(|folder| folder.is_dir())
            .ok_or_else(|| StoreError::NoRun { id: id.to_owned(), home: self.home.clone() })
    }

    /// Where the store is.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Every run that the store knows of, in the order of their ids. What is not named like a run
    /// is not ours.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`].
    pub fn runs(&self) -> Result<Vec<StoredRun>, StoreError> {
        let path = self.home.join("runs");
        let entries = match std::fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries,
        };
        let names = entries.and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()
        });
        let names =
            names.map_err(|source| StoreError::Unreadable { path: path.clone(), source })?;
        let mut runs = BTreeMap::new();
        for name in names {
            let Some(name) = name.to_str() else { continue };
            let id = name.strip_suffix(".at").unwrap_or(name);
            let own = path.join(name);
            if id.parse::<RunId>().is_err() {
                continue;
            }
            let folder = if own.is_dir() { Some(own) } else { pointed_at(&own) };
            if let Some(folder) = folder {
                runs.insert(id.to_owned(), folder);
            }
        }
        Ok(runs.into_iter().map(|(id, folder)| StoredRun { id, folder }).collect())
    }

    /// Takes the relayer for this run alone, on the chain that began with block `genesis`: two
    /// development chains may share an id.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another run has it.
    pub fn lock_relayer(&self, genesis: B256, relayer: Address) -> Result<RelayerLock, StoreError> {
        let locks = self.home.join("locks");
        create(&locks)?;
        let path = locks.join(format!("{genesis:#x}-{relayer:#x}"));
        let io = |source| StoreError::Io { path: path.clone(), source };
        let file = File::create(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(RelayerLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { relayer }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}

/// The folder that a pointer names.
fn pointed_at(pointer: &Path) -> Option<PathBuf> {
    std::fs::read_to_string(pointer).map(|path| PathBuf::from(path.trim())).ok()
}

fn create(folder: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| StoreError::Io { path: folder.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use swell_engine::ledger::{LEDGER_FORMAT, Ledger, LedgerHeader};

    use super::*;

    fn store(name: &str) -> RunStore {
        let home = std::env::temp_dir().join(format!("swell-store-{}-{name}", std::process::id()));
        RunStore { home }
    }

    #[test]
    fn a_run_is_found_again_wherever_its_folder_is() {
        let store = store("find");
        let elsewhere = store.home.join("elsewhere");
        let own = store.create_run("a", None).unwrap();
        let out = store.create_run("b", Some(&elsewhere)).unwrap();
        assert_eq!(store.find_run("a").unwrap().canonicalize().unwrap(), own);
        assert_eq!(store.find_run("b").unwrap(), out);
        assert!(matches!(store.find_run("c"), Err(StoreError::NoRun { .. })));
        std::fs::remove_dir_all(store.home).unwrap();
    }

    #[test]
    fn a_folder_is_not_taken_from_a_run_that_left_money_behind() {
        let store = store("occupied");
        let folder = store.home.join("out");
        store.create_run("04hmasw9nf6yy044", Some(&folder)).unwrap();
        let begin = |place| {
            let header = LedgerHeader {
                format: LEDGER_FORMAT,
                run: "04hmasw9nf6yy044".into(),
                relayer: Address::ZERO.to_string(),
                chain_id: 1,
                target: "a".into(),
                place: Some(place),
                began: None,
            };
            Ledger::create(&folder, &header).unwrap()
        };
        let kept = begin(TargetPlace::InProcess);
        let again = || store.create_run("14hmasw9nf6yy044", Some(&folder));
        assert!(matches!(again(), Err(StoreError::Occupied { .. })), "it is going on");
        drop(kept);
        assert!(again().is_ok(), "its chain has ended with it");
        drop(begin(TargetPlace::File("target.toml".into())));
        let refusal = again().unwrap_err().to_string();
        assert!(refusal.contains("04hmasw9nf6yy044"), "{refusal}");
        std::fs::remove_dir_all(store.home).unwrap();
    }

    #[test]
    fn runs_are_listed_wherever_their_folders_are_or_were() {
        let store = store("list");
        assert_eq!(store.runs().unwrap(), []);
        let elsewhere = store.home.join("elsewhere");
        let (own, out) = ("04hmasw9nf6yy044", "14hmasw9nf6yy044");
        store.create_run(own, None).unwrap();
        let folder = store.create_run(out, Some(&elsewhere)).unwrap();
        store.create_run("not-a-run", None).unwrap();
        let listed = |store: &RunStore| {
            let runs = store.runs().unwrap();
            runs.into_iter().map(|run| (run.id, run.folder)).collect::<Vec<_>>()
        };
        let own_folder = store.home.join("runs").join(own);
        let both = vec![(own.to_owned(), own_folder), (out.to_owned(), folder)];
        assert_eq!(listed(&store), both);
        std::fs::remove_dir_all(elsewhere).unwrap();
        assert_eq!(listed(&store), both, "a folder that is gone is told of");
        std::fs::remove_dir_all(store.home).unwrap();
    }

    #[test]
    fn a_relayer_serves_one_run_at_a_time() {
        let store = store("lock");
        let lock = |genesis| store.lock_relayer(B256::repeat_byte(genesis), Address::ZERO);
        let held = lock(1).unwrap();
        assert!(matches!(lock(1), Err(StoreError::Locked { .. })));
        let _on_another_chain = lock(2).unwrap();
        drop(held);
        lock(1).unwrap();
        std::fs::remove_dir_all(store.home).unwrap();
    }

    #[test]
    fn without_any_home_there_is_no_store() {
        assert!(matches!(RunStore::open(|_| None), Err(StoreError::NoHome)));
    }
}
