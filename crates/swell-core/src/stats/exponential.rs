//! A small, mergeable distribution for what there are many of: seconds of a run, and exporters.

use std::mem::size_of;

use serde::Serialize;

/// A distribution of durations over buckets that grow by a constant factor, only those kept that
/// hold something.
///
/// Bucket `i` holds durations from above `2^(i/32)` to `2^((i+1)/32)` seconds, so a percentile is at
/// most 2.2 % too high. Buckets, and the way to merge four into one, are those of OpenTelemetry's
/// exponential histograms (scale 5) and, moved by one, of Prometheus's native ones (schema 5).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExponentialHistogram {
    /// By index, ascending.
    buckets: Vec<(i16, u64)>,
    zeros: u64,
    count: u64,
    sum_us: u128,
    us_max: u64,
}

impl ExponentialHistogram {
    /// Base 2 logarithm of the buckets in an octave.
    pub const SCALE: u8 = 5;

    /// Adds one duration in microseconds.
    pub fn record_us(&mut self, us: u64) {
        self.record_n_us(us, 1);
    }

    /// Adds `n` equal durations in microseconds.
    pub fn record_n_us(&mut self, us: u64, n: u64) {
        self.sum_us += u128::from(us) * u128::from(n);
        self.us_max = self.us_max.max(us);
        self.count += n;
        if us == 0 {
            self.zeros += n;
        } else {
            self.add(index_of(us), n);
        }
    }

    /// The same with a sum and a maximum that are known better than from its buckets.
    pub(super) const fn with_exact(mut self, sum_us: u128, us_max: u64) -> Self {
        (self.sum_us, self.us_max) = (sum_us, us_max);
        self
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (index, n) in &other.buckets {
            self.add(*index, *n);
        }
        self.zeros += other.zeros;
        self.count += other.count;
        self.sum_us += other.sum_us;
        self.us_max = self.us_max.max(other.us_max);
    }

    /// How many were recorded.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many were zero.
    #[must_use]
    pub const fn zeros(&self) -> u64 {
        self.zeros
    }

    /// The largest, microseconds; exact.
    #[must_use]
    pub const fn max_us(&self) -> u64 {
        self.us_max
    }

    /// The sum, seconds.
    #[must_use]
    pub fn sum_s(&self) -> f64 {
        self.sum_us as f64 / 1e6
    }

    /// The value that `percent` percent do not exceed, milliseconds, at most 2.2 % too high; `None`
    /// when nothing was recorded.
    #[must_use]
    pub fn percentile_ms(&self, percent: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let rank = (percent / 100.0 * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = self.zeros;
        if seen >= rank {
            return Some(0.0);
        }
        let largest = self.us_max as f64 / 1000.0;
        for (index, n) in &self.buckets {
            seen += n;
            if seen >= rank {
                return Some((1000.0 * upper_bound_s(*index, Self::SCALE)).min(largest));
            }
        }
        Some(largest)
    }

    /// How many were at most `seconds`, as far as whole buckets tell.
    #[must_use]
    pub fn count_at_most(&self, seconds: f64) -> u64 {
        let below = self.buckets.iter().take_while(|(index, _)| {
            // A bound that is meant to be equal may differ in its last digit.
            upper_bound_s(*index, Self::SCALE) <= seconds * (1.0 + 1e-9)
        });
        self.zeros + below.map(|(_, n)| n).sum::<u64>()
    }

    /// The buckets with `scale` instead of [`Self::SCALE`]: index and count, ascending. Exact, as each
    /// of them is several of ours; a larger scale than ours is ours.
    #[must_use]
    pub fn buckets(&self, scale: u8) -> Vec<(i32, u64)> {
        let shift = Self::SCALE.saturating_sub(scale);
        let mut coarse: Vec<(i32, u64)> = Vec::new();
        for (index, n) in &self.buckets {
            let index = i32::from(*index) >> shift;
            match coarse.last_mut() {
                Some((last, count)) if *last == index => *count += n,
                _ => coarse.push((index, *n)),
            }
        }
        coarse
    }

    /// Octets of memory it holds.
    #[must_use]
    pub const fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.buckets.capacity() * size_of::<(i16, u64)>()
    }

