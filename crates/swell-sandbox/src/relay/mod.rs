//! The relay: it sends what users sign from an account of its own, so that no user needs money.
//!
//! A request is treated as the published relay handler treats it: the signer of the typed data is
//! recovered and compared with the user that is named, the call is tried by an estimate of its gas,
//! sent from the relay's account, and answered before any block holds it.

mod answers;
mod failure;
mod request;
mod routes;
mod service;

#[cfg(test)]
mod tests;

pub use answers::RelayAnswers;
pub(crate) use request::RelayRequest;
pub(crate) use routes::routes;
pub(crate) use service::Relay;
