//! Configuration: what was asked, by whom, and whether it makes sense.
//!
//! Every setting is one row of [`setting::SETTINGS`]: its option, its variable, its key in a run
//! file, its help and its default all come from there. Each layer is parsed to raw text with an
//! origin; [`Settings::resolve`] lets the strongest layer win and turns text into valid values,
//! collecting every problem on the way.
//!
//! ```text
//! options ─┐
//! SWELL_* ─┤
//! run file ┼─▶ raw text with origin ──▶ resolve ──▶ Settings   (or all Problems at once)
//! preset ──┤
//! .env ────┤
//! defaults ┘
//! ```

pub mod choice;
pub mod duration;
pub mod env;
pub mod env_file;
pub mod file;
pub mod money;
pub mod network;
pub mod network_storage;
pub mod preset;
pub mod print;
pub mod problem;
pub mod raw;
pub mod resolve;
pub mod setting;
pub mod settings;
mod storage_target;
mod target_fields;
pub mod target_file;
mod target_shape;
pub mod value;
pub mod view;

mod consistency;

#[cfg(test)]
pub(crate) mod tests;

pub use preset::Preset;
pub use problem::{Problem, Problems};
pub use raw::{Layer, Origin, Raw};
pub use resolve::Sources;
pub use settings::{ResolvedValue, Settings, TargetChoice};
