//! The thread of the screen: keys in, pictures out.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::queue;
use ratatui::crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use rustix::io::Errno;
use swell_core::command::Command;
use swell_core::snapshot::Snapshot;
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_view::tui::{Screen, draw};
use tokio::sync::{mpsc, watch};

use super::Loss;
use super::input::{Heard, Input};
use super::raw::{Pieces, is_covered};
use crate::terminal;

/// From one picture to the next at least, and from one look for news to the next at most.
const PICTURE: Duration = Duration::from_millis(250);

/// Draws the run and hears keys until the run is over.
#[derive(Debug)]
pub(super) struct Watcher {
    screen: Screen,
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    commands: mpsc::Sender<Command>,
    clock: RunClock,
    input: Input,
}

impl Watcher {
    pub(super) const fn new(
        screen: Screen,
        snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
        commands: mpsc::Sender<Command>,
        clock: RunClock,
        input: Input,
    ) -> Self {
        Self { screen, snapshots, commands, clock, input }
    }

    /// Ends well when the run is over, or when somebody else has given the terminal back.
    ///
    /// # Errors
    /// There is no terminal any more, or it cannot be used.
    pub(super) fn run(mut self) -> Result<(), Loss> {
        let backend = CrosstermBackend::new(Pieces::default());
        let mut terminal = Terminal::new(backend).map_err(lost)?;
        let mut is_stale = true;
        let mut drawn_at: Option<RunOffset> = None;
        while is_covered() {
            let since = drawn_at.map(|at| self.clock.now().saturating_since(at));
            let rest = since.map_or(Duration::ZERO, |since| PICTURE.saturating_sub(since));
            if is_stale && rest.is_zero() {
                self.draw(&mut terminal).map_err(lost)?;
                (is_stale, drawn_at) = (false, Some(self.clock.now()));
            }
            let patience = if is_stale { rest } else { PICTURE };
            match self.input.wait(patience) {
                Heard::Over => return Ok(()),
                Heard::Gone => return Err(Loss::Closed),
                Heard::Keys | Heard::Nothing => {}
            }
            is_stale |= self.hear().map_err(lost)?;
            is_stale |= self.look();
        }
        Ok(())
    }

    /// Handles every key that was pressed; whether the screen may have changed.
    fn hear(&mut self) -> io::Result<bool> {
        let mut has_changed = false;
        while event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) => {
                    has_changed = true;
                    // Full means that the run has been told often enough.
                    let _told = self.screen.press(key).map(|wish| self.commands.try_send(wish));
                }
                Event::Resize(..) => has_changed = true,
                Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => {}
            }
        }
        Ok(has_changed)
    }

    /// Takes in what is new of the run; whether anything is.
    fn look(&mut self) -> bool {
        let said = terminal::take_fresh();
        for text in &said {
            self.screen.say(text);
        }
        // An error means that the run is over: the pipe says so, too.
        let is_new = self.snapshots.has_changed().unwrap_or(false);
        if is_new && let Some(snapshot) = self.snapshots.borrow_and_update().as_deref() {
            self.screen.see(snapshot);
        }
        is_new || !said.is_empty()
    }

    fn draw(&self, terminal: &mut Terminal<CrosstermBackend<Pieces>>) -> io::Result<()> {
        let snapshot = self.snapshots.borrow().clone();
        queue!(terminal.backend_mut(), BeginSynchronizedUpdate)?;
        terminal.draw(|frame| draw(frame, snapshot.as_deref(), &self.screen))?;
        queue!(terminal.backend_mut(), EndSynchronizedUpdate)?;
        io::Write::flush(terminal.backend_mut())
    }
}

/// What an error of the terminal means.
fn lost(error: io::Error) -> Loss {
    if Errno::from_io_error(&error) == Some(Errno::IO) {
        // What a terminal that has hung up answers.
        return Loss::Closed;
    }
    Loss::Unwritable(format!("the terminal cannot be used any more ({error})"))
}
