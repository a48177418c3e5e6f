//! What is known before a run to limit it: the arithmetic of the check.
//!
//! Each row says what limits, how much it allows, what was asked, why, and the number that would do.
//! Pure: the caller reads chain, target file and profile, and says where each number comes from.

mod inputs;
mod rows;

pub use inputs::{CeilingInputs, Grantee, Purse};
pub use rows::{ceilings, places_for, what};

#[cfg(test)]
mod tests;
