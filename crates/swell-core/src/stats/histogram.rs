//! A distribution of durations: HDR, 3 significant digits, in microseconds.

use std::mem::size_of;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::ExponentialHistogram;
use crate::report::{CurvePoint, Lag, Latency, LatencyClock, LatencyCurve};

/// Significant digits kept.
pub(super) const DIGITS: u8 = 3;

/// Where a curve is looked at, percent: closer together towards the end, as the plot's axis is.
const CURVE_PERCENTS: [f64; 24] = [
    0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 92.5, 95.0, 97.0, 98.0,
    99.0, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99, 99.999,
];

/// A distribution of durations in microseconds, up to 24 h. It grows with its largest value and no further.
///
/// Percentiles are exact to 3 significant digits; mean and maximum are exact. Two of them merge exactly.
#[derive(Clone, Debug)]
pub struct LatencyHistogram {
    counts: Histogram<u32>,
    sum_us: u128,
    us_max: u64,
    over_range: u64,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        let counts = Histogram::new(DIGITS).expect("3 is a legal number of digits");
        Self { counts, sum_us: 0, us_max: 0, over_range: 0 }
    }
}

impl LatencyHistogram {
    /// The longest duration told apart from longer ones.
    pub const RANGE: Duration = Duration::from_secs(24 * 3600);

    /// An empty one that holds its memory up to `longest` from the start, so that a run's memory is
    /// the same early and late.
    #[must_use]
    pub fn with_room(longest: Duration) -> Self {
        let mut roomy = Self::default();
        roomy.record(longest);
        roomy.counts.reset();
        Self { counts: roomy.counts, ..Self::default() }
    }

    /// Adds one duration.
    pub fn record(&mut self, duration: Duration) {
        self.record_us(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds one duration in microseconds. One beyond the range counts as the range, and as over it.
    pub fn record_us(&mut self, us: u64) {
        let range_us = Self::RANGE.as_micros() as u64;
        self.over_range += u64::from(us > range_us);
        self.sum_us += u128::from(us);
        self.us_max = self.us_max.max(us);
        self.counts.record(us.min(range_us)).expect("it grows up to its range");
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts).expect("both have the same digits and range");
        self.sum_us += other.sum_us;
        self.us_max = self.us_max.max(other.us_max);
        self.over_range += other.over_range;
    }

    /// How many were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// How many were beyond [`Self::RANGE`]. Non-zero makes the report say so.
    #[must_use]
    pub const fn over_range(&self) -> u64 {
        self.over_range
    }

    /// The value that `percent` percent do not exceed, microseconds; zero when nothing was recorded.
    #[must_use]
    pub fn percentile_us(&self, percent: f64) -> u64 {
        self.counts.value_at_quantile((percent / 100.0).clamp(0.0, 1.0)).min(self.us_max)
    }

    /// The largest value, microseconds.
    #[must_use]
    pub const fn max_us(&self) -> u64 {
        self.us_max
    }

    /// The mean, microseconds; zero when nothing was recorded.
    #[must_use]
    pub fn mean_us(&self) -> f64 {
        if self.count() == 0 { 0.0 } else { self.sum_us as f64 / self.count() as f64 }
    }

    /// The figures a report shows, milliseconds.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let ms = |us: u64| us as f64 / 1000.0;
        Latency {
            mean: self.mean_us().round() / 1000.0,
            p50: ms(self.percentile_us(50.0)),
            p90: ms(self.percentile_us(90.0)),
            p95: ms(self.percentile_us(95.0)),
            p99: ms(self.percentile_us(99.0)),
            max: ms(self.us_max),
        }
    }

    /// The whole distribution in points that a percentile plot joins, those left out that so few
    /// durations cannot tell apart.
    #[must_use]
    pub fn curve(&self, of: &str, clock: LatencyClock) -> LatencyCurve {
        let count = self.count();
        let told = |percent: &&f64| count as f64 * (100.0 - **percent) / 100.0 >= 1.0;
        let below = CURVE_PERCENTS.iter().filter(told).copied();
        let percents = below.chain((count > 0).then_some(100.0));
        let point =
            |percent| CurvePoint { percent, ms: self.percentile_us(percent) as f64 / 1000.0 };
        LatencyCurve { of: of.to_owned(), clock, count, points: percents.map(point).collect() }
    }

    /// The same durations in the buckets that exporters use; mean and maximum stay exact. Each duration
    /// counts where the upper edge of its bucket here lies, so that no bucket there ever holds less
    /// than it did.
    #[must_use]
    pub fn exponential(&self) -> ExponentialHistogram {
        let mut coarse = ExponentialHistogram::default();
        for value in self.counts.iter_recorded() {
            coarse.record_n_us(value.value_iterated_to(), u64::from(value.count_at_value()));
        }
        coarse.with_exact(self.sum_us, self.us_max)
    }

    /// The figures a report shows of lateness, microseconds.
    #[must_use]
    pub fn lag(&self) -> Lag {
        Lag { p50: self.percentile_us(50.0), p99: self.percentile_us(99.0), max: self.us_max }
    }

    /// Octets of memory it holds.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.counts.distinct_values() * size_of::<u32>()
    }
}
