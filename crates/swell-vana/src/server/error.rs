//! How the personal server says no.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The server's error codes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorCode {
    /// Too many requests: 429.
    #[serde(rename = "RATE_LIMIT_ERROR")]
    RateLimit,
    /// The operation request's text is not what it must be: 400.
    #[serde(rename = "VALIDATION_ERROR_OPERATION_REQUEST_JSON")]
    ValidationOperationRequestJson,
    /// The permission id is not above zero: 400.
    #[serde(rename = "VALIDATION_ERROR_PERMISSION_ID")]
    ValidationPermissionId,
    /// The permission or its response format is unusable: 400.
    #[serde(rename = "VALIDATION_ERROR")]
    Validation,
    /// The grant file is not valid: 400.
    #[serde(rename = "GRANT_VALIDATION_ERROR")]
    GrantValidation,
    /// The signature is not the grantee's: 401.
    #[serde(rename = "AUTHENTICATION_ERROR")]
    Authentication,
    /// The chain has no such record, or does not answer: 404.
    #[serde(rename = "NOT_FOUND_ERROR")]
    NotFound,
    /// A file could not be fetched: 500.
    #[serde(rename = "FILE_ACCESS_ERROR")]
    FileAccess,
    /// A file could not be decrypted: 500.
    #[serde(rename = "DECRYPTION_ERROR")]
    Decryption,
    /// The inference provider refused: 500.
    #[serde(rename = "COMPUTE_ERROR")]
    Compute,
    /// Anything else that went wrong: 500.
    #[serde(rename = "INTERNAL_SERVER_ERROR")]
    InternalServer,
    /// A code that is not known here.
    #[serde(untagged)]
    Other(String),
}

impl ErrorCode {
    /// The HTTP status that goes with the code; `None` for an unknown code.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        Some(match self {
            Self::RateLimit => 429,
            Self::ValidationOperationRequestJson
            | Self::ValidationPermissionId
            | Self::Validation
            | Self::GrantValidation => 400,
            Self::Authentication => 401,
            Self::NotFound => 404,
            Self::FileAccess | Self::Decryption | Self::Compute | Self::InternalServer => 500,
            Self::Other(_) => return None,
        })
    }

    /// The code's text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::RateLimit => "RATE_LIMIT_ERROR",
            Self::ValidationOperationRequestJson => "VALIDATION_ERROR_OPERATION_REQUEST_JSON",
            Self::ValidationPermissionId => "VALIDATION_ERROR_PERMISSION_ID",
            Self::Validation => "VALIDATION_ERROR",
            Self::GrantValidation => "GRANT_VALIDATION_ERROR",
            Self::Authentication => "AUTHENTICATION_ERROR",
            Self::NotFound => "NOT_FOUND_ERROR",
            Self::FileAccess => "FILE_ACCESS_ERROR",
            Self::Decryption => "DECRYPTION_ERROR",
            Self::Compute => "COMPUTE_ERROR",
            Self::InternalServer => "INTERNAL_SERVER_ERROR",
            Self::Other(text) => text,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The body of any answer that is not a success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub detail: ErrorDetail,
    /// Where, when the server did not catch it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceback: Option<String>,
}

/// What went wrong, in one of four forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ErrorDetail {
    /// An error that the server knows.
    Error(ErrorReport),
    /// Too many requests.
    RateLimit(RateLimitReport),
    /// The request has the wrong shape: 422.
    Validation(Vec<ValidationIssue>),
    /// An error that the server does not know.
    Uncaught(String),
}

/// An error that the server knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    kind: ErrorKind,
    /// For people.
    pub detail: String,
    /// For programs.
    pub error_code: ErrorCode,
    /// The field at fault, where there is one.
    pub field: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum ErrorKind {
    Error,
}

/// Too many requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimitReport {
    /// For people.
    pub detail: String,
    /// For programs.
    pub error_code: ErrorCode,
}

