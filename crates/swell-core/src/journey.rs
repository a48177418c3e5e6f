//! What a journey is made of, and how it can end.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Position of a step in its journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u8);

/// One named step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepSpec {
    /// The name every report uses.
    pub name: &'static str,
}

/// A journey's steps, known before the run, so that no view ever meets a new label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JourneySpec {
    /// The journey's name, such as `data-portability`.
    pub name: &'static str,
    /// Its steps in order. The first is always `wallet`.
    pub steps: &'static [StepSpec],
}

impl JourneySpec {
    /// The step called `name`.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<StepId> {
        let index = self.steps.iter().position(|step| step.name == name)?;
        u8::try_from(index).ok().map(StepId)
    }

    /// The name of `step`, or `"?"` for a step of another journey.
    #[must_use]
    pub fn name_of(&self, step: StepId) -> &'static str {
        self.steps.get(usize::from(step.0)).map_or("?", |step| step.name)
    }
}

/// Why a user failed: a closed set, told from statuses, error codes and typed errors, never from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// No funded wallet within the funding timeout, or no money for a call that a lane sends.
    Funding,
    /// The target asked for more patience than the journey had (429, Retry-After).
    RateLimited,
    /// The journey's deadline passed.
    Timeout,
    /// No answer: connection refused, reset, or a request timed out.
    Transport,
    /// The circuit breaker was open: the target had stopped answering.
    Unavailable,
    /// The target answered 5xx.
    ServerError,
    /// The target answered 401 or 403.
    Unauthorized,
    /// The target answered 404.
    NotFound,
    /// The target answered another 4xx.
    BadRequest,
    /// An answer that does not have the agreed shape.
    Protocol,
    /// The node refused the transaction or the call.
    Rejected,
    /// The transaction was included and reverted, or the call reverts.
    Reverted,
    /// The transaction was accepted and never included.
    NotIncluded,
    /// The transaction succeeded without the event it must emit.
    MissingEvent,
    /// The server refused the grant.
    GrantRefused,
    /// The server could not fetch the grant or the data.
    FileAccess,
    /// The server could not decrypt the data.
    Decryption,
    /// The inference behind the server refused.
    Inference,
    /// The server's public key is no point of the curve, or not its address's.
    ServerKey,
    /// The result is larger than is read.
    ResultTooLarge,
    /// The result is not the JSON that was asked for.
    ResultNotJson,
    /// The operation ended as failed.
    OperationFailed,
    /// The operation ended as canceled.
    OperationCanceled,
    /// The run was stopped while the user was in flight.
    Stopped,
    /// The user's data does not satisfy the schema.
    Schema,
    /// A defect in Swell itself.
    Internal,
}

impl FailureClass {
    /// Every class, in the order reports list them.
    pub const ALL: [Self; 26] = [
        Self::Funding,
        Self::RateLimited,
        Self::Timeout,
        Self::Transport,
        Self::Unavailable,
        Self::ServerError,
        Self::Unauthorized,
        Self::NotFound,
        Self::BadRequest,
        Self::Protocol,
        Self::Rejected,
        Self::Reverted,
        Self::NotIncluded,
        Self::MissingEvent,
        Self::GrantRefused,
        Self::FileAccess,
        Self::Decryption,
        Self::Inference,
        Self::ServerKey,
        Self::ResultTooLarge,
        Self::ResultNotJson,
        Self::OperationFailed,
        Self::OperationCanceled,
        Self::Stopped,
        Self::Schema,
        Self::Internal,
    ];

    /// The label every report uses.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Funding => "funding",
            Self::RateLimited => "rate-limited",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Unavailable => "unavailable",
            Self::ServerError => "server-error",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not-found",
            Self::BadRequest => "bad-request",
            Self::Protocol => "protocol",
            Self::Rejected => "rejected",
            Self::Reverted => "reverted",
            Self::NotIncluded => "not-included",
            Self::MissingEvent => "missing-event",
            Self::GrantRefused => "grant-refused",
            Self::FileAccess => "file-access",
            Self::Decryption => "decryption",
            Self::Inference => "inference",
            Self::ServerKey => "server-key",
            Self::ResultTooLarge => "result-too-large",
            Self::ResultNotJson => "result-not-json",
            Self::OperationFailed => "operation-failed",
            Self::OperationCanceled => "operation-canceled",
            Self::Stopped => "stopped",
            Self::Schema => "schema",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// What is known of one failure, free of secrets. Each field is cut to a bounded length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureDetail {
    /// Hash of the transaction concerned.
    pub tx: Option<String>,
    /// The personal server's operation.
    pub operation_id: Option<String>,
    /// HTTP status of the answer that failed.
    pub status: Option<u16>,
    /// What came back, or the error in words; at most [`FailureDetail::BODY_CHARS_MAX`] characters.
    pub body: Option<String>,
}

