//! How the personal server says no.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use swell_vana::server::{ErrorBody, ErrorCode, RateLimited};

/// A request that is refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// It is one too many: 429.
    Limited(RateLimited),
    /// It failed a check; the body says which, and which status that is.
    Check(ErrorBody),
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::Check(ErrorBody::new(code, detail, None))
    }

    /// A fault that the real server did not expect.
    pub(crate) fn internal() -> Self {
        Self::new(ErrorCode::InternalServer, "Internal server error")
    }

    /// Status and body.
    pub(crate) fn answer(&self) -> (StatusCode, String) {
        let (status, body) = match self {
            Self::Limited(limited) => (StatusCode::TOO_MANY_REQUESTS, limited.body()),
            Self::Check(body) => {
                let status = StatusCode::from_u16(body.status());
                (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body.clone())
            }
        };
        (status, serde_json::to_string(&body).unwrap_or_default())
    }

    /// A record that the chain does not have.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::NotFound, format!("{what} '{id}' not found"))
    }
}

impl From<ErrorBody> for Refusal {
    fn from(body: ErrorBody) -> Self {
        Self::Check(body)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Limited(limited) => {
                (StatusCode::TOO_MANY_REQUESTS, limited.headers(), Json(limited.body()))
                    .into_response()
            }
            Self::Check(body) => {
                let status = StatusCode::from_u16(body.status());
                (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
            }
        }
    }
}
