//! What a run uploads, noted in its folder before it is sent.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;

use serde::{Deserialize, Serialize};
use swell_core::journey::FailureClass;
use swell_engine::StepError;
use tokio::sync::{mpsc, oneshot};

/// The file in a run's folder.
pub const UPLOADS_FILE: &str = "uploads.jsonl";

/// Version of its format.
pub const UPLOADS_FORMAT: u32 = 1;

/// One upload: enough to delete it, and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadNote {
    /// Whose store it is in.
    pub provider: String,
    /// The bucket; the folder of a local store.
    pub bucket: String,
    /// The object's whole name.
    pub object: String,
    /// Its size, octets.
    pub size: u64,
}

/// The list of a run's uploads, kept on disk by one thread. Cheap to clone; it ends with the last
/// clone.
///
/// A first line with the format, then one line an upload. Users that note at the same time share
/// one wait for the disk. Nothing of it stays in memory.
#[derive(Clone, Debug)]
pub struct UploadBook {
    notes: mpsc::Sender<Note>,
}

struct Note {
    line: String,
    kept: oneshot::Sender<Result<(), String>>,
}

impl UploadBook {
    /// Notes that may wait for the disk.
    const WAITING_MAX: usize = 1_024;

    /// Goes on with the list in `folder`, or begins it.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(UPLOADS_FILE);
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        begin(&mut file)?;
        let (notes, receiver) = mpsc::channel(Self::WAITING_MAX);
        thread::Builder::new()
            .name("swell-uploads".into())
            .spawn(move || keep(&mut file, receiver))?;
        Ok(Self { notes })
    }

    /// Notes an upload, and returns when it is on disk.
    ///
    /// # Errors
    /// Class `internal` when it is not; the object must then not be uploaded.
    pub async fn note(&self, note: &UploadNote) -> Result<(), StepError> {
        let failed = |why: String| {
            let words = format!("the upload could not be noted in {UPLOADS_FILE}: {why}");
            StepError::new(FailureClass::Internal, words)
        };
        let line = serde_json::to_string(note).map_err(|error| failed(error.to_string()))?;
        let (kept, answer) = oneshot::channel();
        let ended = || failed("its writer has ended".to_owned());
        self.notes.send(Note { line, kept }).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?.map_err(failed)
    }
}

/// Writes the first line of a new list, and ends the last line of one that was cut off.
fn begin(file: &mut File) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    if length == 0 {
        writeln!(file, "{{\"format\":{UPLOADS_FORMAT}}}")?;
        return file.sync_all();
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last != *b"\n" {
        writeln!(file)?;
    }
    Ok(())
}

/// Writes until the last sender is gone.
fn keep(file: &mut File, mut notes: mpsc::Receiver<Note>) {
    const TOGETHER_MAX: usize = 256;
    let mut lines = String::new();
    // Whether the last line may lack its end: the next one must not be glued to it.
    let mut is_torn = false;
    let mut waiting = Vec::new();
    while let Some(note) = notes.blocking_recv() {
        lines.push_str(if is_torn { "\n" } else { "" });
        let mut next = Some(note);
        while let Some(Note { line, kept }) = next {
            lines.push_str(&line);
            lines.push('\n');
            waiting.push(kept);
            next = if waiting.len() < TOGETHER_MAX { notes.try_recv().ok() } else { None };
        }
        let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_data());
        is_torn = written.is_err();
        let written = written.map_err(|error| error.to_string());
        for kept in waiting.drain(..) {
            // Its user may have been stopped; the line stays.
            let _nobody_waits = kept.send(written.clone());
        }
        lines.clear();
    }
}
