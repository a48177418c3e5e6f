//! How a step fails, and why a run cannot go on.

use swell_chain::ChainError;
use swell_core::journey::{FailureClass, FailureDetail};
use swell_net::NetError;

/// Why a step failed. The context that knows step and user turns it into a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepError {
    /// Its class.
    pub class: FailureClass,
    /// What is known of it.
    pub detail: FailureDetail,
}

impl StepError {
    /// An error in words.
    pub fn new(class: FailureClass, words: impl std::fmt::Display) -> Self {
        Self { class, detail: FailureDetail::words(words) }
    }

    /// An answer with an error status, classified by that status alone.
    #[must_use]
    pub fn from_status(status: u16, body: &[u8]) -> Self {
        let class = match status {
            429 => FailureClass::RateLimited,
            401 | 403 => FailureClass::Unauthorized,
            404 => FailureClass::NotFound,
            400..=499 => FailureClass::BadRequest,
            500..=599 => FailureClass::ServerError,
            _ => FailureClass::Protocol,
        };
        let detail = FailureDetail { status: Some(status), ..FailureDetail::default() }
            .with_body(&String::from_utf8_lossy(body));
        Self { class, detail }
    }
}

impl From<ChainError> for StepError {
    fn from(error: ChainError) -> Self {
        let class = error.class();
        Self::new(class, Causes(&error))
    }
}

/// An error and its causes, outermost first.
pub struct Causes<'a>(pub &'a dyn std::error::Error);

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl From<NetError> for StepError {
    fn from(error: NetError) -> Self {
        let class = match error {
            NetError::Unavailable { .. } => FailureClass::Unavailable,
            NetError::RateLimited { .. } => FailureClass::RateLimited,
            NetError::TooLarge { .. } => FailureClass::Protocol,
            NetError::Invalid(_) => FailureClass::Internal,
            NetError::Connect(_) | NetError::Lost(_) | NetError::Timeout(_) => {
                FailureClass::Transport
            }
        };
        Self::new(class, error)
    }
}
