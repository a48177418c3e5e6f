//! `POST operations` and `GET operations/{id}`.

use alloy_primitives::Address;
use alloy_signer::SignerSync;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ErrorCode;
use crate::permissions::{SignatureError, parse_signature};

/// The body of `POST operations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateOperation {
    /// EIP-191 signature over exactly `operation_request_json`, by the grantee's key.
    pub app_signature: String,
    /// JSON *text* that names the permission.
    pub operation_request_json: String,
}

/// The text that asks for the operation of `permission_id`.
#[must_use]
pub fn operation_request_json(permission_id: u64) -> String {
    format!("{{\"permission_id\":{permission_id}}}")
}

/// Makes the signed request for the operation of `permission_id`.
///
/// # Errors
/// What the signer says; a key in memory cannot fail.
pub fn sign_operation(
    permission_id: u64,
    app: &impl SignerSync,
) -> Result<CreateOperation, alloy_signer::Error> {
    let text = operation_request_json(permission_id);
    let signature = app.sign_message_sync(text.as_bytes())?;
    Ok(CreateOperation {
        app_signature: format!("0x{}", hex::encode(signature.as_bytes())),
        operation_request_json: text,
    })
}

/// The address that signed `text`; the signature is hexadecimal, with or without `0x`.
///
/// # Errors
/// [`SignatureError`] when nothing can be recovered.
pub fn recover_app(text: &str, signature: &str) -> Result<Address, SignatureError> {
    let digits = signature.strip_prefix("0x").unwrap_or(signature);
    let octets = hex::decode(digits).map_err(|_| SignatureError::NotHex)?;
    parse_signature(&octets)?
        .recover_address_from_msg(text)
        .map_err(|_| SignatureError::NotRecoverable)
}

/// Why an operation request's text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationRequestError {
    /// It is not a JSON object with the one key `permission_id`.
    #[error("the operation request is not a JSON object with just permission_id")]
    NotRequest,
    /// The permission id is text or the like.
    #[error("permission_id in the operation request is not a whole number")]
    NotNumber,
    /// The permission id is zero or negative.
    #[error("permission_id in the operation request is not above zero")]
    NotPositive,
}

impl OperationRequestError {
    /// The error code that the personal server answers with.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::NotRequest => ErrorCode::ValidationOperationRequestJson,
            Self::NotNumber => ErrorCode::InternalServer,
            Self::NotPositive => ErrorCode::ValidationPermissionId,
        }
    }
}

/// Reads the permission id as the personal server does.
///
/// # Errors
/// [`OperationRequestError`], whose [`code`](OperationRequestError::code) is the server's answer.
pub fn parse_operation_request(text: &str) -> Result<u64, OperationRequestError> {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return Err(OperationRequestError::NotRequest);
    };
    let Some(id) = fields.get("permission_id").filter(|_| fields.len() == 1) else {
        return Err(OperationRequestError::NotRequest);
    };
    match id {
        Value::Number(number) => match number.as_u64() {
            Some(0) => Err(OperationRequestError::NotPositive),
            Some(id) => Ok(id),
            None if number.is_i64() => Err(OperationRequestError::NotPositive),
            None => Err(OperationRequestError::NotNumber),
        },
        _ => Err(OperationRequestError::NotNumber),
    }
}

/// The answer 202 to `POST operations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCreated {
    kind: CreatedKind,
    /// What to poll for.
    pub id: String,
    /// ISO 8601.
    pub created_at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum CreatedKind {
    OperationCreated,
}

impl OperationCreated {
    /// Makes the answer.
    #[must_use]
    pub const fn new(id: String, created_at: String) -> Self {
        Self { kind: CreatedKind::OperationCreated, id, created_at }
    }
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationState {
    /// Accepted.
    Starting,
    /// Under way.
    Processing,
    /// Ended with a result. The only success.
    Succeeded,
    /// Ended without; the reason is not told.
    Failed,
    /// Ended on request.
    Canceled,
}

impl OperationState {
    /// Whether polling can end.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }

    /// The state's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// The result of an operation, in the form of either generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OperationResult {
    /// Text, which in JSON mode holds JSON (September 2025).
    Text(String),
    /// An object around the text (October 2025).
    Output(OperationOutput),
    /// The JSON that the model answered (October 2025, as it was meant).
    Json(Value),
}

/// An object around the text of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationOutput {
    /// The text.
    pub output: String,
}

impl OperationResult {
    /// Wraps the model's answer as `generation` does.
    #[must_use]
    pub fn new(text: String, generation: super::ServerGeneration) -> Self {
        match generation {
            super::ServerGeneration::September => Self::Text(text),
            super::ServerGeneration::October => Self::Output(OperationOutput { output: text }),
        }
    }

    /// Whether the server says, in place of a result, that the model's answer was no JSON.
    ///
    /// It says so in the result of an operation that succeeded: an object whose `error` is
    /// `json_parse_failed`, as text or as it is.
    #[must_use]
    pub fn is_unparsed(&self) -> bool {
        #[derive(Deserialize)]
        struct Unparsed {
            error: String,
        }
        const ERROR: &str = "json_parse_failed";
        let says_so = |unparsed: Unparsed| unparsed.error == ERROR;
        match self {
            Self::Text(text) | Self::Output(OperationOutput { output: text }) => {
                serde_json::from_str(text).is_ok_and(says_so)
            }
            Self::Json(value) => value.get("error").and_then(Value::as_str) == Some(ERROR),
        }
    }

    /// The model's answer as text, whichever form it came in.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Output(OperationOutput { output: text }) => text,
            Self::Json(value) => value.to_string(),
        }
    }
}

/// The answer to `GET operations/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationStatus {
    kind: StatusKind,
    /// The operation.
    pub id: String,
    /// How far it is.
    pub status: OperationState,
    /// ISO 8601, once started.
    pub started_at: Option<String>,
    /// ISO 8601, once ended.
    pub finished_at: Option<String>,
    /// The result, once succeeded.
    pub result: Option<OperationResult>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StatusKind {
    OperationStatus,
}

impl OperationStatus {
    /// Makes the answer of an operation in `status` that has neither times nor a result yet.
    #[must_use]
    pub const fn new(id: String, status: OperationState) -> Self {
        Self {
            kind: StatusKind::OperationStatus,
            id,
            status,
            started_at: None,
            finished_at: None,
            result: None,
        }
    }
}
