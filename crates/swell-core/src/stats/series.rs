//! Arrivals due and users succeeded over the whole run, in fixed memory.

use std::mem::size_of;
use std::time::Duration;

use crate::time::RunOffset;

/// Buckets kept: 6.8 minutes of the finest width, 27 at a width of 400 ms, and so on.
const BUCKETS_MAX: usize = 4096;

/// Width of the finest bucket.
pub(super) const FINEST: Duration = Duration::from_millis(100);

/// The bucket of [`FINEST`] width that `at` lies in.
pub(super) fn finest_bucket(at: RunOffset) -> u64 {
    at.since_start().as_millis() as u64 / FINEST.as_millis() as u64
}

/// Counts per bucket of time. When the buckets are full each two become one of double width.
#[derive(Clone, Debug)]
pub(super) struct LoadSeries {
    /// Finest buckets in one of ours, a power of two.
    width: u64,
    buckets: Vec<Bucket>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) due: u64,
    pub(super) succeeded: u64,
}

/// What happened between two edges of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: RunOffset,
    pub(super) end: RunOffset,
    pub(super) counts: Bucket,
}

impl Default for LoadSeries {
    fn default() -> Self {
        Self { width: 1, buckets: Vec::new() }
    }
}

impl LoadSeries {
    pub(super) fn record_due(&mut self, at: RunOffset) {
        self.bucket_mut(finest_bucket(at)).due += 1;
    }

    pub(super) fn record_succeeded(&mut self, finest_bucket: u64, count: u64) {
        self.bucket_mut(finest_bucket).succeeded += count;
    }

    /// What happened between `from` and `to`, both moved inwards to the edges of buckets, so that the
    /// counts are exact for the interval that is returned; `None` if that is empty.
    pub(super) fn between(&self, from: RunOffset, to: RunOffset) -> Option<Interval> {
        let width_ms = self.width * FINEST.as_millis() as u64;
        let width = Duration::from_millis(width_ms);
        // An instant at the end of time lies beyond every bucket.
        let bucket = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
        let first = bucket(from.since_start().as_nanos().div_ceil(width.as_nanos()));
        let past = bucket(to.since_start().as_nanos() / width.as_nanos());
        if first >= past {
            return None;
        }
        let buckets = self.buckets.iter().skip(first as usize).take((past - first) as usize);
        let counts = buckets.fold(Bucket::default(), |sum, bucket| sum.plus(*bucket));
        let edge =
            |bucket: u64| RunOffset::new(Duration::from_millis(bucket.saturating_mul(width_ms)));
        Some(Interval { start: edge(first), end: edge(past), counts })
    }

    pub(super) fn total(&self) -> Bucket {
        self.buckets.iter().fold(Bucket::default(), |sum, bucket| sum.plus(*bucket))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.buckets.capacity() * size_of::<Bucket>()
    }

    fn bucket_mut(&mut self, finest: u64) -> &mut Bucket {
        while finest / self.width >= BUCKETS_MAX as u64 {
            self.halve();
        }
        let index = (finest / self.width) as usize;
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, Bucket::default());
        }
        &mut self.buckets[index]
    }

    fn halve(&mut self) {
        let pairs = self.buckets.chunks(2);
        self.buckets = pairs
            .map(|pair| pair.iter().fold(Bucket::default(), |sum, bucket| sum.plus(*bucket)))
            .collect();
        self.width *= 2;
    }
}

impl Bucket {
    const fn plus(self, other: Self) -> Self {
        Self { due: self.due + other.due, succeeded: self.succeeded + other.succeeded }
    }
}
