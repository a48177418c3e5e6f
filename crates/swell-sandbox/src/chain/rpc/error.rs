//! Errors as JSON-RPC reports them.

use alloy_primitives::Bytes;
use serde_json::{Value, json};

use crate::chain::call::CallError;
use crate::chain::pool_error::PoolError;

/// An error answer: code, text and, for reverts, the data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Bytes>,
}

impl RpcError {
    /// What a node answers when it understood and refuses.
    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(-32_000, message)
    }

    /// The parameters are not what the method takes.
    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(-32_602, message)
    }

    /// This is no request.
    pub(crate) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(-32_600, message)
    }

    /// This is no JSON.
    pub(crate) fn parse(message: impl Into<String>) -> Self {
        Self::new(-32_700, message)
    }

    pub(crate) fn unknown_method(method: &str) -> Self {
        Self::new(-32_601, format!("the method {method} does not exist/is not available"))
    }

    /// The block was kept once and is not any more.
    ///
    /// # Source
    /// Code 4444 is "pruned history unavailable" of the execution API's error list.
    pub(crate) fn pruned(number: u64, oldest: u64) -> Self {
        let message = format!(
            "pruned history unavailable: block {number} is forgotten, the oldest kept is {oldest}"
        );
        Self::new(4_444, message)
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.data {
            Some(data) => {
                json!({"code": self.code, "message": self.message, "data": data.to_string()})
            }
            None => json!({"code": self.code, "message": self.message}),
        }
    }

    fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

impl From<CallError> for RpcError {
    fn from(error: CallError) -> Self {
        let message = error.to_string();
        match error {
            CallError::Revert(data) => Self { code: 3, message, data: Some(data) },
            CallError::Halt(_) | CallError::Rejected(_) => Self::server(message),
        }
    }
}

impl From<PoolError> for RpcError {
    fn from(error: PoolError) -> Self {
        Self::server(error.to_string())
    }
}
