//! The embedded target: a dev chain on revm, an object store, a personal server, a relay and an
//! application server.
//!
//! [`Sandbox`] is all of them behind one router. It runs in three ways:
//!
//! - in the same runtime, called as a service ([`Sandbox::service`]): virtual time and tests;
//! - in the same process, on threads of its own ([`SandboxHost`]), so that its CPU time is told
//!   apart from the load's;
//! - on a port ([`Sandbox::serve`]).
//!
//! Beside a chain elsewhere ([`RemoteChain`]) it has neither a chain nor a relay.
//!
//! It holds nothing of worth, and its keys are published: see [`keys`].

pub mod chain;
pub mod contracts;
pub mod keys;
pub mod server;
pub mod store;

mod application;
mod config;
mod delay;
mod faults;
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod profile;
mod relay;
mod remote_chain;
mod sandbox;
mod schema;
mod service;
mod stats;

#[cfg(test)]
mod tests;

pub use config::{BaseFee, Grantees, IN_PROCESS_URL, PartKnobs, SandboxConfig};
pub use delay::Delay;
pub use host::{HostError, SandboxHost};
pub use profile::{NATURAL_URL_CHARS, Profile, SIGNED_URL_CHARS, UnknownProfile};
pub use relay::RelayAnswers;
pub use remote_chain::RemoteChain;
pub use sandbox::Sandbox;
pub use stats::SandboxStats;
