//! From values to places on an axis, and the values worth naming.

/// An axis. Places go from 0, where it begins, to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear {
        /// Where it begins.
        low: f64,
        /// Where it ends; above `low`.
        high: f64,
    },
    /// Equal distances are equal ratios.
    Log {
        /// Where it begins; above 0.
        low: f64,
        /// Where it ends; above `low`.
        high: f64,
    },
}

/// The most that an axis shows: beyond, arithmetic with floats ends.
const MOST: f64 = 1e300;
/// The least that a logarithmic axis shows: a microsecond, where values are milliseconds.
const LEAST: f64 = 1e-3;
/// Ticks of an axis of values, about.
const TICKS: f64 = 4.0;

impl Scale {
    /// From 0 to a round number that is not below any of `values`.
    #[must_use]
    pub fn from_zero(values: impl IntoIterator<Item = f64>) -> Self {
        let most = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let most = if most > 0.0 { most.min(MOST) } else { 1.0 };
        let step = nice_step(most / TICKS);
        Self::Linear { low: 0.0, high: (most / step - 1e-9).ceil().max(1.0) * step }
    }

    /// From a round number not above any of `values` to one not below; what is not positive is not
    /// shown.
    #[must_use]
    pub fn logarithmic(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for value in values.into_iter().filter(|value| value.is_finite() && *value > 0.0) {
            (least, most) = (least.min(value), most.max(value));
        }
        if most <= 0.0 {
            return Self::Log { low: 1.0, high: 10.0 };
        }
        let low = round_down(least.clamp(LEAST, MOST));
        let mut high = round_up(most.clamp(LEAST, MOST));
        if high <= low {
            high = low * 10.0;
        }
        Self::Log { low, high }
    }

    /// For values that may lie powers of ten apart: logarithmic where they do, else from 0.
    #[must_use]
    pub fn for_latencies(values: &[f64]) -> Self {
        match Self::logarithmic(values.iter().copied()) {
            Self::Log { low, high } if high < 15.0 * low => Self::from_zero(values.iter().copied()),
            scale => scale,
        }
    }

    /// Where `value` lies; outside the axis, at its nearer end.
    #[must_use]
    pub fn place(self, value: f64) -> f64 {
        let place = match self {
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Log { low, high } => {
                (value.max(low).log10() - low.log10()) / (high.log10() - low.log10())
            }
        };
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The values worth naming, ascending; at least two, at most twelve.
    #[must_use]
    pub fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear { low, high } => {
                let step = nice_step((high - low) / TICKS);
                let whole = (low / step).ceil();
                (0..=12)
                    .map(|at| (whole + f64::from(at)) * step)
                    .take_while(|t| *t <= high + step * 1e-6)
                    .collect()
            }
            Self::Log { low, high } => log_ticks(low, high),
        }
    }
}

