//! The data portability protocol: encryption, permissions, grants and personal server messages.
//!
//! Everything here is pure: bytes and values in, bytes and values out. There is no socket, no
//! clock and no global randomness; keys, times and generators are handed in. A client that plays
//! a user and a personal server that serves one can both be built on it.

pub mod addresses;
pub mod crc32c;
pub mod ecies;
pub mod encryption;
pub mod grant;
pub mod permissions;
pub mod prompt;
pub mod relay;
pub mod schema;
pub mod selection;
pub mod server;
pub mod synthetic;

#[cfg(test)]
mod test_support;
