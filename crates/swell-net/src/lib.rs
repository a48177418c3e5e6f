//! The one seam to the network: every byte to a target passes an [`HttpService`].
//!
//! Timeouts, retries, rate limits, faults, tracing and metrics are layers on it; the sandbox
//! in virtual time is another service behind it. Callers cannot tell.

pub mod clock;
pub mod compute;
mod error;

use bytes::Bytes;
use tower::util::BoxCloneSyncService;

pub use error::NetError;

/// A request with its whole body in memory. Its URI is absolute.
pub type Request = http::Request<Bytes>;

/// A response with its whole body in memory.
pub type Response = http::Response<Bytes>;

/// Whatever answers requests: sockets, or a router in the same process.
pub type HttpService = BoxCloneSyncService<Request, Response, NetError>;