impl FailureDetail {
    /// Longest body kept.
    pub const BODY_CHARS_MAX: usize = 500;

    /// A detail that is only words.
    #[must_use]
    pub fn words(text: impl fmt::Display) -> Self {
        Self::default().with_body(&text.to_string())
    }

    /// Sets the body: cut to its bound, without the queries of URLs (a signed URL is a credential),
    /// and without what could steer a terminal.
    #[must_use]
    pub fn with_body(mut self, body: &str) -> Self {
        let harmless = |c: char| if c.is_control() || is_steering(c) { ' ' } else { c };
        let text = without_queries(&without_signatures(body));
        let text: String = text.chars().map(harmless).collect();
        self.body = Some(text.chars().take(Self::BODY_CHARS_MAX).collect());
        self
    }
}

/// Ends of the names of parameters whose values are credentials, or parts of one; in any case.
const SIGNING: [&str; 5] =
    ["signature=", "security-token=", "credential=", "googleaccessid=", "awsaccesskeyid="];

/// `text` with the values of the parameters that sign a URL cut out, whether the URL is whole or only
/// its path and query. They end where the parameter does, or the URL.
#[must_use]
pub fn without_signatures(text: &str) -> Cow<'_, str> {
    let ends = |c: char| c == '&' || ends_url(c);
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(sign) = text[at..].find('=') {
        let start = at + sign + 1;
        at = start;
        if !ends_in_signing_name(&text.as_bytes()[kept..start]) {
            continue;
        }
        let end = text[start..].find(ends).map_or(text.len(), |length| start + length);
        out.push_str(&text[kept..start]);
        out.push('…');
        (kept, at) = (end, end);
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(out + &text[kept..])
}

fn ends_in_signing_name(text: &[u8]) -> bool {
    SIGNING.iter().any(|name| {
        let start = text.len().checked_sub(name.len());
        start.is_some_and(|start| text[start..].eq_ignore_ascii_case(name.as_bytes()))
    })
}

fn ends_url(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\')
}

/// `text` with the query of every URL in it cut out.
fn without_queries(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, url) = rest.split_at(start);
        let end = url.find(ends_url).unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        out.push_str(before);
        match url.split_once('?') {
            Some((path, _)) => {
                out.push_str(path);
                out.push_str("?…");
            }
            None => out.push_str(url),
        }
        rest = after;
    }
    out + rest
}

/// Characters without a width of their own that change the order of others.
const fn is_steering(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}'
    )
}

/// A failure as it left its step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its class.
    pub class: FailureClass,
    /// The step it came from.
    pub step: StepId,
    /// What is known of it.
    pub detail: FailureDetail,
}

/// How a journey ended.
pub type JourneyOutcome = Result<(), Failure>;

#[cfg(test)]
mod tests {
    use super::FailureDetail;

    fn body(text: &str) -> String {
        FailureDetail::default().with_body(text).body.unwrap()
    }

    #[test]
    fn a_signed_url_loses_its_signature() {
        assert_eq!(
            body("fetching \"http://store/objects/a?expires=1&signature=abc\" gave 403"),
            "fetching \"http://store/objects/a?…\" gave 403"
        );
        assert_eq!(
            body("is it? https://a/b and http://c/d?e"),
            "is it? https://a/b and http://c/d?…"
        );
    }

    #[test]
    fn a_url_without_a_scheme_loses_what_signs_it() {
        assert_eq!(
            body("with url: /b/x?GoogleAccessId=a@b&Expires=1&Signature=SECRET%3D gave 403"),
            "with url: /b/x?GoogleAccessId=…&Expires=1&Signature=… gave 403"
        );
        for name in [
            "Signature",
            "x-goog-signature",
            "X-Amz-Signature",
            "X-Amz-Security-Token",
            "X-Goog-Credential",
            "AWSAccessKeyId",
        ] {
            let (first, last) =
                (format!("\"/b/x?{name}=SECRET&a=1\""), format!("/x?a=1&{name}=SECRET"));
            assert_eq!(body(&first), format!("\"/b/x?{name}=…&a=1\""));
            assert_eq!(body(&last), format!("/x?a=1&{name}=…"));
        }
        for plain in ["the signature is bad", "a=b", "=", "ature=", "é=signatur", "signature ="] {
            assert_eq!(body(plain), plain);
        }
        assert_eq!(body("é?signature=é&signature="), "é?signature=…&signature=…");
    }

    #[test]
    fn a_body_cannot_steer_a_terminal_and_is_bounded() {
        assert_eq!(body("a\u{1b}[31mb\u{202e}c"), "a [31mb c");
        assert_eq!(body(&"ä".repeat(2_000)).chars().count(), FailureDetail::BODY_CHARS_MAX);
    }
}
