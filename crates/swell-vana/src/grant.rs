//! The grant file: what a grantee may do with a user's data.

use alloy_primitives::{Address, B256, keccak256};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::server::{ErrorCode, ServerGeneration};

#[cfg(test)]
mod tests;

/// The operation of the data portability flow.
pub const LLM_INFERENCE: &str = "llm_inference";

/// Where a prompt wants the decrypted files.
pub const DATA_PLACEHOLDER: &str = "{{data}}";

/// A grant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GrantFile {
    /// Address of the grantee. The server compares its *text* with the EIP-55 form.
    pub grantee: String,
    /// What may be done.
    pub operation: String,
    /// How; free, but see [`GrantFile::check`].
    pub parameters: Map<String, Value>,
    /// Unix seconds after which the grant is refused; 0 counts as absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

impl GrantFile {
    /// Makes the grant of the data portability flow: inference with `prompt`, answered as JSON.
    #[must_use]
    pub fn inference(grantee: Address, prompt: &str) -> Self {
        let mut parameters = Map::new();
        parameters.insert("prompt".to_owned(), prompt.into());
        parameters.insert("response_format".to_owned(), json!({ "type": "json_object" }));
        Self {
            grantee: grantee.to_checksum(None),
            operation: LLM_INFERENCE.to_owned(),
            parameters,
            expires: None,
        }
    }

    /// The text that is uploaded: indented by two spaces, keys in the fields' order.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Only maps with keys other than text can fail, and there are none.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads a grant file and checks its shape: the keys, their types, and no other keys.
    ///
    /// # Errors
    /// [`GrantError`] names the key, what was found and what is expected.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let value: Value = serde_json::from_str(text).map_err(GrantError::NotJson)?;
        Self::from_value(value)
    }

    /// Checks what the personal server checks, after [`GrantFile::parse`]: the grantee's text, the
    /// expiry, the operation and the response format.
    ///
    /// # Errors
    /// [`GrantError`], first in the server's order.
    pub fn check(
        &self,
        grantee: Address,
        now_unix_s: u64,
        generation: ServerGeneration,
    ) -> Result<(), GrantError> {
        let expected = grantee.to_checksum(None);
        if self.grantee != expected {
            return Err(GrantError::OtherGrantee { found: self.grantee.clone(), expected });
        }
        if let Some(expires) = self.expires
            && expires != 0
            && now_unix_s > expires
        {
            return Err(GrantError::Expired { expires, now: now_unix_s });
        }
        if !generation.operations().contains(&self.operation.as_str()) {
            return Err(GrantError::Operation {
                found: self.operation.clone(),
                expected: generation.operations(),
            });
        }
        self.check_response_format()
    }

    /// The prompt, where there is one.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        self.parameters.get("prompt").and_then(Value::as_str)
    }

    /// Whether the answer is wanted as JSON.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        let format = self.parameters.get("response_format");
        format.and_then(|format| format.get("type")).and_then(Value::as_str) == Some("json_object")
    }

    /// keccak-256 of the compact JSON, keys inside `parameters` sorted. Neither the chain nor the
    /// server uses it.
    #[must_use]
    pub fn hash(&self) -> B256 {
        let mut text = String::from("{\"grantee\":");
        text.push_str(&Value::from(self.grantee.as_str()).to_string());
        text.push_str(",\"operation\":");
        text.push_str(&Value::from(self.operation.as_str()).to_string());
        text.push_str(",\"parameters\":");
        write_sorted(&mut text, &Value::Object(self.parameters.clone()));
        if let Some(expires) = self.expires {
            text.push_str(",\"expires\":");
            text.push_str(&expires.to_string());
        }
        text.push('}');
        keccak256(text)
    }

    fn from_value(value: Value) -> Result<Self, GrantError> {
        let Value::Object(mut fields) = value else {
            return Err(GrantError::shape("the file", &value, "a JSON object"));
        };
        if fields.is_empty() {
            return Err(GrantError::Empty);
        }
        let grantee = take_text(&mut fields, "grantee", "an address of 0x and 40 digits")?;
        let is_address = grantee.strip_prefix("0x").is_some_and(|digits| {
            digits.len() == 40 && digits.bytes().all(|octet| octet.is_ascii_hexdigit())
        });
        if !is_address {
            let found = Value::from(grantee);
            return Err(GrantError::shape("grantee", &found, "an address of 0x and 40 digits"));
        }
        let operation = take_text(&mut fields, "operation", "text that is not empty")?;
        if operation.is_empty() {
            let found = Value::from(operation);
            return Err(GrantError::shape("operation", &found, "text that is not empty"));
        }
        let parameters = match fields.remove("parameters") {
            Some(Value::Object(parameters)) => parameters,
            Some(other) => return Err(GrantError::shape("parameters", &other, "an object")),
            None => return Err(GrantError::Missing { key: "parameters" }),
        };
        let expires = match fields.remove("expires") {
            None => None,
            Some(value) => Some(value.as_u64().ok_or_else(|| {
                GrantError::shape("expires", &value, "a whole number of Unix seconds")
            })?),
        };
        match fields.into_iter().next() {
            Some((key, _)) => Err(GrantError::UnknownKey { key }),
            None => Ok(Self { grantee, operation, parameters, expires }),
        }
    }

    fn check_response_format(&self) -> Result<(), GrantError> {
        let Some(format) = self.parameters.get("response_format") else { return Ok(()) };
        let is_known = format.as_object().is_some_and(|format| {
            format.len() == 1
                && matches!(
                    format.get("type").and_then(Value::as_str),
                    Some("json_object" | "text")
                )
        });
        if is_known {
            return Ok(());
        }
        Err(GrantError::ResponseFormat { found: format.to_string() })
    }
}

