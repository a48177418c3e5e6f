//! Why no answer came.

use std::time::Duration;

/// Why no usable HTTP answer came. Answers with an error status are answers, not errors.
///
/// Texts name no URL: URLs carry credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The connection could not be made.
    #[error("connecting failed: {0}")]
    Connect(String),
    /// The connection ended before the answer did. The target may have acted on the request.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// No answer in time. The target may have acted on the request.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The circuit breaker is open; nothing was sent.
    #[error("the target stopped answering; next try in {retry_in:?}")]
    Unavailable {
        /// When the breaker will let a request through again.
        retry_in: Duration,
    },
    /// The target asked everyone to wait, for longer than the caller can; nothing was sent.
    #[error("the target limits its rate; next try in {retry_in:?}")]
    RateLimited {
        /// When the target lets a request through again.
        retry_in: Duration,
    },
    /// The answer was larger than the caller allows.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The request itself is not valid; nothing was sent.
    #[error("the request is not valid: {0}")]
    Invalid(String),
}

impl NetError {
    /// Whether the target may have acted on the request although no answer came.
    #[must_use]
    pub const fn may_have_acted(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Timeout(_) | Self::TooLarge { .. })
    }
}