/// Instants worth naming between 0 and `until_s`, seconds: round in the units people use, at most `most`
/// of them, and 0 in any case.
#[must_use]
pub fn time_ticks(until_s: f64, most: usize) -> Vec<f64> {
    const STEPS: [f64; 25] = [
        0.1,
        0.2,
        0.5,
        1.0,
        2.0,
        5.0,
        10.0,
        15.0,
        30.0,
        60.0,
        120.0,
        300.0,
        600.0,
        900.0,
        1800.0,
        3600.0,
        7200.0,
        10_800.0,
        21_600.0,
        43_200.0,
        86_400.0,
        172_800.0,
        432_000.0,
        864_000.0,
        1_728_000.0,
    ];
    if !until_s.is_finite() || until_s <= 0.0 || most < 2 {
        return vec![0.0];
    }
    let needed = until_s / (most - 1) as f64;
    let fits = STEPS.into_iter().find(|step| *step >= needed);
    let step = fits.unwrap_or_else(|| nice_step(needed));
    let end = until_s + step * 1e-6;
    (0..most).map(|at| at as f64 * step).take_while(|tick| *tick <= end).collect()
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10.0_f64.powf(step.max(1e-300).log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    let factor = factors.into_iter().find(|factor| factor * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// 1, 2 or 5 times a power of ten: the largest not above `value`.
fn round_down(value: f64) -> f64 {
    let power = decade(value);
    [5.0, 2.0].into_iter().map(|f| f * power).find(|round| *round <= value).unwrap_or(power)
}

/// 1, 2 or 5 times a power of ten: the smallest not below `value`.
fn round_up(value: f64) -> f64 {
    let power = decade(value);
    let rounds = [1.0, 2.0, 5.0].map(|factor| factor * power);
    rounds.into_iter().find(|round| *round >= value).unwrap_or(10.0 * power)
}

/// The largest power of ten not above `value`, which is positive.
fn decade(value: f64) -> f64 {
    let power = 10.0_f64.powf(value.log10().floor());
    // The logarithm may be a hair off on either side.
    if power > value {
        power / 10.0
    } else if power * 10.0 <= value {
        power * 10.0
    } else {
        power
    }
}

fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = (high / low).log10();
    let (factors, every): (&[f64], f64) = match decades {
        d if d <= 2.4 => (&[1.0, 2.0, 5.0], 1.0),
        d if d <= 8.0 => (&[1.0], 1.0),
        d => (&[1.0], (d / 6.0).ceil()),
    };
    let first = decade(low).log10().round();
    let mut ticks = Vec::new();
    let mut exponent = first;
    while ticks.len() < 12 {
        let power = 10.0_f64.powf(exponent);
        if power > high * (1.0 + 1e-9) {
            break;
        }
        let near = |tick: &f64| *tick >= low * (1.0 - 1e-9) && *tick <= high * (1.0 + 1e-9);
        ticks.extend(factors.iter().map(|factor| factor * power).filter(near));
        exponent += every;
    }
    if ticks.len() < 2 {
        return vec![low, high];
    }
    ticks.truncate(12);
    ticks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn axes_from_zero_end_at_round_numbers() {
        for (most, high, ticks) in [
            (3.1, 4.0, vec![0.0, 1.0, 2.0, 3.0, 4.0]),
            (86.0, 100.0, vec![0.0, 25.0, 50.0, 75.0, 100.0]),
            (0.0, 1.0, vec![0.0, 0.25, 0.5, 0.75, 1.0]),
            (4.0, 4.0, vec![0.0, 1.0, 2.0, 3.0, 4.0]),
        ] {
            let scale = Scale::from_zero([most]);
            assert_eq!(scale, Scale::Linear { low: 0.0, high }, "{most}");
            assert_eq!(scale.ticks(), ticks, "{most}");
        }
    }

    #[test]
    fn logarithmic_axes_name_ones_twos_and_fives_or_powers_alone() {
        let near = Scale::logarithmic([230.0, 4_100.0]);
        assert_eq!(near, Scale::Log { low: 200.0, high: 5_000.0 });
        assert_eq!(near.ticks(), [200.0, 500.0, 1_000.0, 2_000.0, 5_000.0]);
        let far = Scale::logarithmic([0.2, 61_000.0]);
        assert_eq!(far.ticks(), [1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0]);
        assert_eq!(Scale::logarithmic([]).ticks(), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(Scale::logarithmic([7.0]).ticks(), [5.0, 10.0]);
    }

    #[test]
    fn latencies_that_are_alike_are_shown_from_zero() {
        assert_eq!(Scale::for_latencies(&[2_100.0, 3_400.0]), Scale::from_zero([3_400.0]));
        let apart = [20.0, 3_400.0];
        assert_eq!(Scale::for_latencies(&apart), Scale::logarithmic(apart));
    }

    #[test]
    fn instants_are_round_in_the_units_people_use() {
        assert_eq!(time_ticks(60.0, 7), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        assert_eq!(time_ticks(340.0, 7), [0.0, 60.0, 120.0, 180.0, 240.0, 300.0]);
        assert_eq!(time_ticks(86_400.0, 10).len(), 9);
        assert_eq!(time_ticks(0.0, 7), [0.0]);
    }

    proptest! {
        #[test]
        fn every_value_lies_on_its_axis(values in prop::collection::vec(-1e300..1e300_f64, 0..20)) {
            for scale in [Scale::from_zero(values.clone()), Scale::logarithmic(values.clone())] {
                for value in values.iter().copied().chain([0.0, f64::NAN, f64::INFINITY]) {
                    let place = scale.place(value);
                    prop_assert!((0.0..=1.0).contains(&place), "{scale:?} {value} {place}");
                }
            }
        }

        #[test]
        fn ticks_are_few_ascending_and_on_the_axis(
            exponents in prop::collection::vec(-290.0..290.0_f64, 0..5),
        ) {
            let values: Vec<f64> = exponents.iter().map(|exponent| 10.0_f64.powf(*exponent)).collect();
            for scale in [Scale::from_zero(values.clone()), Scale::logarithmic(values.clone())] {
                let ticks = scale.ticks();
                prop_assert!((2..=12).contains(&ticks.len()), "{scale:?} {ticks:?}");
                prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]), "{scale:?} {ticks:?}");
                let (Scale::Linear { low, high } | Scale::Log { low, high }) = scale;
                prop_assert!(low < high && low.is_finite() && high.is_finite());
                prop_assert!(ticks[0] >= low * (1.0 - 1e-6), "{scale:?} {ticks:?}");
                prop_assert!(ticks[ticks.len() - 1] <= high * (1.0 + 1e-6), "{scale:?} {ticks:?}");
            }
        }

        #[test]
        fn no_value_lies_above_its_axis(most in 1e-3..1e200_f64) {
            for scale in [Scale::from_zero([most]), Scale::logarithmic([most])] {
                let (Scale::Linear { high, .. } | Scale::Log { high, .. }) = scale;
                prop_assert!(high >= most * (1.0 - 1e-6), "{scale:?} {most}");
            }
        }

        #[test]
        fn instants_are_few_and_within(until in 0.0..1e9_f64, most in 2..12_usize) {
            let ticks = time_ticks(until, most);
            prop_assert!((1..=most).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]), "{ticks:?}");
            prop_assert!(ticks.iter().all(|tick| *tick <= until * (1.0 + 1e-6)), "{ticks:?}");
        }
    }
}
