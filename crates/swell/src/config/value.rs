//! From text to valid values, and back to what a run file would say.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use swell_core::plan::Spike;
use swell_core::seed::Seed;
use swell_core::threshold::{Threshold, ThresholdError};
use swell_core::time::RunOffset;
use swell_core::units::Rate;

use super::choice::Choice;
use super::duration;
use super::network::Network;

/// A value that a setting can have.
pub trait Value: Sized {
    /// Reads the text of one layer.
    ///
    /// # Errors
    /// What was expected.
    fn read(text: &str) -> Result<Self, Refusal>;

    /// What a run file would say.
    fn toml(&self) -> String;
}

/// Why a text is not a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What was expected, as a phrase that follows "expected".
    Expected(String),
    /// A sentence that says it all.
    Sentence(String),
}

impl From<String> for Refusal {
    fn from(expected: String) -> Self {
        Self::Expected(expected)
    }
}

impl From<&str> for Refusal {
    fn from(expected: &str) -> Self {
        Self::Expected(expected.to_owned())
    }
}

/// `text` as TOML writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl<T: Choice> Value for T {
    fn read(text: &str) -> Result<Self, Refusal> {
        Ok(<T as Choice>::read(text)?)
    }

    fn toml(&self) -> String {
        quoted(self.as_str())
    }
}

impl Value for NonZeroU64 {
    /// As much as TOML can hold.
    fn read(text: &str) -> Result<Self, Refusal> {
        let number = text.parse::<Self>().ok().filter(|number| i64::try_from(number.get()).is_ok());
        number.ok_or_else(|| "a whole number of at least 1".into())
    }

    fn toml(&self) -> String {
        self.to_string()
    }
}

impl Value for NonZeroU32 {
    fn read(text: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|_| format!("a whole number from 1 to {}", u32::MAX).into())
    }

    fn toml(&self) -> String {
        self.to_string()
    }
}

impl Value for u32 {
    fn read(text: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|_| format!("a whole number from 0 to {}", Self::MAX).into())
    }

    fn toml(&self) -> String {
        self.to_string()
    }
}

impl Value for u64 {
    /// As much as TOML can hold.
    fn read(text: &str) -> Result<Self, Refusal> {
        let number = text.parse::<Self>().ok().filter(|number| i64::try_from(*number).is_ok());
        number.ok_or_else(|| format!("a whole number from 0 to {}", i64::MAX).into())
    }

    fn toml(&self) -> String {
        self.to_string()
    }
}

impl Value for Seed {
    fn read(text: &str) -> Result<Self, Refusal> {
        let seed = text.parse::<u64>().ok().filter(|seed| i64::try_from(*seed).is_ok());
        seed.map(Self).ok_or_else(|| format!("a whole number from 0 to {}", i64::MAX).into())
    }

    fn toml(&self) -> String {
        self.0.to_string()
    }
}

impl Value for bool {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err("true or false".into()),
        }
    }

    fn toml(&self) -> String {
        self.to_string()
    }
}

/// A rate above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositiveRate(pub Rate);

impl PositiveRate {
    /// More than any machine can start, and little enough for every sum to stay exact.
    pub const PER_SECOND_MAX: f64 = 1_000_000.0;
}

/// A rate that [`PositiveRate::PER_SECOND_MAX`] bounds.
fn rate(text: &str) -> Option<Rate> {
    let per_second = text.parse::<f64>().ok()?;
    Rate::new(per_second).filter(|rate| rate.per_second() <= PositiveRate::PER_SECOND_MAX)
}

impl Value for PositiveRate {
    fn read(text: &str) -> Result<Self, Refusal> {
        let rate = rate(text).filter(|rate| rate.per_second() > 0.0);
        rate.map(Self).ok_or_else(|| "users per second: a number above 0, at most 1000000".into())
    }

    fn toml(&self) -> String {
        format!("{:?}", self.0.per_second())
    }
}

impl Value for Duration {
    fn read(text: &str) -> Result<Self, Refusal> {
        duration::parse(text).ok_or_else(|| duration::EXPECTED.into())
    }

    fn toml(&self) -> String {
        quoted(&duration::show(*self))
    }
}

/// A length of time above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositiveTime(pub Duration);

impl Value for PositiveTime {
    /// What rounds to nothing at the clock's grain of a millisecond is nothing.
    fn read(text: &str) -> Result<Self, Refusal> {
        let time = duration::parse(text).filter(|time| time.as_millis() > 0);
        time.map(Self).ok_or_else(|| format!("{}, above 0", duration::EXPECTED).into())
    }

    fn toml(&self) -> String {
        self.0.toml()
    }
}

impl Value for Spike {
    fn read(text: &str) -> Result<Self, Refusal> {
        spike(text).ok_or_else(|| {
            "RATE@START+LENGTH with a length above 0, such as 10@2m+30s (10 users/s from 2 \
             minutes on, for 30 seconds)"
                .into()
        })
    }

    fn toml(&self) -> String {
        let start = duration::show(self.start.since_start());
        quoted(&format!("{}@{start}+{}", self.rate.per_second(), duration::show(self.length)))
    }
}

fn spike(text: &str) -> Option<Spike> {
    let (rate_text, interval) = text.split_once('@')?;
    let (start, length) = interval.split_once('+')?;
    let length = duration::parse(length.trim()).filter(|length| !length.is_zero())?;
    let start = RunOffset::new(duration::parse(start.trim())?);
    Some(Spike { rate: rate(rate_text.trim())?, start, length })
}

impl Value for Threshold {
    fn read(text: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|error: ThresholdError| Refusal::Sentence(error.to_string()))
    }

    fn toml(&self) -> String {
        quoted(&self.expr)
    }
}

impl Value for PathBuf {
    fn read(text: &str) -> Result<Self, Refusal> {
        if text.is_empty() { Err("a path".into()) } else { Ok(Self::from(text)) }
    }

    fn toml(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

/// The target by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetRef {
    /// The embedded sandbox.
    Sandbox,
    /// A public network.
    Network(Network),
    /// A target file.
    File(PathBuf),
}

impl TargetRef {
    /// Every name that a target has.
    pub const NAMES: [&str; 3] = ["sandbox", Network::Moksha.name(), Network::Vana.name()];

    /// The name that looks most like `name`, if one does.
    #[must_use]
    pub fn similar(name: &str) -> Option<&'static str> {
        /// Below this, a suggestion puzzles more than it helps.
        const LIKENESS_MIN: f64 = 0.75;
        let name = name.to_ascii_lowercase();
        let likeness = |known: &str| strsim::jaro_winkler(&name, known);
        let near = Self::NAMES.into_iter().filter(|known| likeness(known) > LIKENESS_MIN);
        near.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
    }
}

impl Value for TargetRef {
    fn read(text: &str) -> Result<Self, Refusal> {
        match text {
            "sandbox" => Ok(Self::Sandbox),
            _ if text.is_empty() || text.contains("://") => {
                Err("sandbox, moksha, vana, or the path of a target file (URLs belong into that \
                     file)"
                    .into())
            }
            _ => {
                Ok(Network::named(text)
                    .map_or_else(|| Self::File(PathBuf::from(text)), Self::Network))
            }
        }
    }

    fn toml(&self) -> String {
        match self {
            Self::Sandbox => quoted("sandbox"),
            Self::Network(network) => quoted(network.name()),
            Self::File(path) => path.toml(),
        }
    }
}
