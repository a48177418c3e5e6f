//! How often somebody may guess.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Guesses that were wrong, of each address for itself: who guesses locks out nobody else.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<HashMap<IpAddr, Window>>);

#[derive(Clone, Copy, Debug)]
struct Window {
    since: Instant,
    wrong: u32,
}

impl Attempts {
    /// Wrong guesses of one address in one window.
    pub(super) const MAX: u32 = 10;
    /// How long a window lasts.
    pub(super) const WINDOW: Duration = Duration::from_secs(60);
    /// Addresses remembered at once. When so many guess, nobody else may.
    const ADDRESSES_MAX: usize = 1_024;

    /// Whether `who` may not guess for now.
    pub(super) fn is_spent(&self, who: IpAddr, now: Instant) -> bool {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match windows.get(&group(who)) {
            Some(window) if window.holds(now) => window.wrong >= Self::MAX,
            Some(_) => false,
            None => {
                windows.values().filter(|window| window.holds(now)).count() >= Self::ADDRESSES_MAX
            }
        }
    }

    /// `who` guessed wrong.
    pub(super) fn wrong(&self, who: IpAddr, now: Instant) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|_, window| window.holds(now));
        let window = windows.entry(group(who)).or_insert(Window { since: now, wrong: 0 });
        window.wrong = window.wrong.saturating_add(1);
    }
}

impl Window {
    fn holds(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < Attempts::WINDOW
    }
}

/// What counts as one address. Of IPv6, whoever has one has all that share its first half.
fn group(who: IpAddr) -> IpAddr {
    match who.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn after_ten_wrong_guesses_an_address_does_not_guess_for_a_minute() {
        let attempts = Attempts::default();
        let now = Instant::now();
        let (who, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..Attempts::MAX {
            assert!(!attempts.is_spent(who, now));
            attempts.wrong(who, now);
        }
        assert!(attempts.is_spent(who, now));
        assert!(!attempts.is_spent(other, now), "who guesses locks out nobody else");
        assert!(!attempts.is_spent(who, now + Attempts::WINDOW));
        attempts.wrong(who, now + Attempts::WINDOW);
        assert!(!attempts.is_spent(who, now + Attempts::WINDOW), "a new window begins with one");
    }

    #[test]
    fn addresses_of_one_owner_are_one() {
        assert_eq!(group(address("2001:db8::1")), group(address("2001:db8::ffff:0:0:1")));
        assert_ne!(group(address("2001:db8::1")), group(address("2001:db8:0:1::1")));
        assert_eq!(group(address("::ffff:192.0.2.1")), address("192.0.2.1"));
    }

    #[test]
    fn when_too_many_guess_nobody_else_may_until_they_are_forgotten() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for low in 0..Attempts::ADDRESSES_MAX as u32 {
            attempts.wrong(std::net::Ipv4Addr::from_bits(0x0a00_0000 + low).into(), now);
        }
        let other = address("192.0.2.1");
        assert!(attempts.is_spent(other, now));
        assert!(!attempts.is_spent(address("10.0.0.0"), now), "it has guesses left");
        let later = now + Attempts::WINDOW;
        assert!(!attempts.is_spent(other, later));
        attempts.wrong(other, later);
        assert_eq!(attempts.0.lock().unwrap().len(), 1);
    }
}
