//! Waiting for keys, for the end of the run, and for the end of the terminal.

use std::fs::File;
use std::io::{self, IsTerminal, PipeReader, stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// What waiting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Keys can be read.
    Keys,
    /// Time is up.
    Nothing,
    /// The run is over.
    Over,
    /// There is no terminal any more.
    Gone,
}

/// The keys, and what else a screen waits for.
///
/// The library that reads keys goes round in circles for ever when the terminal has gone; so the
/// terminal is looked at here first.
#[derive(Debug)]
pub(super) struct Input {
    keys: OwnedFd,
    ended: PipeReader,
}

impl Input {
    /// `ended` is closed at its other end when the run is over.
    ///
    /// # Errors
    /// No terminal gives keys.
    pub(super) fn open(ended: PipeReader) -> io::Result<Self> {
        Ok(Self { keys: keys()?, ended })
    }

    /// Waits for `timeout` at most.
    pub(super) fn wait(&self, timeout: Duration) -> Heard {
        let mut watched =
            [PollFd::new(&self.keys, PollFlags::IN), PollFd::new(&self.ended, PollFlags::IN)];
        let timeout = Timespec::try_from(timeout).ok();
        match poll(&mut watched, timeout.as_ref()) {
            Err(Errno::INTR) => return Heard::Nothing,
            Err(_) => return Heard::Gone,
            Ok(_) => {}
        }
        let [keys, ended] = watched.map(|one| one.revents());
        if !ended.is_empty() {
            Heard::Over
        } else if keys.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            Heard::Gone
        } else if keys.contains(PollFlags::IN) {
            Heard::Keys
        } else {
            Heard::Nothing
        }
    }
}

/// Whether keys can be read and the program is in the foreground: one in the background would be
/// stopped when it changes the terminal.
pub(super) fn is_ours() -> bool {
    keys().is_ok_and(|keys| tcgetpgrp(keys.as_fd()).is_ok_and(|group| group == getpgrp()))
}

/// Where keys come from: the standard input, or the terminal itself when that is something else.
fn keys() -> io::Result<OwnedFd> {
    if stdin().is_terminal() {
        return stdin().as_fd().try_clone_to_owned();
    }
    Ok(File::options().read(true).write(true).open("/dev/tty")?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piped() -> (Input, io::PipeWriter, io::PipeWriter) {
        let (keys, typing) = io::pipe().unwrap();
        let (ended, over) = io::pipe().unwrap();
        (Input { keys: keys.into(), ended }, typing, over)
    }

    #[test]
    fn keys_the_end_and_a_lost_terminal_are_told_apart() {
        use std::io::Write;

        let long = Duration::from_secs(60);
        let (input, mut typing, over) = piped();
        assert_eq!(input.wait(Duration::ZERO), Heard::Nothing);
        typing.write_all(b"p").unwrap();
        assert_eq!(input.wait(long), Heard::Keys);
        drop(over);
        assert_eq!(input.wait(long), Heard::Over);
        let (input, typing, _over) = piped();
        drop(typing);
        assert_eq!(input.wait(long), Heard::Gone);
    }
}
