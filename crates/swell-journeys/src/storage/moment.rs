//! Instants as stores write them.

use std::time::Duration;

use jiff::Timestamp;

/// The instant `unix` after the epoch.
pub(super) fn timestamp(unix: Duration) -> Timestamp {
    let ms = i64::try_from(unix.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

/// `unix` as `2026-01-01T00:00:00.000Z`.
pub(super) fn iso8601(unix: Duration) -> String {
    format!("{:.3}", timestamp(unix))
}

/// `unix` as `20260101T000000Z`.
pub(super) fn basic(unix: Duration) -> String {
    timestamp(unix).strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_as_the_published_clients_do() {
        let unix = Duration::from_millis(1_758_650_000_000);
        assert_eq!(iso8601(unix), "2025-09-23T17:53:20.000Z");
        assert_eq!(basic(unix), "20250923T175320Z");
    }
}
