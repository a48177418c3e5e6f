//! The only place that writes to the terminal.

use std::io::{self, IsTerminal, Write};

use swell_view::{Page, Style};

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

/// How pages are laid out here: in colour on a terminal, unless `NO_COLOR` is set.
pub(crate) fn page() -> Page {
    let wants_colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let style =
        if wants_colour && io::stdout().is_terminal() { Style::Colour } else { Style::Plain };
    Page { style, ..Page::default() }
}
