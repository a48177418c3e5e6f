//! Checking what reaches the personal server, before anything is looked up.

use alloy_primitives::Address;
use serde_json::{Map, Value, json};

use super::{
    ServerGeneration,
    error::{ErrorBody, ErrorCode, ValidationIssue},
    operation::CreateOperation,
};

const SIGNATURE_CHARS: usize = 132;
const SIGNATURE_PATTERN: &str = "^0x[a-fA-F0-9]{130}$";
const ADDRESS_PATTERN: &str = "^0x[a-fA-F0-9]{40}$";
const REQUEST_CHARS_MIN: usize = 2;
const REQUEST_CHARS_MAX: usize = 100_000;

impl CreateOperation {
    /// Reads the body of `POST operations` as the personal server does.
    ///
    /// # Errors
    /// The body of the 422 that the server answers with.
    pub fn parse(body: &[u8], generation: ServerGeneration) -> Result<Self, ErrorBody> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            let offset = error.column().saturating_sub(1);
            ErrorBody::validation(vec![ValidationIssue::not_json(offset, "Expecting value")])
        })?;
        let Value::Object(fields) = &value else {
            return Err(ErrorBody::validation(vec![not_an_object(value)]));
        };
        let mut issues = Vec::new();
        let signature = text_field(fields, "app_signature", &value, &mut issues);
        let request = text_field(fields, "operation_request_json", &value, &mut issues);
        if generation == ServerGeneration::October {
            issues.extend(signature.and_then(check_signature));
            issues.extend(request.and_then(check_request));
        }
        match (signature, request) {
            (Some(signature), Some(request)) if issues.is_empty() => Ok(Self {
                app_signature: signature.to_owned(),
                operation_request_json: request.to_owned(),
            }),
            _ => Err(ErrorBody::validation(issues)),
        }
    }
}

/// Reads the query parameter `address` of `GET identity` as the personal server does.
///
/// # Errors
/// The body of the server's answer: a missing address is 422; a malformed one is 500 in September
/// 2025 and 422 since. [`ErrorBody::status`] tells which.
pub fn parse_identity_address(
    address: Option<&str>,
    generation: ServerGeneration,
) -> Result<Address, ErrorBody> {
    let Some(text) = address else {
        let issue = ValidationIssue::missing(["query", "address"], Value::Null);
        return Err(ErrorBody::validation(vec![issue]));
    };
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40);
    if let Some(Ok(address)) = digits.map(str::parse) {
        return Ok(address);
    }
    Err(match generation {
        ServerGeneration::September => {
            ErrorBody::new(ErrorCode::InternalServer, "Internal server error", None)
        }
        ServerGeneration::October => ErrorBody::validation(vec![pattern_mismatch(
            ["query", "address"],
            ADDRESS_PATTERN,
            text,
        )]),
    })
}

/// The text at `key`; notes what is wrong with it otherwise.
fn text_field<'a>(
    fields: &'a Map<String, Value>,
    key: &str,
    body: &Value,
    issues: &mut Vec<ValidationIssue>,
) -> Option<&'a str> {
    match fields.get(key) {
        Some(Value::String(text)) => return Some(text),
        Some(other) => issues.push(issue(
            "string_type",
            ["body", key],
            "Input should be a valid string",
            other.clone(),
            None,
        )),
        None => issues.push(ValidationIssue::missing(["body", key], body.clone())),
    }
    None
}

fn check_signature(text: &str) -> Option<ValidationIssue> {
    const LOC: [&str; 2] = ["body", "app_signature"];
    let length = text.chars().count();
    if length != SIGNATURE_CHARS {
        return Some(wrong_length(LOC, text, length, SIGNATURE_CHARS, SIGNATURE_CHARS));
    }
    let is_hex = text
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|octet| octet.is_ascii_hexdigit()));
    (!is_hex).then(|| pattern_mismatch(LOC, SIGNATURE_PATTERN, text))
}

fn check_request(text: &str) -> Option<ValidationIssue> {
    const LOC: [&str; 2] = ["body", "operation_request_json"];
    let length = text.chars().count();
    if !(REQUEST_CHARS_MIN..=REQUEST_CHARS_MAX).contains(&length) {
        return Some(wrong_length(LOC, text, length, REQUEST_CHARS_MIN, REQUEST_CHARS_MAX));
    }
    let message = match serde_json::from_str::<Value>(text) {
        Err(error) => {
            let place = place(text, &error);
            format!("Value error, Invalid JSON in operation_request_json: Expecting value: {place}")
        }
        Ok(value) if value.get("permission_id").is_none() => {
            "Value error, operation_request_json must contain 'permission_id'".to_owned()
        }
        Ok(_) => return None,
    };
    Some(issue("value_error", LOC, &message, text.into(), Some(json!({ "error": {} }))))
}

/// Where reading stopped, as the server's own JSON reader says it: counted in characters, and one
/// past the end of a text that ends too early.
fn place(text: &str, error: &serde_json::Error) -> String {
    let line = error.line().max(1);
    let past_end = usize::from(error.is_eof());
    let column = error.column().max(1) + past_end;
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    format!("line {line} column {column} (char {})", before + column - 1)
}

fn wrong_length(
    loc: [&str; 2],
    text: &str,
    length: usize,
    chars_min: usize,
    chars_max: usize,
) -> ValidationIssue {
    if length < chars_min {
        let message = format!("String should have at least {chars_min} characters");
        let ctx = json!({ "min_length": chars_min });
        return issue("string_too_short", loc, &message, text.into(), Some(ctx));
    }
    let message = format!("String should have at most {chars_max} characters");
    let ctx = json!({ "max_length": chars_max });
    issue("string_too_long", loc, &message, text.into(), Some(ctx))
}

fn pattern_mismatch(loc: [&str; 2], pattern: &str, text: &str) -> ValidationIssue {
    let message = format!("String should match pattern '{pattern}'");
    let ctx = json!({ "pattern": pattern });
    issue("string_pattern_mismatch", loc, &message, text.into(), Some(ctx))
}

fn not_an_object(value: Value) -> ValidationIssue {
    let message = "Input should be a valid dictionary or object to extract fields from";
    let mut issue = issue("model_attributes_type", ["body", ""], message, value, None);
    issue.loc.truncate(1);
    issue
}

fn issue(
    rule: &str,
    loc: [&str; 2],
    message: &str,
    input: Value,
    ctx: Option<Value>,
) -> ValidationIssue {
    ValidationIssue {
        rule: rule.to_owned(),
        loc: loc.into_iter().map(Value::from).collect(),
        msg: message.to_owned(),
        input,
        ctx: ctx.and_then(|ctx| ctx.as_object().cloned()),
        url: Some(format!("https://errors.pydantic.dev/2.11/v/{rule}")),
    }
}
