//! Deletes what a run uploaded, as its list says: streaming, a few at once, and so that a second
//! call goes on where the first one ended.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{Stream, StreamExt, pin_mut, stream};
use serde::{Deserialize, Serialize};
use swell_engine::StepError;
use swell_journeys::storage::{
    Deletion, Storage, UPLOADS_FILE, UploadList, UploadListError, UploadNote,
};
use swell_net::clock::RunClock;
use swell_net::compute::Compute;

/// What has been done, in the run's folder.
pub const CLEANUP_FILE: &str = "cleanup.json";

/// Version of its format.
pub const CLEANUP_FORMAT: u32 = 1;

/// What has been done so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanupNote {
    /// [`CLEANUP_FORMAT`].
    pub format: u32,
    /// The run.
    pub run: String,
    /// The list has been worked off up to here, octets from its beginning.
    pub done_up_to: u64,
    /// Objects deleted, in all calls.
    pub deleted: u64,
    /// Objects that were not there any more.
    pub gone: u64,
}

/// What one call did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Objects deleted.
    pub deleted: u64,
    /// Objects that were not there any more.
    pub gone: u64,
    /// Objects that are still there.
    pub failed: u64,
    /// Lines of the list that cannot be read.
    pub unreadable: u64,
    /// The first object that failed, and why.
    pub sample: Option<(String, StepError)>,
    /// Whether it was given up before the list's end, because nothing could be deleted.
    pub is_given_up: bool,
}

/// What is still to be deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remaining {
    /// Objects.
    pub objects: u64,
    /// Their octets.
    pub bytes: u64,
}

/// Why the list cannot be worked off.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// The list cannot be read.
    #[error(transparent)]
    List(#[from] UploadListError),
    /// A file cannot be read or written.
    #[error("{} cannot be {verb}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        verb: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is of another version, or another run's.
    #[error(
        "{} is not what this version notes of the run; expected \"format\":{CLEANUP_FORMAT}, or no \
         such file",
        path.display()
    )]
    Note {
        /// The file.
        path: PathBuf,
    },
}

/// Objects that are deleted at once.
const AT_ONCE: usize = 32;

/// Objects between two notes of how far it is.
const NOTED_EVERY: u64 = 64;

/// So many failures in a row mean that nothing can be deleted.
const FAILURES_IN_A_ROW_MAX: u64 = 64;

/// The uploads of one run.
#[derive(Debug)]
pub struct Cleanup<'a> {
    folder: &'a Path,
    note: CleanupNote,
}

