//! The embedded target: a dev chain on revm, an object store and a personal server.

pub mod contracts;
pub mod chain;
