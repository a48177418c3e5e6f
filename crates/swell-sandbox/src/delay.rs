//! How long something takes: a distribution to draw from.

use std::time::Duration;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// How long something takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delay {
    /// No time.
    #[default]
    None,
    /// Always as long.
    Fixed(Duration),
    /// Anything between the two, equally likely.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// Mostly short, sometimes long: exponential, cut off at ten times the mean.
    Exponential {
        /// The mean, before the cut.
        mean: Duration,
    },
}

impl Delay {
    /// Anything between `min` and `max` milliseconds.
    #[must_use]
    pub const fn uniform_ms(min: u64, max: u64) -> Self {
        Self::Uniform { min: Duration::from_millis(min), max: Duration::from_millis(max) }
    }

    /// Draws one.
    pub fn draw<R: Rng + ?Sized>(self, rng: &mut R) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Fixed(length) => length,
            Self::Uniform { min, max } => {
                min + max.saturating_sub(min).mul_f64(rng.random::<f64>())
            }
            Self::Exponential { mean } => {
                // 1 − u is in (0, 1], so the logarithm is finite.
                let multiple = -(1.0 - rng.random::<f64>()).ln();
                mean.mul_f64(multiple.clamp(0.0, 10.0))
            }
        }
    }

    /// The mean.
    #[must_use]
    pub fn mean(self) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Fixed(length) | Self::Exponential { mean: length } => length,
            Self::Uniform { min, max } => (min + max.max(min)) / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use swell_core::seed::Seed;

    use super::*;

    proptest! {
        #[test]
        fn draws_stay_in_their_range(min in 0_u64..5_000, more in 0_u64..5_000, seed: u64) {
            let mut rng = Seed(seed).rng("delay");
            let drawn = Delay::uniform_ms(min, min + more).draw(&mut rng);
            prop_assert!(drawn >= Duration::from_millis(min));
            prop_assert!(drawn <= Duration::from_millis(min + more));
            let mean = Duration::from_millis(min);
            let exponential = Delay::Exponential { mean };
            prop_assert!(exponential.draw(&mut rng) <= mean * 10);
        }
    }

    #[test]
    fn the_mean_of_many_draws_is_the_mean() {
        let mut rng = Seed(1).rng("delay");
        for delay in [
            Delay::uniform_ms(100, 300),
            Delay::Fixed(Duration::from_millis(200)),
            Delay::Exponential { mean: Duration::from_millis(200) },
        ] {
            let sum: Duration = (0..4_000).map(|_| delay.draw(&mut rng)).sum();
            let mean = sum.as_secs_f64() / 4_000.0;
            assert!((mean - 0.2).abs() < 0.02, "{delay:?}: {mean}");
            assert_eq!(delay.mean(), Duration::from_millis(200));
        }
    }
}
