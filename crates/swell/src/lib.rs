//! The `swell` program: arguments, configuration, exit codes.
//!
//! The library exists for its tests; the program is [`main`].

pub mod args;
pub mod check;
pub mod cleanup;
pub mod command;
pub mod config;
pub mod connection;
pub mod consent;
mod endpoints;
pub mod exit;
pub mod init;
pub mod interrupts;
pub mod key;
pub mod live;
pub mod log;
mod program;
pub mod recovery;
pub mod redact;
mod registration;
pub mod results;
pub mod resume;
pub mod runs;
pub mod storage;
pub mod store;
pub mod sweep_text;
mod terminal;
mod terminal_ui;
pub mod views;

pub use program::main;
