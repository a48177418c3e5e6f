//! The only place that writes to the terminal.
//!
//! While a screen covers the terminal, text is held: the screen shows it as messages, and it is
//! written out once the screen is gone. While a run goes on a thread of its own writes: a terminal that
//! was stopped, or a pipe that nobody reads, must not hold the run up.

mod backlog;

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::thread::Builder;
use std::time::Duration;

use swell_view::tui::Palette;
use swell_view::{Page, Style};

use backlog::Backlog;

/// Text that waits for a screen to go.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

/// Text that waits for a reader, while a run goes on.
static BACKLOG: Backlog = Backlog::new();

/// How long the end of a run waits for somebody to read one more piece of text.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prose is not broken into lines shorter than this.
const COLUMNS_MIN: usize = 60;

/// Pieces of text held; beyond that the oldest go, and are counted.
const HELD_MAX: usize = 1_000;

#[derive(Debug, Default)]
struct Held {
    waiting: VecDeque<(Stream, String)>,
    dropped: u64,
    /// What the screen has not taken yet; what it does not take in time goes.
    fresh: VecDeque<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

/// Writes `text` to the standard output. A reader who has left is no error.
pub(crate) fn print(text: &str) {
    say(Stream::Out, text);
}

/// Writes `text` to the standard error.
pub(crate) fn complain(text: &str) {
    say(Stream::Err, text);
}

/// From now on nobody who says something waits for its reader, until [`Unhurried`] is dropped. Where the
/// system gives no thread for that, they wait as before.
pub(crate) fn hurry() {
    if BACKLOG.open() {
        let writer = || BACKLOG.write_all(write_now);
        let thread = Builder::new().name("swell-terminal".into()).spawn(writer);
        if thread.is_err() {
            BACKLOG.close();
        }
    }
}

/// Dropping it ends what [`hurry`] began, once all is written, or once nobody reads any more.
#[derive(Debug)]
pub(crate) struct Unhurried;

impl Drop for Unhurried {
    fn drop(&mut self) {
        // What nobody reads cannot be told to them: the report says it all.
        let _all_read = BACKLOG.flush(PATIENCE);
        BACKLOG.close();
    }
}

/// From now on text is held.
pub(crate) fn hold() {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.get_or_insert_default();
}

/// What was said since this was last asked, for a screen to show.
pub(crate) fn take_fresh() -> Vec<String> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.as_mut().map(|held| held.fresh.drain(..).collect()).unwrap_or_default()
}

/// Writes out what was held, and holds nothing from now on.
pub(crate) fn release() {
    let held = if std::thread::panicking() {
        // A program that panics in the middle of a sentence must not wait for itself.
        match HELD.try_lock() {
            Ok(mut held) => held.take(),
            Err(TryLockError::Poisoned(held)) => held.into_inner().take(),
            Err(TryLockError::WouldBlock) => None,
        }
    } else {
        HELD.lock().unwrap_or_else(PoisonError::into_inner).take()
    };
    let Some(held) = held else { return };
    if held.dropped > 0 {
        write(Stream::Err, &format!("{} earlier messages found no room\n", held.dropped));
    }
    for (stream, text) in held.waiting {
        write(stream, &text);
    }
}

fn say(stream: Stream, text: &str) {
    if !keep(stream, text) {
        write(stream, text);
    }
}

/// Keeps text for the screen, and for later; whether it was. Writes nothing: who lets the screen go may
/// be waiting.
fn keep(stream: Stream, text: &str) -> bool {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(held) = held.as_mut() else { return false };
    push(&mut held.fresh, text.to_owned());
    if stream == Stream::Err && !io::stderr().is_terminal() {
        // It goes to a file or a pipe, and tears no screen.
        return false;
    }
    if push(&mut held.waiting, (stream, text.to_owned())) {
        held.dropped += 1;
    }
    true
}

/// Adds to a bounded queue; whether the oldest had to go.
fn push<T>(queue: &mut VecDeque<T>, new: T) -> bool {
    let is_full = queue.len() >= HELD_MAX;
    if is_full {
        queue.pop_front();
    }
    queue.push_back(new);
    is_full
}

fn write(stream: Stream, text: &str) {
    if !BACKLOG.push(stream, text) {
        write_now(stream, text);
    }
}

fn write_now(stream: Stream, text: &str) {
    let _reader_left = match stream {
        Stream::Out => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
        Stream::Err => io::stderr().lock().write_all(text.as_bytes()),
    };
}

/// How pages are laid out here: in colour on a terminal, unless `NO_COLOR` is set.
pub(crate) fn page() -> Page {
    let style =
        if wants_colour() && io::stdout().is_terminal() { Style::Colour } else { Style::Plain };
    Page { style, width: columns() }
}

/// As wide as the terminal, within what prose can be read at; what a pipe gets is the same everywhere.
fn columns() -> usize {
    let widest = Page::default().width;
    if !io::stdout().is_terminal() {
        return widest;
    }
    let columns =
        ratatui::crossterm::terminal::size().map_or(widest, |(columns, _)| columns.into());
    columns.clamp(COLUMNS_MIN, widest)
}

/// How a screen looks here.
pub(crate) fn palette() -> Palette {
    if wants_colour() { Palette::Colour } else { Palette::Plain }
}

fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
