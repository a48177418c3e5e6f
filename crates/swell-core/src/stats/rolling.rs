//! Counts over the last moments, for live rates and for the best ten seconds.

use std::time::Duration;

use super::series::{FINEST, finest_bucket};
use crate::time::RunOffset;

/// Buckets kept: 307 s.
pub(super) const BUCKETS: usize = 3072;

/// Counts per 100 ms over the last 307 s.
#[derive(Clone, Debug)]
pub(super) struct RollingCounts {
    counts: Box<[u32; BUCKETS]>,
    /// One past the latest bucket that was counted in.
    end: u64,
}

impl Default for RollingCounts {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), end: 0 }
    }
}

impl RollingCounts {
    /// Adds `count` events of `bucket`. One that has left the window is not counted here.
    pub(super) fn add(&mut self, bucket: u64, count: u32) {
        let kept = BUCKETS as u64;
        if bucket + kept < self.end {
            return;
        }
        while self.end <= bucket {
            // A jump beyond the window clears it once, not once a bucket.
            self.end = self.end.max((bucket + 1).saturating_sub(kept));
            self.counts[(self.end % kept) as usize] = 0;
            self.end += 1;
        }
        let slot = &mut self.counts[(bucket % kept) as usize];
        *slot = slot.saturating_add(count);
    }

    /// Events per second over the last `window` before `now`, or since `since` if that is shorter.
    pub(super) fn rate(&self, now: RunOffset, window: Duration, since: RunOffset) -> f64 {
        let window = window.min(now.saturating_since(since));
        if window < FINEST {
            return 0.0;
        }
        let since_ms = (now - window).since_start().as_millis() as u64;
        let first = since_ms.div_ceil(FINEST.as_millis() as u64);
        self.sum(first, finest_bucket(now) + 1) as f64 / window.as_secs_f64()
    }

    /// The most events in any `length` of what is kept.
    pub(super) fn best(&self, length: Duration) -> u64 {
        let length = length.as_millis() as u64 / FINEST.as_millis() as u64;
        let first = self.end.saturating_sub(BUCKETS as u64);
        let (mut sum, mut best) = (0_u64, 0_u64);
        for bucket in first..self.end {
            sum += self.at(bucket);
            if bucket >= first + length {
                sum -= self.at(bucket - length);
            }
            best = best.max(sum);
        }
        best
    }

    fn sum(&self, first: u64, past: u64) -> u64 {
        let first = first.max(self.end.saturating_sub(BUCKETS as u64));
        (first..past.min(self.end)).map(|bucket| self.at(bucket)).sum()
    }

    fn at(&self, bucket: u64) -> u64 {
        u64::from(self.counts[(bucket % BUCKETS as u64) as usize])
    }
}
