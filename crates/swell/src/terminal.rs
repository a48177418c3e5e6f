//! The only place that writes to the terminal.

use std::io::{self, Write};

/// Writes `text` to the standard output. A reader who has left is no error.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _reader_left = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes `text` to the standard error.
pub(crate) fn complain(text: &str) {
    let mut out = io::stderr().lock();
    let _reader_left = out.write_all(text.as_bytes());
}
