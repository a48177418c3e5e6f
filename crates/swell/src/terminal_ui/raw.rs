//! Covering the terminal, and giving it back in every case.

use std::io::{self, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use crate::terminal;

/// Whether the terminal is covered now. There is only one.
static IS_COVERED: AtomicBool = AtomicBool::new(false);

/// The covered terminal. Dropping it uncovers it.
#[derive(Debug)]
pub(super) struct Cover(());

impl Cover {
    /// Covers the terminal: another screen, keys at once, no cursor. Text is held from now on.
    ///
    /// # Errors
    /// The terminal takes no such orders; it is as it was.
    pub(super) fn put_on() -> io::Result<Self> {
        uncover_on_panic();
        enable_raw_mode()?;
        IS_COVERED.store(true, Ordering::Release);
        // From here on dropping it undoes what has been done.
        let cover = Self(());
        execute!(stdout(), EnterAlternateScreen, Hide)?;
        terminal::hold();
        Ok(cover)
    }
}

impl Drop for Cover {
    fn drop(&mut self) {
        uncover();
    }
}

/// Gives the terminal back, once, and writes out what was held.
fn uncover() {
    if !IS_COVERED.swap(false, Ordering::AcqRel) {
        return;
    }
    // A terminal that has gone needs nothing back.
    let _gone = execute!(stdout(), Show, LeaveAlternateScreen);
    let _gone = disable_raw_mode();
    terminal::release();
}

/// Words of a panic are of no use on a screen that nobody will see again.
fn uncover_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            uncover();
            before(panic);
        }));
    });
}

/// Writes each frame in one piece, so that no half of one is ever seen; nothing once the terminal
/// has been given back.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    frame: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let frame = std::mem::take(&mut self.frame);
        if frame.is_empty() || !IS_COVERED.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut out = stdout().lock();
        out.write_all(&frame)?;
        out.flush()
    }
}

/// Whether somebody else has given the terminal back.
pub(super) fn is_covered() -> bool {
    IS_COVERED.load(Ordering::Acquire)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use pty_process::blocking::{Command, open};

    use super::*;

    /// Set in the program that is to panic.
    const PANICS: &str = "PANIC_ON_A_SCREEN";

    #[test]
    fn a_panic_gives_the_terminal_back_and_its_words_can_be_read() {
        if std::env::var_os(PANICS).is_some() {
            let _cover = Cover::put_on().unwrap();
            terminal::complain("said on the screen\n");
            panic!("a bug");
        }
        let name =
            "terminal_ui::raw::tests::a_panic_gives_the_terminal_back_and_its_words_can_be_read";
        let (mut pty, pts) = open().unwrap();
        let program = Command::new(std::env::current_exe().unwrap());
        let program = program.args(["--exact", name, "--nocapture"]).env(PANICS, "1");
        let mut child = program.spawn(pts).unwrap();
        let (mut text, mut buffer) = (String::new(), [0; 4096]);
        while let Ok(length @ 1..) = pty.read(&mut buffer) {
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        assert!(!child.wait().unwrap().success());
        let (_, covered) = text.split_once("\u{1b}[?1049h").unwrap();
        let (screen, after) = covered.split_once("\u{1b}[?1049l").unwrap();
        assert!(!screen.contains("said") && !screen.contains("a bug"), "{text:?}");
        assert!(after.contains("said on the screen") && after.contains("a bug"), "{text:?}");
        assert_eq!(after.matches("\u{1b}[?1049l").count(), 0, "{text:?}");
    }
}
