//! The program as a script meets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod anvil;
mod bad_input;
mod count;
mod dead_chain;
mod endpoints;
mod http;
mod interrupt;
mod program;
mod report;
mod served;
mod usage;
mod verdict;
mod virtual_time;
