//! The commands, each with its settings resolved.

pub mod check;
mod place;
pub mod run;
pub mod runs;
pub mod sandbox;
pub mod sweep;
