//! The personal server: identities, operations, and every check that the real one makes.
//!
//! A request to create an operation is verified for real: its signature is recovered, the
//! permission, the grantee and the file records are read from the chain, grant and data are
//! fetched from the store, the password and the file are decrypted. Only the inference is played:
//! its result comes after a drawn delay and is derived from prompt and data.

mod checks;
mod client;
mod decrypt;
mod download;
mod grant;
mod inference;
mod iso8601;
mod operations;
mod rate_limit;
mod records;
mod refusal;
mod routes;
mod service;

#[cfg(test)]
mod tests;

pub(crate) use download::Downloads;
pub(crate) use rate_limit::Limited;
pub use rate_limit::RateLimits;
pub(crate) use records::ContractCalls;
pub(crate) use refusal::Refusal;
pub(crate) use routes::{UNKNOWN_OPERATION, routes};
pub(crate) use service::PersonalServer;