/// One thing wrong with a request's shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidationIssue {
    /// Which rule, such as `missing`.
    #[serde(rename = "type")]
    pub rule: String,
    /// Where: `body` or `query`, then keys and indices.
    pub loc: Vec<Value>,
    /// For people.
    pub msg: String,
    /// What was found.
    pub input: Value,
    /// Details of the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctx: Option<Map<String, Value>>,
    /// Where the rule is explained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl ErrorBody {
    /// Makes the body of an error that the server knows.
    #[must_use]
    pub fn new(error_code: ErrorCode, detail: impl Into<String>, field: Option<&str>) -> Self {
        let kind = ErrorKind::Error;
        let field = field.map(str::to_owned);
        let report = ErrorReport { kind, detail: detail.into(), error_code, field };
        Self { detail: ErrorDetail::Error(report), traceback: None }
    }

    /// Makes the body of a 422.
    #[must_use]
    pub const fn validation(issues: Vec<ValidationIssue>) -> Self {
        Self { detail: ErrorDetail::Validation(issues), traceback: None }
    }

    /// The error code, where the body has one.
    #[must_use]
    pub const fn code(&self) -> Option<&ErrorCode> {
        match &self.detail {
            ErrorDetail::Error(report) => Some(&report.error_code),
            ErrorDetail::RateLimit(report) => Some(&report.error_code),
            ErrorDetail::Validation(_) | ErrorDetail::Uncaught(_) => None,
        }
    }

    /// The HTTP status that goes with the body; an unknown code goes with 500.
    #[must_use]
    pub fn status(&self) -> u16 {
        if matches!(self.detail, ErrorDetail::Validation(_)) {
            return 422;
        }
        self.code().and_then(ErrorCode::status).unwrap_or(500)
    }

    /// How long the server asks to be left alone, in a body that says so. Its headers say it too, and
    /// do not come through the application server.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        let ErrorDetail::RateLimit(report) = &self.detail else { return None };
        let (_, after) = report.detail.rsplit_once(" in ")?;
        let (seconds, unit) = after.split_once(' ')?;
        let seconds: u32 = seconds.parse().ok()?;
        unit.starts_with("second").then(|| Duration::from_secs(seconds.into()))
    }

    /// What went wrong, for people.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.detail {
            ErrorDetail::Error(report) => report.detail.clone(),
            ErrorDetail::RateLimit(report) => report.detail.clone(),
            ErrorDetail::Uncaught(text) => text.clone(),
            ErrorDetail::Validation(issues) => {
                let messages: Vec<_> = issues.iter().map(|issue| issue.msg.as_str()).collect();
                messages.join("; ")
            }
        }
    }
}

impl ValidationIssue {
    /// A field that is not there; `input` is what it is missing from.
    #[must_use]
    pub fn missing(loc: [&str; 2], input: Value) -> Self {
        Self {
            rule: "missing".to_owned(),
            loc: loc.into_iter().map(Value::from).collect(),
            msg: "Field required".to_owned(),
            input,
            ctx: None,
            url: Some("https://errors.pydantic.dev/2.11/v/missing".to_owned()),
        }
    }

    /// A body that is not JSON.
    #[must_use]
    pub fn not_json(offset: usize, error: &str) -> Self {
        let mut ctx = Map::new();
        ctx.insert("error".to_owned(), error.into());
        Self {
            rule: "json_invalid".to_owned(),
            loc: vec!["body".into(), offset.into()],
            msg: "JSON decode error".to_owned(),
            input: Value::Object(Map::new()),
            ctx: Some(ctx),
            url: None,
        }
    }
}

/// A refusal by rate limit: its body and its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimited {
    /// Requests allowed in a window.
    pub limit: u64,
    /// When the window ends, in Unix seconds.
    pub reset_unix_s: u64,
    /// Seconds until then.
    pub retry_after_s: u64,
}

impl RateLimited {
    /// The body.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        let seconds = self.retry_after_s;
        let detail = format!("Rate limit exceeded. Try again in {seconds} seconds");
        let report = RateLimitReport { detail, error_code: ErrorCode::RateLimit };
        ErrorBody { detail: ErrorDetail::RateLimit(report), traceback: None }
    }

    /// The headers, which no other answer carries.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 4] {
        [
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", "0".to_owned()),
            ("x-ratelimit-reset", format!("{}.0", self.reset_unix_s)),
            ("retry-after", self.retry_after_s.to_string()),
        ]
    }
}
