//! The application server: it holds the application's key and asks the personal server in the name
//! of whoever asks it.
//!
//! Paths are relative to its base URL: `POST api/trusted-server`, `POST api/trusted-server/poll`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ErrorBody, ErrorCode};
use super::operation::{OperationResult, OperationState};

/// The body of `POST api/trusted-server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AskOperation {
    /// The permission whose operation is asked for.
    pub permission_id: u64,
}

/// The body of `POST api/trusted-server/poll`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollOperation {
    /// The operation.
    pub operation_id: String,
    /// The chain that its permission is on.
    pub chain_id: u64,
}

/// An answer: `data` where `success`, else `error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplicationAnswer<T> {
    /// Whether there are data.
    pub success: bool,
    /// What was asked for.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
    /// Why not, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// `Default` would ask `T` for one too.
const fn none<T>() -> Option<T> {
    None
}

/// The data of the answer to `POST api/trusted-server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedOperation {
    /// What to poll for.
    pub id: String,
    /// How far it is. An operation that was only made up has none.
    pub status: OperationState,
}

/// The data of the answer to `POST api/trusted-server/poll`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolledOperation {
    /// The operation. One that was only made up has none.
    pub id: String,
    /// How far it is.
    pub status: OperationState,
    /// The result, once succeeded.
    #[serde(default)]
    pub result: Option<OperationResult>,
}

/// What the personal server answered, as the application server passes it on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOn {
    /// The HTTP status.
    pub status: u16,
    /// The error code, where the body has one.
    pub code: Option<ErrorCode>,
    /// How long the server asks to be left alone, where it limits its rate and says so.
    pub wait: Option<Duration>,
}

impl PassedOn {
    /// Takes the personal server's answer out of an `error`; `None` when it holds none.
    ///
    /// The SDK puts it there in a form of its own: `… request failed: <status> <reason> - <body>`.
    /// The application server's own status is 500 whatever happened behind it.
    #[must_use]
    pub fn of(error: &str) -> Option<Self> {
        let (before, body) = error.split_once(" - ")?;
        let (_, answer) = before.rsplit_once("failed: ")?;
        let status = answer.split(' ').next()?.parse().ok()?;
        if !(400..=599).contains(&status) {
            return None;
        }
        let body = serde_json::from_str::<ErrorBody>(body).ok();
        let wait = body.as_ref().and_then(ErrorBody::wait);
        Some(Self { status, code: body.and_then(|body| body.code().cloned()), wait })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::RateLimited;
    use super::*;

    /// As recorded: the personal server's refusal, in the SDK's words, in the server's.
    const REFUSED: &str = "❌ REAL SYSTEMS REQUIRED: AI inference failed: NetworkError: Personal \
        server API request failed: 401 Unauthorized - {\"detail\":{\"kind\":\"Error\",\"detail\":\
        \"no - not you\",\"error_code\":\"AUTHENTICATION_ERROR\",\"field\":null}}";

    #[test]
    fn a_refusal_behind_is_told_by_its_own_status_and_code() {
        let found = PassedOn::of(REFUSED).unwrap();
        assert_eq!((found.status, found.code), (401, Some(ErrorCode::Authentication)));
        let bare = "NetworkError: Status polling failed: 502 Bad Gateway - <html>";
        assert_eq!(PassedOn::of(bare), Some(PassedOn { status: 502, code: None, wait: None }));
        let limit = RateLimited { limit: 1, reset_unix_s: 9, retry_after_s: 3 };
        let limited = serde_json::to_string(&limit.body()).unwrap();
        let limited = format!("failed: 429 Too Many Requests - {limited}");
        assert_eq!(PassedOn::of(&limited).unwrap().wait, Some(Duration::from_secs(3)));
        let unsaid = limited.replace("in 3 seconds", "later");
        assert_eq!(PassedOn::of(&unsaid).unwrap().wait, None);
        for other in ["fetch failed", "failed: 200 OK - {}", "failed: many - {}", ""] {
            assert_eq!(PassedOn::of(other), None, "{other}");
        }
    }

    #[test]
    fn made_up_answers_do_not_have_the_shape() {
        let made_up = json!({ "success": true, "data": { "id": "op_1_abc" } });
        assert!(serde_json::from_value::<ApplicationAnswer<AskedOperation>>(made_up).is_err());
        let made_up = json!({ "success": true, "data": { "status": "completed", "result": {} } });
        assert!(serde_json::from_value::<ApplicationAnswer<PolledOperation>>(made_up).is_err());
        let real = json!({
            "success": true,
            "data": { "id": "a", "status": "succeeded", "createdAt": 1, "updatedAt": 2,
                      "result": { "output": "x" } },
        });
        let real: ApplicationAnswer<PolledOperation> = serde_json::from_value(real).unwrap();
        assert_eq!(real.data.unwrap().result.unwrap().into_text(), "x");
        let refused = json!({ "success": false, "error": "Missing permissionId field" });
        let refused: ApplicationAnswer<AskedOperation> = serde_json::from_value(refused).unwrap();
        assert_eq!((refused.success, refused.data), (false, None));
    }

    proptest! {
        #[test]
        fn no_error_text_is_too_strange(text in ".*") {
            let _any = PassedOn::of(&text);
            let _any = PassedOn::of(&format!("failed: {text} - {text}"));
        }
    }
}
