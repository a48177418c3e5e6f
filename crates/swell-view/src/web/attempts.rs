//! How often somebody may guess.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Guesses that were wrong, of everybody together: who guesses may have many addresses.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Option<Window>>);

#[derive(Clone, Copy, Debug)]
struct Window {
    since: Instant,
    wrong: u32,
}

impl Attempts {
    /// Wrong guesses in one window.
    pub(super) const MAX: u32 = 10;
    /// How long a window lasts.
    pub(super) const WINDOW: Duration = Duration::from_secs(60);

    /// Whether nobody may guess for now.
    pub(super) fn is_spent(&self, now: Instant) -> bool {
        let window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        window.is_some_and(|window| window.holds(now) && window.wrong >= Self::MAX)
    }

    /// Somebody guessed wrong.
    pub(super) fn wrong(&self, now: Instant) {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *window {
            Some(window) if window.holds(now) => window.wrong = window.wrong.saturating_add(1),
            other => *other = Some(Window { since: now, wrong: 1 }),
        }
    }
}

impl Window {
    fn holds(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < Attempts::WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_ten_wrong_guesses_nobody_guesses_for_a_minute() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..Attempts::MAX {
            assert!(!attempts.is_spent(now));
            attempts.wrong(now);
        }
        assert!(attempts.is_spent(now));
        assert!(!attempts.is_spent(now + Attempts::WINDOW));
        attempts.wrong(now + Attempts::WINDOW);
        assert!(!attempts.is_spent(now + Attempts::WINDOW), "a new window begins with one");
    }
}
