//! Waits for the schedule, finer than the runtime's millisecond.

use std::io;

use swell_core::time::RunOffset;

use crate::clock::RunClock;

/// Waits until an instant with a lag of about 0.1 ms, where the runtime's own timer has 1 to 2 ms.
///
/// It stands on a timer descriptor of Linux. In virtual time and on other systems it is the
/// runtime's timer.
#[derive(Debug)]
pub struct PreciseTimer {
    clock: RunClock,
    #[cfg(target_os = "linux")]
    descriptor: Option<linux::Descriptor>,
}

impl PreciseTimer {
    /// A timer on `clock`.
    ///
    /// # Errors
    /// The system has no descriptor left for it.
    pub(crate) fn new(clock: RunClock) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        let descriptor = if clock.is_virtual() { None } else { Some(linux::Descriptor::new()?) };
        Ok(Self {
            clock,
            #[cfg(target_os = "linux")]
            descriptor,
        })
    }

    /// Waits until `at`, never less. Cancel-safe: nothing is kept from one wait to the next.
    pub async fn wait_until(&mut self, at: RunOffset) {
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = &self.descriptor
            && descriptor.wait_until(&self.clock, at).await.is_ok()
        {
            return;
        }
        self.clock.sleep_until(at).await;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use swell_core::time::RunOffset;
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    use crate::clock::RunClock;

    /// A timer descriptor, watched by the runtime.
    #[derive(Debug)]
    pub(super) struct Descriptor(AsyncFd<OwnedFd>);

    impl Descriptor {
        #[expect(
            deprecated,
            reason = "its successor is unsafe, against types that swap their descriptor; an `OwnedFd` does not"
        )]
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Ok(Self(AsyncFd::with_interest(timer, Interest::READABLE)?))
        }

        /// Arms with what is left until `at`, and again if that was not enough: the descriptor
        /// may still tell of an earlier wait that was given up.
        pub(super) async fn wait_until(&self, clock: &RunClock, at: RunOffset) -> io::Result<()> {
            loop {
                let left = at.saturating_since(clock.now());
                if left.is_zero() {
                    return Ok(());
                }
                self.arm(left)?;
                self.expired().await?;
            }
        }

        fn arm(&self, after: Duration) -> io::Result<()> {
            let it_value = Timespec {
                // What does not fit is beyond all time; the loop arms again.
                tv_sec: i64::try_from(after.as_secs()).unwrap_or(i64::from(i32::MAX)),
                tv_nsec: after.subsec_nanos().into(),
            };
            let once = Itimerspec { it_interval: Timespec::default(), it_value };
            timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
            Ok(())
        }

        async fn expired(&self) -> io::Result<()> {
            loop {
                let mut ready = self.0.readable().await?;
                let mut expirations = [0; 8];
                let read =
                    ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut expirations)?));
                // Otherwise it was not ready after all.
                if let Ok(result) = read {
                    return result.map(drop);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn waits_at_least_until_the_instant_in_real_time() {
        let clock = RunClock::real();
        let mut timer = clock.precise_timer().unwrap();
        for wait_us in [0, 1, 100, 2_500] {
            let at = clock.now() + Duration::from_micros(wait_us);
            timer.wait_until(at).await;
            assert!(clock.now() >= at);
        }
    }

    #[tokio::test]
    async fn a_wait_given_up_does_not_disturb_the_next() {
        let clock = RunClock::real();
        let mut timer = clock.precise_timer().unwrap();
        for _ in 0..20 {
            // Given up at once, having armed the descriptor; it fires while nobody waits.
            let soon = clock.now() + Duration::from_micros(50);
            tokio::select! {
                biased;
                () = timer.wait_until(soon) => {}
                () = tokio::task::yield_now() => {}
            }
            let at = clock.now() + Duration::from_micros(300);
            timer.wait_until(at).await;
            assert!(clock.now() >= at);
        }
    }

    #[tokio::test]
    async fn an_instant_in_the_past_does_not_wait() {
        let clock = RunClock::real();
        let mut timer = clock.precise_timer().unwrap();
        let mut wait = std::pin::pin!(timer.wait_until(RunOffset::ZERO));
        assert!(futures_util::poll!(&mut wait).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn in_virtual_time_the_wait_is_exact() {
        let clock = RunClock::virtual_time();
        let mut timer = clock.precise_timer().unwrap();
        let at = RunOffset::new(Duration::from_secs(3_600));
        timer.wait_until(at).await;
        assert_eq!(clock.now(), at);
    }
}
