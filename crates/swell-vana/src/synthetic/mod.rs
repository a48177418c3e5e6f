//! Synthetic user data: one JSON object of made-up people, places and dates per user.
//!
//! Equal generators give equal data on every machine. Names carry the accents that real ones do,
//! so that a target which mishandles UTF-8 is found out.

mod date;
mod person;
mod record;
mod words;

#[cfg(test)]
mod tests;

pub use record::{ActivityVolume, UserDataKind, user_data};
