//! Numbers a run must meet.
//!
//! ```text
//! MEASURE OP LIMIT [or PERCENT of due] [abort after DURATION]
//!
//! p95(response) < 45s                      success >= 85%          rss < 1GiB
//! p95(step.poll) < 20s                     throughput >= 2.5/s     cpu < 5%
//! max(step.wallet.service) < 30s           peak >= 5/s             rss_slope <= 1%
//! p99.9(schedule_lag) < 5ms                failed(timeout) < 5     unexplained == 0
//! throughput >= 2.5/s or 85% of due        duration < 20m          success >= 50% abort after 60s
//! ```

mod defaults;
mod evaluate;
mod limit;
mod metric;
mod nearest;
mod parse;
mod verdict;

pub use defaults::default_thresholds;
pub use evaluate::Measured;
pub use limit::{Comparison, Limit, Unit};
pub use metric::{Metric, Quantity, Statistic, Subject};
pub use parse::ThresholdError;
pub use verdict::verdict;

use std::time::Duration;

/// One number the run must meet, such as `p95(response) < 45s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// As it was asked.
    pub expr: String,
    /// What is measured.
    pub metric: Metric,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub limit: Limit,
    /// If this share of the rate that was due in the window is less than the limit, it is the limit. Percent.
    pub or_percent_of_due: Option<f64>,
    /// From so long after the load began, a breach aborts the run. It is looked at once a second.
    pub abort_after: Option<Duration>,
}

#[cfg(test)]
mod tests;
