//! In which words the relay answers.

use alloy_primitives::B256;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::failure::RelayFailure;

/// In which words the relay answers: those of one of the handlers that clients have met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelayAnswers {
    /// `signed`, and errors with status 500: the SDK of September 2025, whose handler throws.
    Signed,
    /// `submitted`, and errors with status 200: the handler without an operation store.
    #[default]
    Submitted,
    /// `pending`, then `confirmed` to a `status_check` once a block holds the transaction, and
    /// errors with status 200: the handler with an operation store.
    Pending,
}

/// An answer on its way out.
pub(super) type Answer = (StatusCode, Value);

impl RelayAnswers {
    /// Whether operations are remembered for a `status_check`.
    pub(super) const fn has_store(self) -> bool {
        matches!(self, Self::Pending)
    }

    /// The node has accepted the transaction; with a store it is asked for by `operation`.
    pub(super) fn accepted(self, hash: B256, operation: impl FnOnce() -> String) -> Answer {
        let answer = match self {
            Self::Signed => json!({ "type": "signed", "hash": hash }),
            Self::Submitted => json!({ "type": "submitted", "hash": hash }),
            Self::Pending => pending(&operation()),
        };
        (StatusCode::OK, answer)
    }

    /// The request is refused.
    pub(super) fn refused(self, failure: &RelayFailure) -> Answer {
        let status = match (failure, self) {
            (RelayFailure::NotARequest(_), _) => StatusCode::BAD_REQUEST,
            (_, Self::Signed) => StatusCode::INTERNAL_SERVER_ERROR,
            (_, Self::Submitted | Self::Pending) => StatusCode::OK,
        };
        (status, json!({ "type": "error", "error": failure.to_string() }))
    }
}

/// The transaction is in no block yet.
pub(super) fn pending(operation: &str) -> Value {
    json!({ "type": "pending", "operationId": operation })
}

/// A block holds the transaction.
pub(super) fn confirmed(hash: B256, receipt: &Value) -> Value {
    json!({ "type": "confirmed", "hash": hash, "receipt": receipt })
}
