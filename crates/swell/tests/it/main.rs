//! The program as a script meets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod anvil;
mod bad_input;
mod chain_books;
mod count;
mod dead_chain;
mod faults;
mod http;
mod interrupt;
mod killed;
mod program;
mod proxy;
mod report;
mod served;
mod stale;
mod usage;
mod verdict;
mod virtual_time;
