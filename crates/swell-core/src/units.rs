//! Amounts with their unit in the type. Conversion happens here and nowhere else.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul};

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Native token, in wei. Written as a decimal string wherever it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wei(pub U256);

impl Wei {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);
    /// Wei in one whole token of 18 decimals.
    pub const PER_TOKEN: u64 = 1_000_000_000_000_000_000;

    /// A small amount.
    #[must_use]
    pub fn new(wei: u128) -> Self {
        Self(U256::from(wei))
    }

    /// So many whole tokens of 18 decimals.
    #[must_use]
    pub fn from_tokens(tokens: u64) -> Self {
        Self(U256::from(tokens) * U256::from(Self::PER_TOKEN))
    }

    /// Whether this is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// `self − other`, or `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `self − other`, or zero below zero.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self × count`, saturating.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(U256::from(count)))
    }

    /// Whole tokens as a number for display, never for accounting.
    #[must_use]
    pub fn as_tokens_f64(self) -> f64 {
        f64::from(self.0) / 1e18
    }
}

impl Add for Wei {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Wei {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Wei {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Wei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Wei {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Wei {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        U256::from_str_radix(&text, 10).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Units of EVM gas.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Gas(pub u64);

impl Gas {
    /// What a plain transfer of value costs.
    pub const TRANSFER: Self = Self(21_000);

    /// `self × factor`, rounded up, saturating.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "gas is far below 2^53, and a float cast saturates"
    )]
    pub fn scaled(self, factor: f64) -> Self {
        Self((self.0 as f64 * factor).ceil() as u64)
    }
}

impl Add for Gas {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A part of a whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(f64);

impl Share {
    /// A share, or `None` when `percent` is not between 0 and 100.
    #[must_use]
    pub fn from_percent(percent: f64) -> Option<Self> {
        (0.0..=100.0).contains(&percent).then_some(Self(percent / 100.0))
    }

    /// The share in percent.
    #[must_use]
    pub const fn percent(self) -> f64 {
        self.0 * 100.0
    }

    /// This part of `gas`, rounded down.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "gas is far below 2^53, and a share is not negative"
    )]
    pub fn of(self, gas: Gas) -> Gas {
        Gas((gas.0 as f64 * self.0) as u64)
    }
}

/// Price of gas, in wei per unit of gas.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct WeiPerGas(pub u128);

impl WeiPerGas {
    /// One gwei.
    pub const GWEI: Self = Self(1_000_000_000);

    /// `self × count`, saturating.
    #[must_use]
    pub const fn times(self, count: u128) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl Add for WeiPerGas {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<Gas> for WeiPerGas {
    type Output = Wei;
    /// Cannot overflow: 128 + 64 bits fit in 256.
    fn mul(self, gas: Gas) -> Wei {
        Wei(U256::from(self.0) * U256::from(gas.0))
    }
}

/// Events per second: finite and not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(f64);

impl Rate {
    /// Nothing happens.
    pub const ZERO: Self = Self(0.0);

    /// A rate, or `None` when `per_second` is negative or not finite.
    #[must_use]
    pub fn new(per_second: f64) -> Option<Self> {
        (per_second.is_finite() && per_second >= 0.0).then_some(Self(per_second))
    }

    /// Events per second.
    #[must_use]
    pub const fn per_second(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}
