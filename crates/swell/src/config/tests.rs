//! Layers, problems and printing, each as a user meets them.
use swell_core::journey::{JourneySpec, StepSpec};
/// A journey for tests.
pub(crate) const JOURNEY: JourneySpec =
    JourneySpec { name: "test", steps: &[StepSpec { name: "wallet" }, StepSpec { name: "poll" }] };
