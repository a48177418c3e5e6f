//! What asks a run from outside to stop: signals, and the end of the terminal.

use std::io::{self, IsTerminal};

use swell_core::command::{Action, Command, Origin};

use crate::interrupts::{Hangups, Interrupts};
use crate::live::Live;
use crate::terminal_ui::{Loss, TerminalUi};

/// Listens to the system and to the terminal.
#[derive(Debug)]
pub(super) struct Stops {
    interrupts: Interrupts,
    hangups: Hangups,
    /// A closed terminal is told of by the system and by the screen: it counts once.
    is_gone: bool,
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Stop {
    /// Somebody asked for it.
    Interrupt,
    /// The terminal was closed: nobody watches what is being spent.
    TerminalGone,
    /// The screen had to go, and the terminal may still be there.
    ScreenLost(String),
}

impl Stops {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system lets nobody listen.
    pub(super) fn listen(is_virtual: bool) -> io::Result<Self> {
        let has_terminal = !is_virtual && io::stdout().is_terminal();
        Ok(Self {
            interrupts: Interrupts::listen(is_virtual)?,
            hangups: Hangups::listen(has_terminal)?,
            is_gone: false,
        })
    }

    /// Goes on listening to interrupts alone.
    pub(super) fn into_interrupts(self) -> Interrupts {
        self.interrupts
    }

    /// Waits for the next one. Cancel-safe.
    pub(super) async fn next(&mut self, ui: &mut TerminalUi) -> Stop {
        loop {
            let stop = tokio::select! {
                biased;
                () = self.interrupts.next() => Stop::Interrupt,
                () = self.hangups.next() => Stop::TerminalGone,
                loss = ui.lost() => match loss {
                    Loss::Closed => Stop::TerminalGone,
                    Loss::Unwritable(why) => Stop::ScreenLost(why),
                },
            };
            if !matches!(stop, Stop::TerminalGone) {
                return stop;
            }
            if !std::mem::replace(&mut self.is_gone, true) {
                return stop;
            }
        }
    }
}

impl Stop {
    /// Says so, and returns what the report should say of it.
    pub(super) fn tell(&self, live: &Live) -> Option<String> {
        match self {
            Self::Interrupt => {
                live.stopping();
                None
            }
            Self::TerminalGone => {
                live.terminal_gone();
                Some("the terminal was closed while the run went on, and the run drained".into())
            }
            Self::ScreenLost(why) => {
                live.screen_lost(why);
                Some(format!("{why}: the run went on without its screen"))
            }
        }
    }

    /// What the run is told.
    pub(super) const fn wish(&self) -> Option<Command> {
        match self {
            Self::Interrupt => Some(Command { action: Action::Drain, origin: Origin::Signal }),
            // It drains what drains already, and never aborts.
            Self::TerminalGone => Some(Command { action: Action::Drain, origin: Origin::Terminal }),
            Self::ScreenLost(_) => None,
        }
    }
}
