//! The `swell` program: arguments, configuration, exit codes.
//!
//! The library exists for its tests; the program is [`main`].

pub mod args;
pub mod command;
pub mod config;
pub mod exit;
pub mod init;
pub mod key;
pub mod log;
mod program;
pub mod redact;
mod terminal;

pub use program::main;
