//! How long a target asks to be left alone.

use std::time::{Duration, UNIX_EPOCH};

use http::header::RETRY_AFTER;

use crate::Response;

/// The wait that `response` asks for in its `Retry-After` header, seen at `unix_now`.
///
/// The header holds whole seconds or an HTTP date (RFC 9110 §10.2.3). A date in the past asks for
/// no wait; what is neither is no wish at all.
#[must_use]
pub fn retry_after(response: &Response, unix_now: Duration) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that overflow ask for a longer wait than there is time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(at.saturating_sub(unix_now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(value: &str) -> Option<Duration> {
        let response =
            http::Response::builder().header(RETRY_AFTER, value).body(bytes::Bytes::new()).unwrap();
        // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
        retry_after(&response, Duration::from_secs(784_111_777))
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(wish(value), seconds.map(Duration::from_secs), "{value:?}");
        }
    }

    #[test]
    fn no_header_is_no_wish() {
        assert_eq!(retry_after(&Response::default(), Duration::ZERO), None);
    }
}
