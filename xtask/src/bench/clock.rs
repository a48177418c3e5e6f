//! Wall time of other processes. A chore has no run, and so no run's clock.

use std::time::Duration;

/// Time since it was made.
#[expect(clippy::disallowed_types, reason = "no run, and so no run's clock")]
pub(crate) struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_types, reason = "no run, and so no run's clock")]
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Waits until `ready` has something, looking every few milliseconds; `None` after `deadline`.
pub(crate) fn wait_for<T>(
    deadline: Duration,
    ready: impl FnMut() -> Result<Option<T>, String>,
) -> Result<Option<T>, String> {
    wait_every(Duration::from_millis(2), deadline, ready)
}

/// Waits until `ready` has something, looking once in `every`; `None` after `deadline`.
pub(crate) fn wait_every<T>(
    every: Duration,
    deadline: Duration,
    mut ready: impl FnMut() -> Result<Option<T>, String>,
) -> Result<Option<T>, String> {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = ready()? {
            return Ok(Some(found));
        }
        if watch.elapsed() >= deadline {
            return Ok(None);
        }
        pause(every);
    }
}

#[expect(clippy::disallowed_methods, reason = "another process cannot be awaited by its state")]
fn pause(length: Duration) {
    std::thread::sleep(length);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::wait_for;

    #[test]
    fn waiting_ends_when_there_is_something_and_when_time_is_up() {
        let mut looks = 0;
        let third = wait_for(Duration::from_secs(60), || {
            looks += 1;
            Ok((looks == 3).then_some(looks))
        });
        assert_eq!(third, Ok(Some(3)));
        assert_eq!(wait_for(Duration::ZERO, || Ok(None::<u8>)), Ok(None));
    }
}
