//! The list of a run's uploads, read line by line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{UPLOADS_FILE, UPLOADS_FORMAT, UploadNote};

/// Why a list of uploads cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UploadListError {
    /// The file cannot be read.
    #[error("the list {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is of another version, or no list.
    #[error(
        "the first line of {} does not say `\"format\":{UPLOADS_FORMAT}`; expected a list of \
         uploads that this version reads",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
    },
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The upload; `None` when the line cannot be read.
    pub note: Option<UploadNote>,
    /// Where the next line begins, octets from the beginning.
    pub end: u64,
}

/// The list of a run's uploads. Holds one line at a time, and ends where the file ended when it was
/// opened.
#[derive(Debug)]
pub struct UploadList {
    path: PathBuf,
    reader: io::Take<BufReader<File>>,
    at: u64,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl UploadList {
    /// A longer line is none of ours.
    const LINE_MAX: u64 = 64 * 1024;

    /// Opens the list in `folder`; `None` when there is none. Lines before `from` are passed over.
    ///
    /// # Errors
    /// [`UploadListError`].
    pub fn open(folder: &Path, from: u64) -> Result<Option<Self>, UploadListError> {
        let path = folder.join(UPLOADS_FILE);
        let opened = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened,
        };
        let unreadable = |source| UploadListError::Unreadable { path: path.clone(), source };
        let file = opened.map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut list =
            Self { path: path.clone(), reader: BufReader::new(file).take(length), at: 0 };
        // A list that a crash left empty tells of nothing.
        if let Some(line) = list.line()? {
            let head = serde_json::from_slice::<Head>(&line);
            if head.map_or(0, |head| head.format) != UPLOADS_FORMAT {
                return Err(UploadListError::Format { path: path.clone() });
            }
        }
        if from > list.at && from <= length {
            list.reader.get_mut().seek(SeekFrom::Start(from)).map_err(unreadable)?;
            list.reader.set_limit(length - from);
            list.at = from;
        }
        Ok(Some(list))
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// [`UploadListError::Unreadable`].
    pub fn next_line(&mut self) -> Result<Option<Listed>, UploadListError> {
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            if !line.is_empty() {
                let note = serde_json::from_slice(&line).ok();
                return Ok(Some(Listed { note, end: self.at }));
            }
        }
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, UploadListError> {
        let mut line = Vec::new();
        let mut bounded = self.reader.by_ref().take(Self::LINE_MAX);
        let read = bounded
            .read_until(b'\n', &mut line)
            .map_err(|source| UploadListError::Unreadable { path: self.path.clone(), source })?;
        self.at += read as u64;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Ok((read > 0).then_some(line))
    }
}
