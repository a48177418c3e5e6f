//! Values as axes, tables and words show them.

use swell_core::units::Wei;

use crate::human::{bytes, count, latency, money, number, rate};

/// What the values of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole things: users, wallets.
    Count,
    /// Events per second.
    PerSecond,
    /// Milliseconds.
    Millis,
    /// Percent.
    Percent,
    /// Octets.
    Bytes,
    /// Wei per gas; shown in gwei.
    WeiPerGas,
}

impl Unit {
    /// `value` in a table or in words.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates, and counts and sizes are not negative"
    )]
    pub fn value(self, value: f64) -> String {
        match self {
            Self::Count => count(value.round() as u64),
            Self::PerSecond => rate(value),
            Self::Millis => latency(value),
            Self::Percent if value >= 10.0 => format!("{value:.0}%"),
            Self::Percent => format!("{value:.1}%"),
            Self::Bytes => bytes(value as u64),
            Self::WeiPerGas => money(Wei::new(value as u128)),
        }
    }

    /// `value` beside an axis, where room is short.
    #[must_use]
    pub fn tick(self, value: f64) -> String {
        match self {
            Self::Count | Self::PerSecond => short(value),
            Self::Millis => short_millis(value),
            Self::Percent => format!("{}%", number(value)),
            Self::Bytes if value <= 0.0 => "0".into(),
            Self::Bytes => short_bytes(value),
            Self::WeiPerGas => number(value / 1e9),
        }
    }
}

/// `950`, `12k`, `1.5M`.
fn short(value: f64) -> String {
    match value {
        v if v >= 1e15 => format!("{v:.0e}"),
        v if v >= 1e9 => number(v / 1e9) + "G",
        v if v >= 1e6 => number(v / 1e6) + "M",
        v if v >= 1e4 => number(v / 1e3) + "k",
        v => number(v),
    }
}

fn short_millis(ms: f64) -> String {
    match ms {
        v if v >= 3_600_000.0 => number(v / 3_600_000.0) + " h",
        v if v >= 1_000.0 => number(v / 1_000.0) + " s",
        v if v >= 1.0 || v <= 0.0 => number(v) + " ms",
        v => number(v * 1_000.0) + " µs",
    }
}

fn short_bytes(size: f64) -> String {
    const KIB: f64 = 1024.0;
    const GIB: f64 = KIB * KIB * KIB;
    match size {
        v if v >= GIB => format!("{:.1} GiB", v / GIB),
        v if v >= KIB * KIB => format!("{:.0} MiB", v / (KIB * KIB)),
        v => format!("{:.0} KiB", v / KIB),
    }
}

/// An instant of a run in as few letters as tell it: `0`, `42 s`, `2.5 s`, `5m`, `1m 30s`, `2h`, `2h 05m`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and instants are not negative"
)]
pub fn instant(at_s: f64) -> String {
    let tenths = (at_s * 10.0).round();
    if tenths <= 0.0 {
        return "0".into();
    }
    if tenths < 600.0 {
        return format!("{} s", number(tenths / 10.0));
    }
    let whole = at_s.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes, seconds) {
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, 0, 0) => format!("{hours}h"),
        (hours, minutes, 0) => format!("{hours}h {minutes:02}m"),
        (hours, minutes, seconds) => format!("{hours}h {minutes:02}m {seconds:02}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_take_the_letters_they_need() {
        let shown = [0.0, 0.5, 42.0, 60.0, 90.0, 600.0, 7_200.0, 7_500.0, 7_501.0].map(instant);
        let expected = ["0", "0.5 s", "42 s", "1m", "1m 30s", "10m", "2h", "2h 05m", "2h 05m 01s"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn ticks_are_short() {
        for (unit, value, shown) in [
            (Unit::Count, 12_000.0, "12k"),
            (Unit::Count, 750.0, "750"),
            (Unit::PerSecond, 2.5, "2.5"),
            (Unit::Millis, 0.0, "0 ms"),
            (Unit::Millis, 0.2, "200 µs"),
            (Unit::Millis, 500.0, "500 ms"),
            (Unit::Millis, 100_000.0, "100 s"),
            (Unit::Percent, 75.0, "75%"),
            (Unit::Bytes, 52_428_800.0, "50 MiB"),
            (Unit::WeiPerGas, 1_500_000_000.0, "1.5"),
            (Unit::Count, 1e30, "1e30"),
        ] {
            assert_eq!(unit.tick(value), shown);
        }
        assert_eq!(Unit::WeiPerGas.value(7.0), "7 wei");
    }
}
