//! The one seam to the network: every byte to a target passes an [`HttpService`].
//!
//! Timeouts, retries, rate limits, faults, tracing and metrics are layers on it; the sandbox
//! in virtual time is another service behind it. Callers cannot tell.
//!
//! An [`Endpoint`] is what journeys hold: one target's address with all layers around a shared
//! transport. [`transport::sockets`] is the transport of real runs, [`socket::web_sockets`] the one
//! for what a node tells by itself.

pub mod background;
pub mod breaker;
pub mod call;
pub mod clock;
pub mod compute;
pub mod endpoint;
mod error;
pub mod exchange;
pub mod fault;
pub mod limit;
pub mod meter;
pub mod precise;
pub mod request;
pub mod resources;
pub mod retry;
pub mod retry_after;
pub mod socket;
#[cfg(test)]
mod testing;
pub mod timeout;
pub mod trace;
pub mod transport;

use bytes::Bytes;
use tower::util::BoxCloneSyncService;

pub use call::CallOptions;
pub use endpoint::{Endpoint, EndpointId, EndpointSettings, EndpointStats};
pub use error::NetError;

/// A request with its whole body in memory. Its URI is absolute.
pub type Request = http::Request<Bytes>;

/// A response with its whole body in memory.
pub type Response = http::Response<Bytes>;

/// Whatever answers requests: sockets, or a router in the same process.
pub type HttpService = BoxCloneSyncService<Request, Response, NetError>;
