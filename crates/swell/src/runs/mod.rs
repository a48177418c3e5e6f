//! The runs of the store: what each was, how it ended, what it still holds.

mod row;
#[cfg(test)]
mod tests;
mod text;

pub use row::{Holds, RunEnd, RunRow, WhoSays, rows};
pub use text::{runs_json, runs_text};
