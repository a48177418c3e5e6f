//! The log of one simulation, in memory.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use swell_net::clock::RunClock;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;

/// A log in memory. All clones are the same log.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    octets: Arc<Mutex<Vec<u8>>>,
    /// Whether lines are shown as they come: a simulation that hangs would never show them.
    aloud: bool,
}

impl Capture {
    pub(crate) fn new(aloud: bool) -> Self {
        Self { octets: Arc::default(), aloud }
    }

    /// What has been logged.
    pub(crate) fn text(&self) -> String {
        let octets = self.octets.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&octets).into_owned()
    }

    /// A subscriber that writes every line of ours here, unredacted.
    pub(crate) fn subscriber(&self, clock: RunClock) -> impl Subscriber + Send + Sync {
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_timer(RunTime(clock))
            .with_writer(self.clone());
        let targets = Targets::new().with_target("swell", LevelFilter::DEBUG);
        tracing_subscriber::registry().with(targets).with(layer)
    }
}

impl Write for Capture {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.octets.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(octets);
        if self.aloud { io::stderr().write(octets) } else { Ok(octets.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Stamps lines with the time since the simulation began.
struct RunTime(RunClock);

impl FormatTime for RunTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{}", self.0.now())
    }
}