impl<'a> Cleanup<'a> {
    /// Reads how far earlier calls came.
    ///
    /// # Errors
    /// [`CleanupError`].
    pub fn open(run: &str, folder: &'a Path) -> Result<Self, CleanupError> {
        let path = folder.join(CLEANUP_FILE);
        let note = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice::<CleanupNote>(&text)
                .ok()
                .filter(|note| note.format == CLEANUP_FORMAT && note.run == run)
                .ok_or(CleanupError::Note { path })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => CleanupNote {
                format: CLEANUP_FORMAT,
                run: run.to_owned(),
                done_up_to: 0,
                deleted: 0,
                gone: 0,
            },
            Err(source) => return Err(CleanupError::Io { path, verb: "read", source }),
        };
        Ok(Self { folder, note })
    }

    /// What is still to be deleted; `None` when the run has no list.
    ///
    /// # Errors
    /// [`CleanupError::List`].
    pub fn remaining(&self) -> Result<Option<Remaining>, CleanupError> {
        let Some(mut list) = self.list()? else { return Ok(None) };
        let mut remaining = Remaining::default();
        while let Some(line) = list.next_line()? {
            if let Some(note) = line.note {
                remaining.objects += 1;
                remaining.bytes = remaining.bytes.saturating_add(note.size);
            }
        }
        Ok(Some(remaining))
    }

    /// Who holds the first object that is still to be deleted; `None` when there is none.
    ///
    /// # Errors
    /// [`CleanupError::List`].
    pub fn provider(&self) -> Result<Option<String>, CleanupError> {
        let Some(mut list) = self.list()? else { return Ok(None) };
        while let Some(line) = list.next_line()? {
            if let Some(note) = line.note {
                return Ok(Some(note.provider));
            }
        }
        Ok(None)
    }

    /// Deletes what is listed, and calls `tell` every two seconds with what has been done.
    ///
    /// What fails is listed once more at the list's end before it counts as worked off, so that a
    /// later call finds it, wherever this one is interrupted.
    ///
    /// # Errors
    /// [`CleanupError`].
    pub async fn work_off(
        &mut self,
        storage: &Storage,
        compute: &Compute,
        clock: &RunClock,
        mut tell: impl FnMut(&Cleaned, Duration),
    ) -> Result<Cleaned, CleanupError> {
        const TOLD_EVERY: Duration = Duration::from_secs(2);
        let Some(list) = self.list()? else { return Ok(Cleaned::default()) };
        let (mut cleaned, mut in_a_row, began) = (Cleaned::default(), 0, clock.now());
        let mut told = began;
        let ends = ends(list, storage, compute);
        pin_mut!(ends);
        while let Some(end) = ends.next().await {
            let end = end?;
            let failure = self.count(&end, &mut cleaned);
            in_a_row = if failure.is_some() { in_a_row + 1 } else { 0 };
            if in_a_row > FAILURES_IN_A_ROW_MAX {
                cleaned.is_given_up = true;
                break;
            }
            if let Some(note) = failure {
                self.list_again(note)?;
            }
            self.note.done_up_to = end.up_to;
            let ended = cleaned.deleted + cleaned.gone + cleaned.failed;
            if ended.is_multiple_of(NOTED_EVERY) {
                self.keep()?;
            }
            if clock.now().saturating_since(told) >= TOLD_EVERY {
                told = clock.now();
                tell(&cleaned, told.saturating_since(began));
            }
        }
        self.keep()?;
        Ok(cleaned)
    }

    /// The upload that is still there, if it failed.
    fn count<'e>(&mut self, end: &'e End, cleaned: &mut Cleaned) -> Option<&'e UploadNote> {
        let Some((note, result)) = &end.result else {
            cleaned.unreadable += 1;
            return None;
        };
        match result {
            Ok(Deletion::Deleted) => {
                cleaned.deleted += 1;
                self.note.deleted += 1;
                None
            }
            Ok(Deletion::Gone) => {
                cleaned.gone += 1;
                self.note.gone += 1;
                None
            }
            Err(error) => {
                cleaned.failed += 1;
                cleaned.sample.get_or_insert_with(|| (note.object.clone(), error.clone()));
                Some(note)
            }
        }
    }

    fn list(&self) -> Result<Option<UploadList>, CleanupError> {
        Ok(UploadList::open(self.folder, self.note.done_up_to)?)
    }

    fn list_again(&self, note: &UploadNote) -> Result<(), CleanupError> {
        let path = self.folder.join(UPLOADS_FILE);
        let line = serde_json::to_string(note).map_err(io::Error::other);
        let written = line.and_then(|line| {
            let mut file = OpenOptions::new().append(true).open(&path)?;
            file.write_all(format!("\n{line}\n").as_bytes())?;
            file.sync_data()
        });
        written.map_err(|source| CleanupError::Io { path, verb: "written", source })
    }

    /// Writes how far it is, whole or not at all.
    fn keep(&self) -> Result<(), CleanupError> {
        let path = self.folder.join(CLEANUP_FILE);
        let new = path.with_extension("json.new");
        let text = serde_json::to_string(&self.note).map_err(io::Error::other);
        let written = text.and_then(|text| {
            let mut file = File::create(&new)?;
            file.write_all(format!("{text}\n").as_bytes())?;
            file.sync_data()?;
            std::fs::rename(&new, &path)
        });
        written.map_err(|source| CleanupError::Io { path, verb: "written", source })
    }
}

/// What became of one line of the list.
struct End {
    /// `None` when the line cannot be read.
    result: Option<(UploadNote, Result<Deletion, StepError>)>,
    up_to: u64,
}

/// Works the list off, a few lines at once, and gives their ends in the list's order.
fn ends<'s>(
    list: UploadList,
    storage: &'s Storage,
    compute: &'s Compute,
) -> impl Stream<Item = Result<End, UploadListError>> + 's {
    let lines = stream::unfold(list, |mut list| async move {
        list.next_line().transpose().map(|line| (line, list))
    });
    lines
        .map(move |line| async move {
            let line = line?;
            let result = match line.note {
                Some(note) => {
                    let result = storage.delete(&note, compute).await;
                    Some((note, result))
                }
                None => None,
            };
            Ok(End { result, up_to: line.end })
        })
        .buffered(AT_ONCE)
}

#[cfg(test)]
mod tests;
