//! The run as numbers for machines: Prometheus, its remote write, and OpenTelemetry.
//!
//! ```text
//! Snapshot ─▶ families ─▶ text         /metrics as text or OpenMetrics
//!     CATALOGUE ─┘   ├───▶ proto       /metrics in protobuf, with native histograms
//!                    ├───▶ remote_write
//!                    └───▶ otlp
//! ```
//!
//! Every name, unit and label is in the [`CATALOGUE`], which the table in `docs/metrics.md` is made
//! of and which `deploy/` is tested against. No label holds what a user or a target said: how many
//! series there are is known when the run begins.

mod buckets;
mod catalogue;
mod docs;
mod exposition;
mod families;
mod family;
pub mod otlp;
mod proto;
pub mod remote_write;
mod text;

#[cfg(test)]
mod deploy_tests;
#[cfg(test)]
mod tests;

pub use buckets::CLASSIC_BOUNDS_S;
pub use catalogue::{CATALOGUE, Kind, LABELS, Label, Metric, Unit};
pub use docs::{label_table, metric_table};
pub use exposition::Exposition;
pub use families::{Lost, families};
pub use family::{Family, Series, Value};

/// What is sent to somebody at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The body of the request.
    pub body: Vec<u8>,
    /// How many samples it holds.
    pub samples: u64,
}