    fn add(&mut self, index: i16, n: u64) {
        match self.buckets.binary_search_by_key(&index, |(index, _)| *index) {
            Ok(at) => self.buckets[at].1 += n,
            Err(at) => self.buckets.insert(at, (index, n)),
        }
    }
}

/// The upper bound of bucket `index` at `scale`, seconds.
#[must_use]
pub fn upper_bound_s(index: i16, scale: u8) -> f64 {
    libm::exp2((f64::from(index) + 1.0) / f64::from(1_u32 << scale))
}

/// The bucket of a duration that is not zero.
fn index_of(us: u64) -> i16 {
    let octaves = libm::log2(us as f64 / 1e6);
    // From -638 for a microsecond to 1,411 for the longest that fits.
    (octaves * f64::from(1_u32 << ExponentialHistogram::SCALE)).ceil() as i16 - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(durations: &[u64]) -> ExponentialHistogram {
        let mut histogram = ExponentialHistogram::default();
        durations.iter().for_each(|us| histogram.record_us(*us));
        histogram
    }

    proptest! {
        #[test]
        fn a_percentile_is_never_too_low_and_little_too_high(
            mut durations in prop::collection::vec(0_u64..100_000_000_000, 1..200),
            percent in 0.0_f64..=100.0,
        ) {
            let found = of(&durations).percentile_ms(percent).unwrap() * 1000.0;
            durations.sort_unstable();
            let rank = (percent / 100.0 * durations.len() as f64).ceil().max(1.0) as usize;
            let exact = durations[rank - 1] as f64;
            prop_assert!(found >= exact * (1.0 - 1e-9) && found <= exact * 1.022 + 1e-3, "{found} for {exact}");
        }

        #[test]
        fn merging_is_recording_together(
            one in prop::collection::vec(0_u64..10_000_000, 0..50),
            other in prop::collection::vec(0_u64..10_000_000, 0..50),
        ) {
            let mut merged = of(&one);
            merged.merge(&of(&other));
            prop_assert_eq!(merged, of(&[one, other].concat()));
        }

        #[test]
        fn coarser_buckets_hold_the_same(durations in prop::collection::vec(1_u64..10_000_000, 0..50)) {
            let histogram = of(&durations);
            let coarse = histogram.buckets(3);
            prop_assert_eq!(coarse.iter().map(|(_, n)| n).sum::<u64>(), histogram.count());
            for us in durations {
                let seconds = us as f64 / 1e6;
                let holds = |(index, _): &(i32, u64)| {
                    let upper = upper_bound_s(i16::try_from(*index).unwrap(), 3);
                    seconds <= upper * (1.0 + 1e-9) && seconds >= upper / 1.0906 * (1.0 - 1e-9)
                };
                prop_assert!(coarse.iter().any(holds), "{seconds}");
            }
        }
    }

    #[test]
    fn zero_is_counted_apart_and_nothing_has_no_percentile() {
        assert_eq!(of(&[]).percentile_ms(50.0), None);
        let histogram = of(&[0, 0, 1_000]);
        assert_eq!((histogram.zeros(), histogram.count()), (2, 3));
        assert_eq!(histogram.percentile_ms(50.0), Some(0.0));
        assert_eq!(histogram.percentile_ms(100.0), Some(1.0));
    }

    #[test]
    fn counts_up_to_a_bound_are_of_whole_buckets() {
        // A second is the upper bound of bucket -1.
        let histogram = of(&[0, 500_000, 1_000_000, 1_000_001, 2_000_000]);
        assert_eq!(histogram.count_at_most(1.0), 3);
        assert_eq!(histogram.count_at_most(2.0), 5);
        assert_eq!(histogram.max_us(), 2_000_000);
        assert!((histogram.sum_s() - 4.500_001).abs() < 1e-9);
    }
}
