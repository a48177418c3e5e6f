//! The one clock of a run.

use std::io;
use std::time::Duration;

use swell_core::time::RunOffset;
use tokio::time::Instant;

use crate::precise::PreciseTimer;

/// The one clock of a run: every instant and every wait comes from here.
///
/// In virtual time it stands on tokio's paused clock and its calendar begins at a fixed instant.
#[derive(Clone, Debug)]
pub struct RunClock {
    origin: Instant,
    /// Unix time at `origin`.
    unix_origin: Duration,
    is_virtual: bool,
}

impl RunClock {
    /// Unix time at which every virtual run begins: 2026-01-01T00:00:00Z.
    pub const VIRTUAL_UNIX_ORIGIN: Duration = Duration::from_secs(1_767_225_600);

    /// A clock on real time, beginning now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where wall time enters")]
    pub fn real() -> Self {
        let unix_origin = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self { origin: Instant::now(), unix_origin, is_virtual: false }
    }

    /// A clock on tokio's paused time, beginning now, at [`Self::VIRTUAL_UNIX_ORIGIN`].
    #[must_use]
    pub fn virtual_time() -> Self {
        Self { origin: Instant::now(), unix_origin: Self::VIRTUAL_UNIX_ORIGIN, is_virtual: true }
    }

    /// Time since the run began.
    #[must_use]
    pub fn now(&self) -> RunOffset {
        RunOffset::new(self.origin.elapsed())
    }

    /// Calendar time, since the Unix epoch.
    #[must_use]
    pub fn unix_now(&self) -> Duration {
        self.unix_origin + self.now().since_start()
    }

    /// Whether time is virtual.
    #[must_use]
    pub const fn is_virtual(&self) -> bool {
        self.is_virtual
    }

    /// Waits until `at`; millisecond grain. Cancel-safe.
    pub async fn sleep_until(&self, at: RunOffset) {
        tokio::time::sleep_until(self.origin + at.since_start()).await;
    }

    /// Waits for `length`; millisecond grain. Cancel-safe.
    pub async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }

    /// A timer for waits that must end within 0.1 ms, not 2: the schedule's. Inside a runtime only.
    ///
    /// # Errors
    /// The system has no timer left for it.
    pub fn precise_timer(&self) -> io::Result<PreciseTimer> {
        PreciseTimer::new(self.clone())
    }
}
