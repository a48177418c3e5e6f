//! The program as a script meets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod anvil;
mod bad_input;
mod chain_books;
mod count;
mod dead_chain;
mod endpoints;
mod events;
mod fake_relay;
mod faults;
mod files;
mod funding;
mod fuzz_seeds;
mod http;
mod interrupt;
mod killed;
mod limited;
mod metrics;
mod metrics_sink;
mod money;
mod program;
mod proxy;
mod recovery;
mod registered;
mod report;
mod resume;
mod screen;
mod served;
mod stale;
mod storage;
mod submit;
mod traces;
mod usage;
mod verdict;
mod virtual_time;
