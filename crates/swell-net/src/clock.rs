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

    const WAIT_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

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
        self.unix_at(self.now())
    }

    /// Calendar time at `at`, since the Unix epoch.
    #[must_use]
    pub fn unix_at(&self, at: RunOffset) -> Duration {
        self.unix_origin + at.since_start()
    }

    /// Whether time is virtual.
    #[must_use]
    pub const fn is_virtual(&self) -> bool {
        self.is_virtual
    }

    /// Waits until `at`; millisecond grain. Cancel-safe.
    pub async fn sleep_until(&self, at: RunOffset) {
        // An instant beyond what the system can name is as good as a century.
        let at = at.since_start().min(Self::WAIT_MAX);
        tokio::time::sleep_until(self.origin + at).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_instant_beyond_all_time_is_waited_for() {
        let clock = RunClock::virtual_time();
        let mut wait = std::pin::pin!(clock.sleep_until(RunOffset::new(Duration::MAX)));
        assert!(futures_util::poll!(&mut wait).is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn the_virtual_calendar_begins_at_its_fixed_instant() {
        let clock = RunClock::virtual_time();
        clock.sleep(Duration::from_secs(90)).await;
        assert_eq!(clock.now(), RunOffset::new(Duration::from_secs(90)));
        assert_eq!(clock.unix_now(), RunClock::VIRTUAL_UNIX_ORIGIN + Duration::from_secs(90));
    }
}
