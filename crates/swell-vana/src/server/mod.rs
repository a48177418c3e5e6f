//! The personal server: its keys, and every message to and from it.
//!
//! Paths are relative to the base URL, which includes `/api/v1`: `GET identity?address=0x…`,
//! `POST operations`, `GET operations/{id}`.

mod application;
mod error;
mod identity;
mod key;
mod operation;
mod request;

#[cfg(test)]
mod tests;

pub use application::{
    ApplicationAnswer, AskOperation, AskedOperation, PassedOn, PollOperation, PolledOperation,
};
pub use error::{
    ErrorBody, ErrorCode, ErrorDetail, ErrorReport, RateLimitReport, RateLimited, ValidationIssue,
};
pub use identity::{Identity, IdentityError, PersonalServer};
pub use key::{MnemonicError, ServerKey, ServerKeys};
pub use operation::{
    CreateOperation, OperationCreated, OperationRequestError, OperationResult, OperationState,
    OperationStatus, operation_request_json, parse_operation_request, recover_app, sign_operation,
};
pub use request::parse_identity_address;

/// Which of the two recorded versions of the personal server is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerGeneration {
    /// September 2025: one operation, results as text.
    #[default]
    September,
    /// October 2025: three operations, results as objects, stricter bodies.
    October,
}

impl ServerGeneration {
    /// The operations that a grant may name.
    #[must_use]
    pub const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::September => &[crate::grant::LLM_INFERENCE],
            Self::October => {
                &[crate::grant::LLM_INFERENCE, "prompt_gemini_agent", "prompt_qwen_agent"]
            }
        }
    }
}
