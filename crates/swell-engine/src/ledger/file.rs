//! Lines that are on disk when they have been written.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};

/// A file that can be made sure of.
pub(super) trait Durable: Write + Send + fmt::Debug {
    /// Returns when everything written is on disk.
    fn persist(&mut self) -> io::Result<()>;
}

impl Durable for File {
    fn persist(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Appends whole lines.
#[derive(Debug)]
pub(super) struct Lines {
    file: Box<dyn Durable>,
    /// Whether the last line may lack its end: the next one must not be glued to it.
    is_torn: bool,
}

impl Lines {
    /// `is_torn`: the file may end within a line.
    pub(super) fn new(file: impl Durable + 'static, is_torn: bool) -> Self {
        Self { file: Box::new(file), is_torn }
    }

    /// Appends `line`, and returns when it is on disk.
    pub(super) fn append(&mut self, line: &str) -> io::Result<()> {
        let end = if self.is_torn { "\n" } else { "" };
        self.is_torn = true;
        self.file.write_all(format!("{end}{line}\n").as_bytes())?;
        self.file.persist()?;
        self.is_torn = false;
        Ok(())
    }
}