/// Why the personal server refuses a grant file.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// It is not JSON.
    #[error("reading the grant file as JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is an empty object.
    #[error("the grant file is empty")]
    Empty,
    /// A key is missing.
    #[error("the grant file has no {key}")]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// There is a key that should not be.
    #[error(
        "the grant file has the unknown key {key:?}, expected only grantee, operation, \
         parameters and expires"
    )]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A value has the wrong type or form.
    #[error("{key} in the grant file is {found}, expected {expected}")]
    Shape {
        /// Where.
        key: &'static str,
        /// The value, shortened.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The grant is for someone else, or its address is not in the EIP-55 form.
    #[error("grantee in the grant file is {found}, expected exactly {expected}")]
    OtherGrantee {
        /// The address in the file.
        found: String,
        /// The grantee on the chain, in its EIP-55 form.
        expected: String,
    },
    /// The grant has expired.
    #[error("the grant expired at {expires}, and it is {now} (Unix seconds)")]
    Expired {
        /// When it expired.
        expires: u64,
        /// The server's time.
        now: u64,
    },
    /// The server cannot do that.
    #[error("operation in the grant file is {found:?}, expected one of {expected:?}")]
    Operation {
        /// The operation in the file.
        found: String,
        /// What the server can do.
        expected: &'static [&'static str],
    },
    /// The answer is wanted in a form that the server does not know.
    #[error(
        "response_format in the grant file is {found}, expected {{\"type\":\"json_object\"}} or \
         {{\"type\":\"text\"}}"
    )]
    ResponseFormat {
        /// The value in the file.
        found: String,
    },
}

impl GrantError {
    /// The error code that the personal server answers with.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotJson(_) | Self::Empty => ErrorCode::FileAccess,
            Self::ResponseFormat { .. } => ErrorCode::Validation,
            Self::Missing { .. }
            | Self::UnknownKey { .. }
            | Self::Shape { .. }
            | Self::OtherGrantee { .. }
            | Self::Expired { .. }
            | Self::Operation { .. } => ErrorCode::GrantValidation,
        }
    }

    fn shape(key: &'static str, found: &Value, expected: &'static str) -> Self {
        const SHOWN_MAX: usize = 80;
        let mut shown = found.to_string();
        if let Some((cut, _)) = shown.char_indices().nth(SHOWN_MAX) {
            shown.truncate(cut);
            shown.push('…');
        }
        Self::Shape { key, found: shown, expected }
    }
}

fn take_text(
    fields: &mut Map<String, Value>,
    key: &'static str,
    expected: &'static str,
) -> Result<String, GrantError> {
    match fields.remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(GrantError::shape(key, &other, expected)),
        None => Err(GrantError::Missing { key }),
    }
}

fn write_sorted(text: &mut String, value: &Value) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<_> = fields.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, value)) in keys.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_sorted(text, value);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_sorted(text, item);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
