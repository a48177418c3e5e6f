//! `run.log`: redacted, bounded, in run time.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use swell_net::clock::RunClock;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::choice::LogLevel;
use crate::redact::redact;

/// The log's name in the run folder. What it outgrows goes to `run.log.old`.
pub const FILE_NAME: &str = "run.log";

/// The log of a sweep, beside that of its run.
pub const SWEEP_FILE_NAME: &str = "sweep.log";

/// A log grows to this and begins anew; one old one is kept.
pub const BYTES_MAX: u64 = 32 << 20;

/// A subscriber that writes `run.log` in `folder`.
///
/// # Errors
/// The file cannot be created.
pub fn subscriber(
    folder: &Path,
    level: LogLevel,
    clock: RunClock,
) -> io::Result<impl Subscriber + Send + Sync> {
    subscriber_to(folder.join(FILE_NAME), level, clock)
}

/// A subscriber that writes the log `path`.
///
/// # Errors
/// The file cannot be created.
pub fn subscriber_to(
    path: PathBuf,
    level: LogLevel,
    clock: RunClock,
) -> io::Result<impl Subscriber + Send + Sync> {
    let file = BoundedFile::create(path, BYTES_MAX)?;
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(RunTime(clock))
        .with_writer(Mutex::new(Redacting(file)));
    Ok(tracing_subscriber::registry().with(targets(level)).with(layer))
}

/// Our own crates at `level`, libraries at most at `warn`: their debug lines quote requests.
fn targets(level: LogLevel) -> Targets {
    let ours = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target("swell", ours)
}

/// Stamps lines with the time since the run began.
struct RunTime(RunClock);

impl FormatTime for RunTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{}", self.0.now())
    }
}

/// Masks what looks like a secret. A line arrives in one piece.
struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(redact(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A file that begins anew when it has grown to its bound, and keeps one predecessor.
struct BoundedFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
}

impl BoundedFile {
    fn create(path: PathBuf, bytes_max: u64) -> io::Result<Self> {
        let file = truncated(&path)?;
        Ok(Self { path, file, bytes: 0, bytes_max })
    }
}

fn truncated(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).write(true).truncate(true).open(path)
}

impl Write for BoundedFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.bytes_max {
            std::fs::rename(&self.path, self.path.with_extension("log.old"))?;
            self.file = truncated(&self.path)?;
            self.bytes = 0;
        }
        self.file.write_all(line)?;
        self.bytes += line.len() as u64;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("swell-log-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[tokio::test(start_paused = true)]
    async fn lines_carry_run_time_and_no_secrets() {
        let folder = folder("lines");
        let clock = RunClock::virtual_time();
        let subscriber = subscriber(&folder, LogLevel::Info, clock.clone()).unwrap();
        clock.sleep(std::time::Duration::from_millis(1500)).await;
        tracing::subscriber::with_default(subscriber, || {
            let key = "ab".repeat(32);
            tracing::info!(target: "swell_chain", "asked https://me:pw@rpc.example/{key} with {key}");
            tracing::debug!(target: "swell_chain", "too fine");
            tracing::info!(target: "hyper", "not ours");
        });
        let text = std::fs::read_to_string(folder.join(FILE_NAME)).unwrap();
        assert_eq!(
            text,
            "1.500s  INFO swell_chain: asked https://rpc.example/… with (hex masked)\n"
        );
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_log_is_bounded_and_keeps_one_predecessor() {
        let folder = folder("bounded");
        let path = folder.join(FILE_NAME);
        let mut log = BoundedFile::create(path.clone(), 10).unwrap();
        for line in ["first\n", "2nd\n", "third\n", "4th\n", "a line beyond the bound\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(read(FILE_NAME), "a line beyond the bound\n");
        assert_eq!(read("run.log.old"), "third\n4th\n");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
