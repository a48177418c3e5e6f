//! Messages of the relay: what it is asked beside
//! [`RelayRequest`](crate::permissions::RelayRequest), and every way in which it answers.
//!
//! # Source
//! The handlers of the published SDK (0.1.0-alpha, 2.x and its reference) and of the load test's own
//! API server; `vectors/10-relay.json` holds recorded requests and answers.

use alloy_primitives::B256;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::permissions::RevertReason;

/// The request that asks how an operation is.
#[must_use]
pub fn status_request(operation_id: &str) -> Value {
    json!({ "type": "status_check", "operationId": operation_id })
}

/// What a relay answered, whatever its generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayAnswer {
    /// It sent the transaction, or had it confirmed.
    Sent(B256),
    /// It works on it; ask again under this operation.
    Pending(String),
    /// It refuses.
    Refused {
        /// In its words.
        error: String,
        /// The contract's error that the words speak of, if they speak of one.
        revert: Option<&'static str>,
    },
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayAnswerError {
    /// It is not JSON, or its fields have other types.
    #[error("the relay's answer is not an object with the agreed fields")]
    Malformed,
    /// Its type says success, and it has no hash.
    #[error("the relay's answer is of type {kind} and has no hash")]
    NoHash {
        /// The type.
        kind: &'static str,
    },
    /// It is pending without a name to ask under.
    #[error("the relay's answer is pending and names no operation")]
    NoOperation,
    /// It is of a type that is no answer to this.
    #[error("the relay's answer is of no known type")]
    UnknownType,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    #[serde(rename = "type")]
    kind: Option<String>,
    hash: Option<B256>,
    operation_id: Option<String>,
    error: Option<Value>,
    success: Option<bool>,
    transaction_hash: Option<B256>,
}

impl RelayAnswer {
    /// The longest operation id that is asked under.
    const OPERATION_CHARS_MAX: usize = 256;

    /// Reads an answer. The HTTP status plays no part: some handlers refuse with 200.
    ///
    /// # Errors
    /// [`RelayAnswerError`].
    pub fn parse(body: &[u8]) -> Result<Self, RelayAnswerError> {
        let fields: Fields =
            serde_json::from_slice(body).map_err(|_| RelayAnswerError::Malformed)?;
        let sent = |kind| fields.hash.map(Self::Sent).ok_or(RelayAnswerError::NoHash { kind });
        match (fields.kind.as_deref(), fields.success) {
            (Some("signed"), _) => sent("signed"),
            (Some("submitted"), _) => sent("submitted"),
            (Some("confirmed"), _) => sent("confirmed"),
            (Some("pending"), _) => fields
                .operation_id
                .filter(|id| !id.is_empty() && id.len() <= Self::OPERATION_CHARS_MAX)
                .filter(|id| !id.contains(char::is_control))
                .map(Self::Pending)
                .ok_or(RelayAnswerError::NoOperation),
            (Some("error"), _) | (None, Some(false)) => Ok(Self::refused(fields.error)),
            (None, Some(true)) => fields
                .transaction_hash
                .or(fields.hash)
                .map(Self::Sent)
                .ok_or(RelayAnswerError::NoHash { kind: "success" }),
            _ => Err(RelayAnswerError::UnknownType),
        }
    }

    /// Whether it refuses what the user signed: the contract would revert, or the signature is not the
    /// user's. Whoever refuses otherwise may be out of order.
    ///
    /// # Source
    /// The words that the published handler's errors begin with.
    #[must_use]
    pub fn refuses_what_was_signed(&self) -> bool {
        const SIGNATURE: [&str; 2] =
            ["Signature verification failed:", "Security verification failed:"];
        match self {
            Self::Refused { error, revert } => {
                revert.is_some() || SIGNATURE.iter().any(|start| error.starts_with(start))
            }
            Self::Sent(_) | Self::Pending(_) => false,
        }
    }

    fn refused(error: Option<Value>) -> Self {
        let error = match error {
            Some(Value::String(words)) => words,
            Some(other) => other.to_string(),
            None => "no reason given".to_owned(),
        };
        let revert = RevertReason::named_in(&error);
        Self::Refused { error, revert }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::vectors;

    fn parse(answer: &Value) -> Result<RelayAnswer, RelayAnswerError> {
        RelayAnswer::parse(answer.to_string().as_bytes())
    }

    #[test]
    fn the_handlers_recorded_answer_is_read() {
        let sent = parse(&vectors("10-relay.json")["items"][0]["response"]).unwrap();
        assert_eq!(sent, RelayAnswer::Sent(B256::repeat_byte(0xab)));
    }

    #[test]
    fn every_generation_says_success_in_its_own_way() {
        let hash = B256::repeat_byte(7);
        for kind in ["signed", "submitted", "confirmed"] {
            let answer = json!({ "type": kind, "hash": hash, "receipt": { "status": "success" } });
            assert_eq!(parse(&answer), Ok(RelayAnswer::Sent(hash)));
            let bare = json!({ "type": kind });
            assert_eq!(parse(&bare), Err(RelayAnswerError::NoHash { kind }));
        }
        let mock = json!({ "success": true, "transactionHash": hash });
        assert_eq!(parse(&mock), Ok(RelayAnswer::Sent(hash)));
        let pending = json!({ "type": "pending", "operationId": "op-1" });
        assert_eq!(parse(&pending), Ok(RelayAnswer::Pending("op-1".into())));
        for none in [json!(null), json!(""), json!("a\u{1b}[31m"), json!("a".repeat(257))] {
            let answer = json!({ "type": "pending", "operationId": none });
            assert_eq!(parse(&answer), Err(RelayAnswerError::NoOperation), "{none}");
        }
        assert_eq!(parse(&json!({ "type": "direct" })), Err(RelayAnswerError::UnknownType));
        assert_eq!(RelayAnswer::parse(b"<html>"), Err(RelayAnswerError::Malformed));
        assert_eq!(
            parse(&json!({ "type": "signed", "hash": "0xab" })),
            Err(RelayAnswerError::Malformed)
        );
    }

    #[test]
    fn refusals_name_the_contracts_error_where_they_speak_of_one() {
        let refused = |error: &str| match parse(&json!({ "type": "error", "error": error })) {
            Ok(RelayAnswer::Refused { revert, .. }) => revert,
            other => panic!("{other:?}"),
        };
        let viem = "Add server files and permissions submission failed: The contract function reverted. \
                    Error: InvalidNonce(uint256 expected, uint256 provided) (0, 5)";
        assert_eq!(refused(viem), Some("InvalidNonce"));
        assert_eq!(refused("reverted with data: 0x9df69edf"), Some("GranteeNotFound"));
        assert_eq!(refused("Signature verification failed: bad"), None);
        assert_eq!(refused("ECDSAInvalidSignatureLength(64)"), Some("ECDSAInvalidSignatureLength"));
        let other = parse(&json!({ "success": false, "error": { "code": 3 } })).unwrap();
        assert_eq!(other, RelayAnswer::Refused { error: "{\"code\":3}".into(), revert: None });
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_it_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _answer = RelayAnswer::parse(&body);
        }
    }
}
