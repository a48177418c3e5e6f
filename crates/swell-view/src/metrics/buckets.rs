//! The buckets of a distribution as Prometheus has them: classic ones and native ones.

use swell_core::stats::ExponentialHistogram;

/// Upper bounds of the classic buckets, seconds; `+Inf` is one more.
///
/// Few and round, for rules that name them; the native buckets are the fine ones. What is at most
/// 2.2 % below a bound may be counted as above it, never the other way round.
pub const CLASSIC_BOUNDS_S: [f64; 23] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0,
    45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0,
];

/// Base 2 logarithm of the native buckets in an octave: each is 9 % wide, and a journey's distribution
/// has some dozens of them.
pub(super) const NATIVE_SCHEMA: u8 = 3;

/// What native histograms take for zero: Prometheus's own default, 2^-128.
pub(super) const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// How many durations were at most each of [`CLASSIC_BOUNDS_S`].
pub(super) fn classic(histogram: &ExponentialHistogram) -> [u64; CLASSIC_BOUNDS_S.len()] {
    let fine = histogram.buckets(ExponentialHistogram::SCALE);
    let mut fine = fine.into_iter().peekable();
    let mut so_far = histogram.zeros();
    CLASSIC_BOUNDS_S.map(|bound| {
        let last = last_within(bound);
        while let Some((_, count)) = fine.next_if(|(index, _)| *index <= last) {
            so_far += count;
        }
        so_far
    })
}

/// The last fine bucket that does not reach beyond `bound_s`.
fn last_within(bound_s: f64) -> i32 {
    let per_octave = f64::from(1_u32 << ExponentialHistogram::SCALE);
    // A bound that is meant to be equal may differ in its last digit.
    ((bound_s.log2() * per_octave + 1e-6).floor() as i32) - 1
}

/// The native buckets of a distribution, as runs of neighbours.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Native {
    /// Of each run: the distance from the end of the one before, and how many buckets it has.
    pub(super) spans: Vec<(i32, u32)>,
    /// Of each bucket: how many more it holds than the one before.
    pub(super) deltas: Vec<i64>,
}

/// The buckets of `histogram` at [`NATIVE_SCHEMA`].
pub(super) fn native(histogram: &ExponentialHistogram) -> Native {
    let mut native = Native::default();
    let (mut next, mut before) = (0, 0_i64);
    for (index, count) in histogram.buckets(NATIVE_SCHEMA) {
        // Prometheus names a bucket by its upper bound, ours are named by the lower one.
        let index = index + 1;
        match native.spans.last_mut() {
            Some((_, length)) if index == next => *length += 1,
            _ => native.spans.push((index - next, 1)),
        }
        next = index + 1;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        native.deltas.push(count - before);
        before = count;
    }
    native
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations_us: &[u64]) -> ExponentialHistogram {
        let mut histogram = ExponentialHistogram::default();
        durations_us.iter().for_each(|us| histogram.record_us(*us));
        histogram
    }

    #[test]
    fn classic_buckets_are_cumulative_and_those_of_the_distribution() {
        let durations: Vec<u64> = (0..400).map(|n| n * n * 5_003).collect();
        let histogram = of(&durations);
        let counts = classic(&histogram);
        for (bound, count) in CLASSIC_BOUNDS_S.into_iter().zip(counts) {
            assert_eq!(count, histogram.count_at_most(bound), "{bound}");
            let truth = |bound: f64| {
                durations.iter().filter(|us| **us as f64 / 1e6 <= bound).count() as u64
            };
            assert!(count <= truth(bound) && count >= truth(bound / 1.022), "{bound}");
        }
        assert!(counts.is_sorted());
    }

    #[test]
    fn native_buckets_are_runs_with_differences() {
        // (2^-1/8, 1] has Prometheus's index 0, (1, 2^1/8] has 1, (2^7/8, 2] has 8.
        let native = native(&of(&[0, 1_000_000, 1_000_000, 1_050_000, 1_900_000, 2_000_000]));
        assert_eq!(native.spans, [(0, 2), (6, 1)]);
        assert_eq!(native.deltas, [2, -1, 1]);
        assert_eq!(super::native(&of(&[])), Native::default());
    }

    #[test]
    fn a_bucket_below_a_second_has_a_negative_index() {
        assert_eq!(native(&of(&[500_000])).spans, [(-8, 1)]);
    }
}
