//! Tests of the whole sandbox.

pub(crate) mod bed;

mod assembly;
mod host;
mod journey;
