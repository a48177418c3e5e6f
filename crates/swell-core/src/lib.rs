//! Swell's pure core: what the run must do, what it did, and whether that was enough.
//!
//! No sockets, no clock, no runtime, no global randomness: every function here gives the
//! same answer to the same arguments, on every machine.

pub mod admission;
pub mod annotation;
pub mod arrival;
pub mod ceiling;
pub mod command;
pub mod diagnosis;
pub mod event;
pub mod funding;
pub mod journey;
pub mod plan;
pub mod progress;
pub mod report;
pub mod run;
pub mod seed;
pub mod snapshot;
pub mod spend;
pub mod stats;
pub mod submit;
pub mod target;
pub mod threshold;
pub mod time;
pub mod timeline;
pub mod trace;
pub mod units;
pub mod wallet;
