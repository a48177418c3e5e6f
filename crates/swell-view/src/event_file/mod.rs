//! Events as JSON lines in files that stay bounded.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use swell_core::event::{EVENTS_FORMAT, RunEvent};

/// How much event files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// A file grows to this, bytes.
    pub bytes_max: u64,
    /// Files of a run that are kept, the one that is written among them.
    pub files_max: u32,
}

impl Default for FileLimits {
    /// 16 files of 64 MiB.
    fn default() -> Self {
        Self { bytes_max: 64 << 20, files_max: 16 }
    }
}

/// Events that are lost, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostEvents {
    /// How many.
    pub count: u64,
    /// Why.
    pub reason: String,
}

/// The first line of each file.
#[derive(Serialize)]
struct Head<'a> {
    event: &'static str,
    format: u32,
    run: &'a str,
    /// Which of the run's files this is, from 1.
    file: u64,
    /// When the run began, seconds since the Unix epoch; absent in virtual time.
    #[serde(skip_serializing_if = "Option::is_none")]
    began_unix_s: Option<f64>,
}

/// The event files of one run: `FILE`, and what it has outgrown in `FILE.1` and on, the newest first,
/// with the number before the file's extension.
///
/// What lies there from before is moved along, and never overwritten. Writing blocks.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    limits: FileLimits,
    run: String,
    began_unix_s: Option<f64>,
    open: Option<Open>,
    /// Files of this run so far.
    files: u64,
    /// Events in each of this run's files that are kept, the newest first.
    kept: VecDeque<u64>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
    /// Devices do not grow, and cannot be cut.
    is_regular: bool,
}

/// Lines that go into a file together.
#[derive(Default)]
struct Chunk {
    text: Vec<u8>,
    events: u64,
}

impl EventFile {
    /// The files of `run`, which began at `began_unix_s`. Nothing is opened yet.
    #[must_use]
    pub fn new(
        path: PathBuf,
        limits: FileLimits,
        run: impl Into<String>,
        began_unix_s: Option<f64>,
    ) -> Self {
        let run = run.into();
        Self { path, limits, run, began_unix_s, open: None, files: 0, kept: VecDeque::new() }
    }

    /// Writes `events`, and says which are lost: those that could not be written, and those in files
    /// that had to go.
    pub fn write(&mut self, events: &[RunEvent]) -> Vec<LostEvents> {
        let mut lost = Vec::new();
        let mut chunk = Chunk::default();
        self.look_for_room(&mut lost);
        for event in events {
            let start = chunk.text.len();
            // A vector takes everything, and events hold nothing that JSON cannot say.
            let _written = serde_json::to_writer(&mut chunk.text, event);
            chunk.text.push(b'\n');
            if self.has_room(&chunk) {
                chunk.events += 1;
                continue;
            }
            let line = chunk.text.split_off(start);
            self.put(std::mem::take(&mut chunk), &mut lost);
            self.open = None;
            self.look_for_room(&mut lost);
            chunk = Chunk { text: line, events: 1 };
        }
        self.put(chunk, &mut lost);
        lost
    }

    /// Opens a file, if none is open. Should that fail, whatever is written next tells why.
    fn look_for_room(&mut self, lost: &mut Vec<LostEvents>) {
        let _told_later = self.ready(lost);
    }

    /// Whether the open file has room for all of `chunk`. It has room for one event at least.
    fn has_room(&self, chunk: &Chunk) -> bool {
        let Some(open) = self.open.as_ref().filter(|open| open.is_regular) else { return true };
        let is_first = chunk.events == 0 && self.kept.front().is_none_or(|events| *events == 0);
        is_first || open.bytes + chunk.text.len() as u64 <= self.limits.bytes_max
    }

