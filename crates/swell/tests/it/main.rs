//! The program as a script meets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod usage;
