//! Numbers a run must meet.

/// One number the run must meet, such as `p95(response) < 45s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// As it was asked.
    pub expr: String,
}
