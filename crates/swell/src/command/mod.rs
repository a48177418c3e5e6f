//! The commands, each with its settings resolved.

pub mod check;
pub mod cleanup;
mod place;
pub mod run;
pub mod runs;
pub mod sandbox;
mod stops;
pub mod sweep;
