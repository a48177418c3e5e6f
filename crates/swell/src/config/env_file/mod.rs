//! The `.env` of the load test that this one replaces: the layer beneath run file and preset.
//!
//! [`variables`] says what each variable means here; [`EnvFile`] reads the text; [`Asked`] is what a
//! file asks for, as a layer of settings and as parts of a target; [`EnvNotes`] tells what became of
//! each variable.

mod asked;
mod notes;
mod text;
pub mod variables;

#[cfg(test)]
mod tests;

pub use asked::{Asked, EnvTarget};
pub use notes::EnvNotes;
pub use text::{Entry, EnvFile};