    fn put(&mut self, chunk: Chunk, lost: &mut Vec<LostEvents>) {
        if chunk.events == 0 {
            return;
        }
        let written = self.ready(lost).and_then(|open| open.append(&chunk.text));
        match written {
            Ok(()) => {
                if let Some(kept) = self.kept.front_mut() {
                    *kept += chunk.events;
                }
            }
            Err(error) => {
                let reason = format!("{} cannot be written: {error}", self.path.display());
                lost.push(LostEvents { count: chunk.events, reason });
            }
        }
    }

    /// The file to write to, with its first line in it.
    fn ready(&mut self, lost: &mut Vec<LostEvents>) -> io::Result<&mut Open> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.begin(lost)?,
        };
        Ok(self.open.insert(open))
    }

    fn begin(&mut self, lost: &mut Vec<LostEvents>) -> io::Result<Open> {
        let is_there = refuse_what_is_no_file(&self.path)?;
        if is_there {
            self.move_along(lost)?;
        }
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(is_there).write(true).open(&self.path)?;
        let is_regular = file.metadata()?.is_file();
        let mut open = Open { file, bytes: 0, is_regular };
        let line = self.head(self.files + 1)?;
        if let Err(error) = open.append(&line) {
            // Left empty, it would be moved along the next time, and full ones before it.
            if is_regular {
                let _left = std::fs::remove_file(&self.path);
            }
            return Err(error);
        }
        self.files += 1;
        self.kept.push_front(0);
        Ok(open)
    }

    /// Makes room for a new file: what is there moves along to the first free number. When this run has
    /// too many, its oldest goes; what others wrote stays.
    fn move_along(&mut self, lost: &mut Vec<LostEvents>) -> io::Result<()> {
        let FileLimits { bytes_max, files_max } = self.limits;
        let is_full = self.kept.len() >= files_max as usize;
        let oldest = is_full.then(|| self.head(self.files + 1 - self.kept.len() as u64));
        let oldest = oldest.transpose()?;
        let mut last = 0;
        while numbered(&self.path, last).symlink_metadata().is_ok() {
            let begins = |head: &Vec<u8>| begins_with(&numbered(&self.path, last), head);
            if oldest.as_ref().is_some_and(begins) {
                break;
            }
            last += 1;
        }
        for number in (0..last).rev() {
            std::fs::rename(numbered(&self.path, number), numbered(&self.path, number + 1))?;
        }
        if is_full && let Some(count) = self.kept.pop_back() {
            let reason = format!("the newest {files_max} files of {bytes_max} bytes are kept");
            lost.push(LostEvents { count, reason });
        }
        Ok(())
    }

    /// The first line of this run's file `number`.
    fn head(&self, number: u64) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(&Head {
            event: "file",
            format: EVENTS_FORMAT,
            run: &self.run,
            file: number,
            began_unix_s: self.began_unix_s,
        })?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Whether a file can be read and its first bytes are these.
fn begins_with(path: &Path, head: &[u8]) -> bool {
    let mut start = vec![0; head.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == head
}

impl Open {
    /// All of `text` or, on files, none: half a line would be read as one.
    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(text);
        if written.is_ok() {
            self.bytes += text.len() as u64;
        } else if self.is_regular {
            self.file.set_len(self.bytes)?;
            self.file.seek(SeekFrom::Start(self.bytes))?;
        }
        written
    }
}

/// Whether a file is there already. A folder cannot be written, and a pipe could keep the run
/// waiting.
fn refuse_what_is_no_file(path: &Path) -> io::Result<bool> {
    let kind = match std::fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if kind.is_dir() {
        return Err(io::Error::other("it is a folder; expected a file"));
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&kind) {
        return Err(io::Error::other("it is a pipe; expected a file"));
    }
    Ok(kind.is_file())
}

/// `events.jsonl` as `events.1.jsonl`; 0 is itself.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned());
    let extension =
        extension.map_or_else(|| number.to_string(), |extension| format!("{number}.{extension}"));
    path.with_extension(extension)
}

#[cfg(test)]
mod tests;
