//! How long transactions took into a block.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::LatencyHistogram;
use super::histogram::DIGITS;
use crate::report::{Blocks, InclusionRow};

/// How long transactions of one purpose took into a block, in time and in blocks.
///
/// Its memory does not grow with their number.
#[derive(Clone, Debug)]
pub struct InclusionLatency {
    time: LatencyHistogram,
    blocks: Histogram<u64>,
}

impl Default for InclusionLatency {
    fn default() -> Self {
        let blocks = Histogram::new_with_max(Self::BLOCKS_MAX, DIGITS);
        Self {
            time: LatencyHistogram::default(),
            blocks: blocks.expect("3 is a legal number of digits, and the range holds some values"),
        }
    }
}

impl InclusionLatency {
    /// More blocks than that count as that many.
    pub const BLOCKS_MAX: u64 = 100_000;

    /// Adds one transaction.
    pub fn record(&mut self, time: Duration, blocks: u64) {
        self.time.record(time);
        self.blocks.saturating_record(blocks);
    }

    /// How many were recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.time.count()
    }

    /// The figures a report shows; `None` when nothing was recorded.
    #[must_use]
    pub fn row(&self, tag: &str) -> Option<InclusionRow> {
        let percentile = |percent: f64| self.blocks.value_at_percentile(percent);
        (self.count() > 0).then(|| InclusionRow {
            tag: tag.to_owned(),
            count: self.count(),
            ms: self.time.latency(),
            blocks: Blocks {
                p50: percentile(50.0),
                p95: percentile(95.0),
                p99: percentile(99.0),
                max: self.blocks.max(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_exact_and_time_is_in_milliseconds() {
        let mut latency = InclusionLatency::default();
        assert_eq!(latency.row("funding"), None);
        for blocks in 1..=100 {
            latency.record(Duration::from_millis(blocks * 10), blocks);
        }
        latency.record(Duration::from_secs(5), u64::MAX);
        let row = latency.row("funding").unwrap();
        assert_eq!((row.tag.as_str(), row.count), ("funding", 101));
        let max = row.blocks.max;
        assert!((InclusionLatency::BLOCKS_MAX..=InclusionLatency::BLOCKS_MAX + 100).contains(&max));
        assert_eq!(row.blocks, Blocks { p50: 51, p95: 96, p99: 100, max });
        assert!((row.ms.p50 - 510.0).abs() < 1.0, "{:?}", row.ms);
    }
}
