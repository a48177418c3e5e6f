//! Lengths of time.

/// A latency in milliseconds: `0.4 ms`, `850 ms`, `4.32 s`, `61.2 s`, `3m 05s`.
#[must_use]
pub fn latency(ms: f64) -> String {
    if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 9_995.0 {
        format!("{:.2} s", ms / 1000.0)
    } else if ms < 119_950.0 {
        format!("{:.1} s", ms / 1000.0)
    } else {
        length(ms / 1000.0)
    }
}

/// A latency in microseconds.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub fn latency_us(us: u64) -> String {
    if us < 1000 { format!("{us} µs") } else { latency(us as f64 / 1000.0) }
}

/// A length in seconds: `42 s`, `10m 05s`, `2h 03m`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and lengths are not negative"
)]
pub fn length(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_show_three_digits() {
        let shown = [0.0, 0.44, 9.96, 850.0, 999.6, 4_321.0, 9_996.0, 61_200.0, 185_000.0];
        let expected = [
            "0.0 ms", "0.4 ms", "10 ms", "850 ms", "1.00 s", "4.32 s", "10.0 s", "61.2 s", "3m 05s",
        ];
        assert_eq!(shown.map(latency), expected);
        assert_eq!([0, 999, 1_500].map(latency_us), ["0 µs", "999 µs", "1.5 ms"]);
    }

    #[test]
    fn lengths_show_two_units() {
        let shown = [0.4, 42.0, 59.6, 605.0, 7_380.0].map(length);
        assert_eq!(shown, ["0 s", "42 s", "1m 00s", "10m 05s", "2h 03m"]);
    }
}
