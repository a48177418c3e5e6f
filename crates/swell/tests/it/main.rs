//! The program as a script meets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod anvil;
mod bad_input;
mod count;
mod dead_chain;
mod endpoints;
mod funding;
mod http;
mod interrupt;
mod money;
mod program;
mod recovery;
mod report;
mod resume;
mod served;
mod usage;
mod verdict;
mod virtual_time;
