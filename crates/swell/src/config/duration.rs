//! Lengths of time as people write them.

use std::time::Duration;

/// What a length of time looks like, for messages.
pub const EXPECTED: &str = "a time such as 500ms, 90s, 15m, 1m30s or 1h (a bare number is minutes)";

/// Longer than any run: a year.
const LENGTH_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads `15` (minutes), `90s`, `500ms`, `1.5h` or `1m30s`.
///
/// `None` for anything else: negative, not a number, longer than a year, an unknown unit.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    if !text.bytes().next()?.is_ascii_digit() {
        return None;
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    let mut unit_before = f64::INFINITY;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit_s = seconds_per(unit, number.len() == text.len())?;
        if unit_s >= unit_before {
            return None;
        }
        let seconds = number.parse::<f64>().ok()? * unit_s;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        (rest, unit_before) = (after, unit_s);
    }
    (total <= LENGTH_MAX).then_some(total)
}

/// Seconds in one `unit`; a number with no unit counts minutes when it stands alone.
fn seconds_per(unit: &str, alone: bool) -> Option<f64> {
    match unit {
        "h" => Some(3600.0),
        "m" | "min" => Some(60.0),
        "" if alone => Some(60.0),
        "s" => Some(1.0),
        "ms" => Some(0.001),
        _ => None,
    }
}

/// Writes `length` so that [`parse`] reads it back, to the millisecond.
#[must_use]
pub fn show(length: Duration) -> String {
    let ms = length.as_millis();
    let mut text = String::new();
    for (unit, unit_ms, left) in [
        ("h", 3_600_000, ms),
        ("m", 60_000, ms % 3_600_000),
        ("s", 1_000, ms % 60_000),
        ("ms", 1, ms % 1_000),
    ] {
        if left / unit_ms > 0 {
            text.push_str(&format!("{}{unit}", left / unit_ms));
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_time_in_many_ways() {
        for (text, ms) in [
            ("15", 900_000),
            ("0.5", 30_000),
            ("90s", 90_000),
            ("15m", 900_000),
            ("1h", 3_600_000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("1h2m3s4ms", 3_723_004),
            ("1.5h", 5_400_000),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "", "s", "-5s", "5 s", "5d", "1s1m", "1m1m", "1m30", "1e3s", "1..5s", ".5s", "NaN",
            "inf", "9999999h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for ms in [0, 1, 999, 1_000, 61_001, 90_000, 3_600_000, 86_399_999] {
            let length = Duration::from_millis(ms);
            assert_eq!(parse(&show(length)), Some(length));
        }
        assert_eq!(show(Duration::from_secs(90)), "1m30s");
        assert_eq!(show(Duration::from_secs(600)), "10m");
    }
}
