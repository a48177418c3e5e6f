//! What a run measures: recorded in shards, merged exactly, in memory that does not grow with users or time.
//!
//! ```text
//! journey tasks ──record──▶ Shard (one a worker) ──absorb, once a second──▶ Totals ──▶ Report, Snapshot, thresholds
//! ```
//!
//! *Architecture invariant:* every type here is bounded. Histograms are bounded by their range, time
//! series by doubling their resolution, failures by the classes and steps there are, samples by a constant.

mod exponential;
mod failures;
mod histogram;
mod inclusion;
mod latency;
mod recent;
mod records;
mod relay;
mod resource_track;
mod rolling;
mod series;
mod shard;
mod throughput;
mod totals;
mod uploads;

pub use exponential::{ExponentialHistogram, upper_bound_s};
pub use histogram::LatencyHistogram;
pub use inclusion::InclusionLatency;
pub use latency::{Distribution, Exported, ExportedHistogram};
pub use recent::Recent;
pub use records::{JourneyRecord, StepRecord};
pub use relay::RelayStats;
pub use resource_track::ResourceTrack;
pub use shard::Shard;
pub use throughput::LoadWindow;
pub use totals::Totals;
pub use uploads::{UploadStats, url_gas};

#[cfg(test)]
mod tests;
