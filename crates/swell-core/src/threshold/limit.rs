//! Limits with their units, and how they are compared with.

use std::fmt;

use super::metric::Quantity;

/// How a measure is compared with its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

impl Comparison {
    /// Every comparison; those of two characters first, as they begin with those of one.
    pub(super) const ALL: [Self; 5] =
        [Self::AtMost, Self::AtLeast, Self::Equal, Self::Below, Self::Above];

    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
        }
    }

    /// Whether `value` meets `limit`.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "`==` is asked of counts and wei, which are exact")]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Equal => value == limit,
        }
    }
}

/// What a measure is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The number, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.unit.suffix())
    }
}

/// The unit a limit was given in; results are told in the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Microseconds,
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Percent,
    PerSecond,
    Bytes,
    Kibibytes,
    Mebibytes,
    Gibibytes,
    Kilobytes,
    Megabytes,
    Gigabytes,
    Wei,
    Count,
    PercentPerMinute,
}

impl Unit {
    /// The units of a quantity as they are written, and what one is in the quantity's base.
    const fn of(quantity: Quantity) -> &'static [(&'static str, Self)] {
        match quantity {
            Quantity::Time => &[
                ("us", Self::Microseconds),
                ("µs", Self::Microseconds),
                ("ms", Self::Milliseconds),
                ("s", Self::Seconds),
                ("m", Self::Minutes),
                ("h", Self::Hours),
            ],
            Quantity::Share => &[("%", Self::Percent)],
            Quantity::Rate => &[("/s", Self::PerSecond)],
            Quantity::Size => &[
                ("KiB", Self::Kibibytes),
                ("MiB", Self::Mebibytes),
                ("GiB", Self::Gibibytes),
                ("kB", Self::Kilobytes),
                ("MB", Self::Megabytes),
                ("GB", Self::Gigabytes),
                ("B", Self::Bytes),
            ],
            Quantity::Money => &[("wei", Self::Wei), ("", Self::Wei)],
            Quantity::Count => &[("", Self::Count)],
            Quantity::Growth => &[("%/min", Self::PercentPerMinute), ("%", Self::PercentPerMinute)],
        }
    }

    /// One of this unit, in the base of its quantity (microseconds, octets, itself).
    #[must_use]
    pub const fn scale(self) -> f64 {
        match self {
            Self::Milliseconds | Self::Kilobytes => 1e3,
            Self::Seconds | Self::Megabytes => 1e6,
            Self::Minutes => 60e6,
            Self::Hours => 3600e6,
            Self::Gigabytes => 1e9,
            Self::Kibibytes => 1024.0,
            Self::Mebibytes => 1024.0 * 1024.0,
            Self::Gibibytes => 1024.0 * 1024.0 * 1024.0,
            Self::Microseconds
            | Self::Percent
            | Self::PerSecond
            | Self::Bytes
            | Self::Wei
            | Self::Count
            | Self::PercentPerMinute => 1.0,
        }
    }

    /// The name a report uses.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "min",
            Self::Hours => "h",
            Self::Percent => "%",
            Self::PerSecond => "/s",
            Self::Bytes => "bytes",
            Self::Kibibytes => "KiB",
            Self::Mebibytes => "MiB",
            Self::Gibibytes => "GiB",
            Self::Kilobytes => "kB",
            Self::Megabytes => "MB",
            Self::Gigabytes => "GB",
            Self::Wei => "wei",
            Self::Count => "",
            Self::PercentPerMinute => "%/min",
        }
    }

    /// As it is written behind a number in a threshold.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Minutes => "m",
            Self::Bytes => "B",
            other => other.label(),
        }
    }
}

/// What a limit of `quantity` looks like, for people.
pub(super) const fn example(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Time => "a duration, such as `300ms`, `45s` or `20m`",
        Quantity::Share => "a percentage, such as `85%`",
        Quantity::Rate => "a rate, such as `2.5/s`",
        Quantity::Size => "a size, such as `512MiB` or `1GiB`",
        Quantity::Money => "a number of wei, such as `0`",
        Quantity::Count => "a number, such as `5`",
        Quantity::Growth => "a percentage a minute, such as `1%`",
    }
}

/// Reads a limit of `quantity`: a number that is not negative, and a unit.
pub(super) fn parse(quantity: Quantity, text: &str) -> Option<Limit> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let value: f64 = number.parse().ok()?;
    let (_, unit) = Unit::of(quantity).iter().find(|(written, _)| *written == suffix.trim())?;
    value.is_finite().then_some(Limit { value, unit: *unit })
}
