//! Whole distributions, as percentile plots show them.

use serde::{Deserialize, Serialize};

/// One distribution in points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatencyCurve {
    /// `journey`, or a step's name.
    pub of: String,
    /// From where it is measured.
    pub clock: LatencyClock,
    /// How many were measured.
    pub count: u64,
    /// By percent, ascending; the last is the largest.
    pub points: Vec<CurvePoint>,
}

/// From where a latency is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LatencyClock {
    /// From due to the end: what the user felt.
    Response,
    /// From sent to the end: what the target took.
    Service,
}

impl LatencyClock {
    /// The word reports and labels use.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Service => "service",
        }
    }
}

/// What so many percent did not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Percent, from 0 to 100.
    pub percent: f64,
    /// Milliseconds, exact to 3 significant digits.
    pub ms: f64,
}
