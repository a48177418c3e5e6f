//! What is recorded of one step and of one journey.

use std::time::Duration;

use crate::journey::{JourneyOutcome, StepId};
use crate::time::RunOffset;

/// A step that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Which one.
    pub step: StepId,
    /// From when it was due.
    pub response: Duration,
    /// From when it was sent.
    pub service: Duration,
    /// Whether it failed.
    pub failed: bool,
}

/// A journey that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JourneyRecord {
    /// The user.
    pub seq: u64,
    /// When the user ought to have begun.
    pub due: RunOffset,
    /// When the user got a place.
    pub sent: RunOffset,
    /// When the journey ended.
    pub ended: RunOffset,
    /// How.
    pub outcome: JourneyOutcome,
    /// The user's wallet, if there was one.
    pub wallet: Option<String>,
}

impl JourneyRecord {
    /// From due to the end: what the user felt.
    #[must_use]
    pub const fn response(&self) -> Duration {
        self.ended.saturating_since(self.due)
    }

    /// From sent to the end: what the target took.
    #[must_use]
    pub const fn service(&self) -> Duration {
        self.ended.saturating_since(self.sent)
    }
}
