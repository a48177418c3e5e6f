//! Ctrl-C, the wish of a service manager that the program ends, and the end of the terminal.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Interrupts, as they come. Listening begins once and goes on: one that comes while another is
/// being handled is not missed.
#[derive(Debug)]
pub enum Interrupts {
    /// In virtual time an interrupt ends the process, as it would any other computation.
    Unheard,
    /// Those of the system.
    #[cfg(unix)]
    Signals {
        /// Ctrl-C.
        interrupt: Signal,
        /// What service managers send.
        terminate: Signal,
    },
    /// Those of the system.
    #[cfg(windows)]
    Signals {
        /// Ctrl-C.
        interrupt: CtrlC,
    },
}

impl Interrupts {
    /// Begins to listen, unless time is virtual.
    ///
    /// # Errors
    /// The system lets nobody listen.
    pub fn listen(is_virtual: bool) -> io::Result<Self> {
        if is_virtual {
            return Ok(Self::Unheard);
        }
        #[cfg(unix)]
        return Ok(Self::Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        });
        #[cfg(windows)]
        return Ok(Self::Signals { interrupt: ctrl_c()? });
    }

    /// Waits for the next one. Cancel-safe.
    pub async fn next(&mut self) {
        let heard = match self {
            Self::Unheard => None,
            #[cfg(unix)]
            Self::Signals { interrupt, terminate } => tokio::select! {
                biased;
                heard = interrupt.recv() => heard,
                heard = terminate.recv() => heard,
            },
            #[cfg(windows)]
            Self::Signals { interrupt } => interrupt.recv().await,
        };
        if heard.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// The end of the terminal, as the system tells it. Listening begins once and goes on.
#[derive(Debug)]
pub enum Hangups {
    /// There is no terminal to lose: whoever sends this signal all the same ends the process.
    Unheard,
    /// Those of the system.
    #[cfg(unix)]
    Signals(Signal),
}

impl Hangups {
    /// Begins to listen, if the program `has_terminal`.
    ///
    /// # Errors
    /// The system lets nobody listen.
    pub fn listen(has_terminal: bool) -> io::Result<Self> {
        #[cfg(unix)]
        if has_terminal {
            return Ok(Self::Signals(signal(SignalKind::hangup())?));
        }
        #[cfg(not(unix))]
        let _nothing_is_sent = has_terminal;
        Ok(Self::Unheard)
    }

    /// Waits for the next one. Cancel-safe.
    pub async fn next(&mut self) {
        let heard = match self {
            Self::Unheard => None,
            #[cfg(unix)]
            Self::Signals(hangup) => hangup.recv().await,
        };
        if heard.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
