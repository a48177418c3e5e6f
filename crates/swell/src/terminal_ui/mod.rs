//! The run on the whole terminal: a thread of its own draws it and hears keys, so that neither ever
//! holds the run up.

mod fitness;
mod input;
mod raw;
mod watcher;

use std::io::PipeWriter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use swell_core::command::Command;
use swell_core::snapshot::Snapshot;
use swell_net::clock::RunClock;
use swell_view::tui::Screen;
use tokio::sync::{mpsc, watch};

use crate::config::choice::UiMode;
use crate::terminal;
use fitness::{Surroundings, fitness};
use input::Input;
use watcher::Watcher;

/// How long the end of a run waits for a terminal to take its last orders.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a screen had to go before the run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The terminal was closed.
    Closed,
    /// It could not be written to, or read: why.
    Unwritable(String),
}

/// The screen of one run. Dropping it gives the terminal back.
#[derive(Debug)]
pub(crate) struct TerminalUi {
    showing: Option<Showing>,
    is_up: Arc<AtomicBool>,
    losses: mpsc::Receiver<Loss>,
}

#[derive(Debug)]
struct Showing {
    thread: JoinHandle<()>,
    /// Closing it ends the thread.
    over: PipeWriter,
    /// Disconnected once the thread has given the terminal back.
    ended: Receiver<()>,
}

/// What the thread is given.
#[derive(Debug)]
struct Given {
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    commands: mpsc::Sender<Command>,
    clock: RunClock,
    losing: mpsc::Sender<Loss>,
    is_up: Arc<AtomicBool>,
}

impl TerminalUi {
    /// Covers the terminal, if that is wished and possible; says why not, where it was wished.
    pub(crate) fn open(
        mode: UiMode,
        snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
        commands: mpsc::Sender<Command>,
        clock: &RunClock,
    ) -> Self {
        let is_up = Arc::new(AtomicBool::new(false));
        let (losing, losses) = mpsc::channel(1);
        let (clock, seen) = (clock.clone(), Arc::clone(&is_up));
        let begun = match fitness(mode, &Surroundings::look(clock.is_virtual())) {
            Ok(()) => Given { snapshots, commands, clock, losing, is_up: seen }
                .begin()
                .map_err(|error| Some(format!("the terminal cannot be covered ({error})"))),
            Err(why) => Err(why),
        };
        if let Err(Some(why)) = &begun {
            terminal::complain(&format!("{why}: lines are shown instead\n"));
        }
        Self { showing: begun.ok(), is_up, losses }
    }

    /// Whether the terminal is covered, now and later.
    pub(crate) fn is_up(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_up)
    }

    /// Waits until the screen has to go before the run has ended. Cancel-safe.
    pub(crate) async fn lost(&mut self) -> Loss {
        match self.losses.recv().await {
            Some(loss) => loss,
            None => std::future::pending().await,
        }
    }
}

impl Drop for TerminalUi {
    fn drop(&mut self) {
        let Some(Showing { thread, over, ended }) = self.showing.take() else { return };
        drop(over);
        // A terminal that takes nothing more must not take the report along.
        if ended.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
            // A thread that has panicked has given the terminal back already.
            let _ended = thread.join();
        }
    }
}

impl Given {
    fn begin(self) -> std::io::Result<Showing> {
        let (ended, over) = std::io::pipe()?;
        let input = Input::open(ended)?;
        let (ending, has_ended) = sync_channel(0);
        let cover = raw::Cover::put_on()?;
        let watch = move || {
            let Self { snapshots, commands, clock, losing, is_up } = self;
            // Whatever ends the thread, a panic too.
            let _ending = ending;
            is_up.store(true, Ordering::Release);
            let _down = Down(is_up);
            let screen = Screen::new(terminal::palette());
            let watcher = Watcher::new(screen, snapshots, commands, clock, input);
            let watched = watcher.run();
            drop(cover);
            if let Err(loss) = watched {
                let _first = losing.try_send(loss);
            }
        };
        let thread = Builder::new().name("swell-screen".into()).spawn(watch)?;
        Ok(Showing { thread, over, ended: has_ended })
    }
}

struct Down(Arc<AtomicBool>);

impl Drop for Down {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
