//! Text on its way to a reader who may be slow, or have stopped reading: whoever says something never
//! waits for them.

use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Stream;

/// Octets that wait at most; beyond that the oldest text goes, and is counted.
const BYTES_MAX: usize = 4 << 20;

/// A bounded queue of text, written in the order it was said in by one thread.
#[derive(Debug)]
pub(super) struct Backlog {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<(Stream, String)>,
    bytes: usize,
    /// Pieces that went unread since this was last told.
    dropped: u64,
    /// Pieces written so far.
    written: u64,
    is_writing: bool,
    /// Whether there is a thread that writes.
    is_open: bool,
}

impl State {
    fn is_done(&self) -> bool {
        self.waiting.is_empty() && !self.is_writing
    }

    fn take(&mut self) -> Option<(Stream, String)> {
        if self.dropped > 0 {
            let dropped = std::mem::take(&mut self.dropped);
            let words =
                format!("warning: nobody read in time, and {dropped} messages were left out\n");
            return Some((Stream::Err, words));
        }
        let piece = self.waiting.pop_front()?;
        self.bytes -= cost(&piece.1);
        Some(piece)
    }
}

impl Backlog {
    /// Nothing waits, and nobody writes.
    pub(super) const fn new() -> Self {
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            written: 0,
            is_writing: false,
            is_open: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// From now on text is taken. Whether nobody had said so before.
    pub(super) fn open(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_open, true)
    }

    /// From now on no text is taken; what waits is still written.
    pub(super) fn close(&self) {
        self.lock().is_open = false;
        self.changed.notify_all();
    }

    /// Takes `text`, unless there is nobody to write it. Never waits for a reader.
    pub(super) fn push(&self, stream: Stream, text: &str) -> bool {
        let mut state = self.lock();
        if !state.is_open {
            return false;
        }
        state.bytes += cost(text);
        state.waiting.push_back((stream, text.to_owned()));
        // The newest stays, whatever its size: it may be the summary.
        while state.bytes > BYTES_MAX && state.waiting.len() > 1 {
            if let Some((_, text)) = state.waiting.pop_front() {
                state.bytes -= cost(&text);
                state.dropped += 1;
            }
        }
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Writes what comes, until the backlog is closed and empty. Only one thread does that.
    pub(super) fn write_all(&self, mut write: impl FnMut(Stream, &str)) {
        let mut state = self.lock();
        loop {
            if let Some((stream, text)) = state.take() {
                state.is_writing = true;
                drop(state);
                write(stream, &text);
                state = self.lock();
                state.is_writing = false;
                state.written += 1;
                self.changed.notify_all();
            } else if state.is_open {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                return;
            }
        }
    }

    /// Waits until all is written, as long as each piece takes less than `patience`. Whether it is.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let mut state = self.lock();
        while !state.is_done() {
            let before = state.written;
            let (now, waited) = self
                .changed
                .wait_timeout_while(state, patience, |state| {
                    state.written == before && !state.is_done()
                })
                .unwrap_or_else(PoisonError::into_inner);
            state = now;
            if waited.timed_out() {
                return state.is_done();
            }
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a piece of text takes of the room, octets.
const fn cost(text: &str) -> usize {
    text.len() + size_of::<(Stream, String)>()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// For what must not happen before it is allowed to.
    const SOON: Duration = Duration::from_millis(20);

    /// Far longer than anything here takes.
    const LATE: Duration = Duration::from_secs(60);

    #[test]
    fn without_a_writer_nothing_is_taken() {
        let backlog = Backlog::new();
        assert!(!backlog.push(Stream::Out, "one\n"));
        assert!(backlog.flush(LATE));
    }

    #[test]
    fn text_is_written_in_the_order_it_was_said_in() {
        let backlog = Backlog::new();
        assert!(backlog.open());
        assert!(!backlog.open());
        assert!(backlog.push(Stream::Out, "one\n"));
        assert!(backlog.push(Stream::Err, "two\n"));
        assert!(backlog.push(Stream::Out, "three\n"));
        backlog.close();
        let mut written = Vec::new();
        backlog.write_all(|stream, text| written.push((stream, text.to_owned())));
        let expected = [(Stream::Out, "one\n"), (Stream::Err, "two\n"), (Stream::Out, "three\n")];
        assert_eq!(written, expected.map(|(stream, text)| (stream, text.to_owned())));
        assert!(backlog.flush(LATE));
    }

    #[test]
    fn nobody_waits_for_a_reader_and_what_finds_no_room_is_told() {
        let backlog = Backlog::new();
        backlog.open();
        let (reading, read) = mpsc::channel::<()>();
        let (beginning, begun) = mpsc::channel();
        let writer = |read: mpsc::Receiver<()>, beginning: mpsc::Sender<()>| {
            let mut written = Vec::new();
            backlog.write_all(|stream, text| {
                beginning.send(()).unwrap();
                // An error means that from now on somebody reads everything.
                let _all = read.recv();
                written.push((stream, text[..text.len().min(80)].to_owned()));
            });
            written
        };
        let written = thread::scope(|scope| {
            let writing = scope.spawn(|| writer(read, beginning));
            assert!(backlog.push(Stream::Out, "the beginning"));
            begun.recv().unwrap();
            let long = "x".repeat(BYTES_MAX / 8);
            for _ in 0..20 {
                assert!(backlog.push(Stream::Out, &long));
            }
            assert!(backlog.push(Stream::Out, "the summary"));
            assert!(!backlog.flush(SOON));
            drop(reading);
            assert!(backlog.flush(LATE));
            backlog.close();
            writing.join().unwrap()
        });
        assert_eq!(written.last().unwrap(), &(Stream::Out, "the summary".to_owned()));
        let is_told = |(stream, text): &&(Stream, String)| {
            *stream == Stream::Err && text.starts_with("warning: nobody read in time, and 13 ")
        };
        assert_eq!(written.iter().filter(is_told).count(), 1, "{written:?}");
        assert!(written.len() < 12, "{written:?}");
    }

    #[test]
    fn text_larger_than_the_room_is_kept() {
        let backlog = Backlog::new();
        backlog.open();
        assert!(backlog.push(Stream::Out, "one"));
        assert!(backlog.push(Stream::Out, &"x".repeat(BYTES_MAX + 1)));
        backlog.close();
        let mut lengths = Vec::new();
        backlog.write_all(|_, text| lengths.push(text.len()));
        assert_eq!(lengths.last(), Some(&(BYTES_MAX + 1)));
    }
}
