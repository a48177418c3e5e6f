//! The application server: it holds the application's key and asks the personal server in the name
//! of whoever asks it.
//!
//! It behaves as the load test's own server does with its URL and key configured and
//! `FORCE_REAL_SYSTEMS=true`: what the personal server refuses is an error, never a made-up answer.

mod routes;
mod service;

#[cfg(test)]
mod tests;

pub(crate) use routes::routes;
pub(crate) use service::Application;
