//! How a run is steered while it goes on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One wish, and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// What is wished.
    pub action: Action,
    /// By whom.
    pub origin: Origin,
}

/// What can be wished of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// No arrivals until further notice. Paused time makes none: they are late by nothing.
    Pause,
    /// Arrivals go on.
    Resume,
    /// More arrivals: 10 % of the planned rate.
    Faster,
    /// Fewer arrivals: 10 % of the planned rate.
    Slower,
    /// No more arrivals; users in flight may end. What the first Ctrl-C does.
    Drain,
    /// Users in flight end now. What the second Ctrl-C does.
    Abort,
}

/// From where a run is steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Ctrl-C, or a service manager.
    Signal,
    /// A key in the terminal.
    Terminal,
    /// A button on the page.
    Page,
}

/// The share of the planned rate at which users arrive, percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RatePercent(u32);

impl Default for RatePercent {
    fn default() -> Self {
        Self(100)
    }
}

impl RatePercent {
    const STEP: u32 = 10;
    const MIN: u32 = 10;
    /// Ten times what was planned and checked for.
    const MAX: u32 = 1_000;

    /// One step more.
    #[must_use]
    pub fn faster(self) -> Self {
        Self((self.0 + Self::STEP).min(Self::MAX))
    }

    /// One step less; never nothing, which is what pausing is for.
    #[must_use]
    pub fn slower(self) -> Self {
        Self(self.0.saturating_sub(Self::STEP).max(Self::MIN))
    }

    /// As a factor; 1 as planned.
    #[must_use]
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl fmt::Display for RatePercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl Origin {
    /// As annotations say it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Signal => "by a signal",
            Self::Terminal => "from the terminal",
            Self::Page => "from the page",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_up_and_down_cancel_out_and_stay_within_bounds() {
        let planned = RatePercent::default();
        assert_eq!(planned.faster().slower(), planned);
        assert_eq!(planned.faster().to_string(), "110 %");
        let (mut lowest, mut highest) = (planned, planned);
        for _ in 0..200 {
            (lowest, highest) = (lowest.slower(), highest.faster());
        }
        assert!((lowest.factor() - 0.1).abs() < 1e-9 && (highest.factor() - 10.0).abs() < 1e-9);
    }
}
