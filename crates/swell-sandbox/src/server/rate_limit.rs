//! The personal server's rate limits: fixed windows, by client and by identifier.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use swell_vana::server::RateLimited;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3_600;

/// Counters held at once. Beyond them requests pass uncounted, as they do when the real server's
/// counter store fails.
const COUNTERS_MAX: usize = 100_000;

/// Characters of an identifier that count: those of a signature.
const IDENTIFIER_CHARS_MAX: usize = 132;

/// How much one client, and one identifier, may ask for. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Operations created in one clock hour.
    pub operations_per_hour: Option<u64>,
    /// Identities asked for in one clock minute.
    pub identities_per_minute: Option<u64>,
    /// Operations canceled in one clock minute; a client's count is shared with identities.
    pub cancels_per_minute: Option<u64>,
}

impl RateLimits {
    /// No limits.
    pub const NONE: Self =
        Self { operations_per_hour: None, identities_per_minute: None, cancels_per_minute: None };

    /// The real server's defaults: 100 an hour, 120 and 60 a minute.
    pub const PUBLISHED: Self = Self {
        operations_per_hour: Some(100),
        identities_per_minute: Some(120),
        cancels_per_minute: Some(60),
    };
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limited<'a> {
    /// `POST operations`, identified by its signature.
    Operation {
        /// The signature's text.
        signature: &'a str,
    },
    /// `GET identity`, identified by the address.
    Identity {
        /// The address's text.
        address: &'a str,
    },
    /// Cancel, which has no identifier.
    Cancel,
}

/// Counts requests and refuses those beyond the limits.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    limits: RateLimits,
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    hour: Window,
    minute: Window,
}

/// The counters of one window. They are gone with it.
#[derive(Debug, Default)]
struct Window {
    number: u64,
    counters: HashMap<String, u64>,
}

impl RateLimiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self { limits, windows: Mutex::default() }
    }

    /// Counts a request of the client at `ip`.
    pub(crate) fn check(
        &self,
        asked: Limited<'_>,
        ip: &str,
        unix_now: Duration,
    ) -> Result<(), RateLimited> {
        let (limit, length_s) = match asked {
            Limited::Operation { .. } => (self.limits.operations_per_hour, HOUR_S),
            Limited::Identity { .. } => (self.limits.identities_per_minute, MINUTE_S),
            Limited::Cancel => (self.limits.cancels_per_minute, MINUTE_S),
        };
        let Some(limit) = limit else { return Ok(()) };
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = if length_s == HOUR_S { &mut windows.hour } else { &mut windows.minute };
        window.advance(unix_now.as_secs() / length_s);
        let is_client_over = !window.count(&format!("ip {ip}"), limit);
        let identifier = match asked {
            Limited::Operation { signature } => Some(key("signature", signature)),
            Limited::Identity { address } => Some(key("address", address)),
            Limited::Cancel => None,
        };
        let is_over = is_client_over || identifier.is_some_and(|key| !window.count(&key, limit));
        drop(windows);
        if is_over { Err(refusal(limit, length_s, unix_now)) } else { Ok(()) }
    }
}

impl Window {
    fn advance(&mut self, number: u64) {
        if self.number != number {
            self.number = number;
            self.counters.clear();
        }
    }

    /// Counts one, and says whether it is within `limit`.
    fn count(&mut self, key: &str, limit: u64) -> bool {
        if let Some(count) = self.counters.get_mut(key) {
            *count += 1;
            return *count <= limit;
        }
        if self.counters.len() < COUNTERS_MAX {
            self.counters.insert(key.to_owned(), 1);
        }
        limit > 0
    }
}

/// An identifier's key; cut, since clients choose the text.
fn key(kind: &str, text: &str) -> String {
    format!("{kind} {}", text.chars().take(IDENTIFIER_CHARS_MAX).collect::<String>())
}

fn refusal(limit: u64, length_s: u64, unix_now: Duration) -> RateLimited {
    let reset_unix_s = (unix_now.as_secs() / length_s + 1) * length_s;
    let left = Duration::from_secs(reset_unix_s).saturating_sub(unix_now);
    let retry_after_s = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    RateLimited { limit, reset_unix_s, retry_after_s }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Duration = Duration::from_secs(1_767_268_800);

    fn limiter(limit: u64) -> RateLimiter {
        let limit = Some(limit);
        RateLimiter::new(RateLimits {
            operations_per_hour: limit,
            identities_per_minute: limit,
            cancels_per_minute: limit,
        })
    }

    #[test]
    fn a_client_is_refused_beyond_its_limit_until_the_window_ends() {
        let limiter = limiter(2);
        let ask = |signature, at| limiter.check(Limited::Operation { signature }, "1.2.3.4", at);
        let later = NOON + Duration::from_millis(3_596_500);
        assert_eq!(ask("a", NOON), Ok(()));
        assert_eq!(ask("b", NOON), Ok(()));
        let refused = RateLimited { limit: 2, reset_unix_s: 1_767_272_400, retry_after_s: 4 };
        assert_eq!(ask("c", later), Err(refused));
        assert_eq!(ask("c", NOON + Duration::from_secs(3_600)), Ok(()));
    }

    #[test]
    fn an_identifier_is_refused_whatever_client_it_comes_from() {
        let limiter = limiter(1);
        let ask = |address, ip| limiter.check(Limited::Identity { address }, ip, NOON);
        assert_eq!(ask("0xa", "1.1.1.1"), Ok(()));
        assert!(ask("0xa", "2.2.2.2").is_err());
        assert_eq!(ask("0xb", "3.3.3.3"), Ok(()));
    }

    #[test]
    fn cancels_share_the_clients_count_with_identities_and_not_with_operations() {
        let limiter = limiter(2);
        let check = |asked| limiter.check(asked, "1.1.1.1", NOON);
        assert_eq!(check(Limited::Operation { signature: "s" }), Ok(()));
        assert_eq!(check(Limited::Identity { address: "0xa" }), Ok(()));
        assert_eq!(check(Limited::Cancel), Ok(()));
        assert!(check(Limited::Cancel).is_err());
        assert_eq!(check(Limited::Operation { signature: "t" }), Ok(()));
    }
}
