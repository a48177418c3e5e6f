//! The application server over HTTP.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::service::{Answer, Application};

/// The largest body, in octets.
const BODY_OCTETS_MAX: usize = 100 * 1024;

/// `/identity`, `/api/trusted-server`, `/api/trusted-server/poll` and `/api/cleanup`.
pub(crate) fn routes(application: Arc<Application>) -> Router {
    Router::new()
        .route("/identity", get(identity))
        .route("/api/trusted-server", post(create))
        .route("/api/trusted-server/poll", post(poll))
        .route("/api/cleanup", post(cleanup))
        .with_state(application)
}

#[derive(Deserialize)]
struct IdentityQuery {
    address: Option<String>,
}

async fn identity(
    State(application): State<Arc<Application>>,
    Query(query): Query<IdentityQuery>,
) -> Response {
    respond(application.identity(query.address.as_deref()))
}

async fn create(
    State(application): State<Arc<Application>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match read(&headers, &body) {
        Ok(body) => respond(application.create(&body).await),
        Err(page) => page,
    }
}

async fn poll(
    State(application): State<Arc<Application>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match read(&headers, &body) {
        Ok(body) => respond(application.poll(&body)),
        Err(page) => page,
    }
}

/// There are no made-up operations to clean up.
async fn cleanup() -> Response {
    respond((StatusCode::OK, json!({ "success": true, "cleaned": 0, "remaining": 0 })))
}

fn respond((status, answer): Answer) -> Response {
    (status, [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(answer)).into_response()
}

/// The body as the web framework reads it: what does not say that it is JSON is no body at all.
#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn read(headers: &HeaderMap, body: &[u8]) -> Result<Value, Response> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if body.is_empty() || !content_type.is_some_and(|kind| kind.contains("application/json")) {
        return Ok(json!({}));
    }
    if body.len() > BODY_OCTETS_MAX {
        let words = "PayloadTooLargeError: request entity too large";
        return Err(page(StatusCode::PAYLOAD_TOO_LARGE, words));
    }
    let words = |_| page(StatusCode::BAD_REQUEST, "SyntaxError: the body is not JSON");
    serde_json::from_slice(body).map_err(words)
}

/// An error of the framework itself, which is a page for people.
fn page(status: StatusCode, words: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>Error</title>\n</head>\n<body>\n<pre>{words}</pre>\n</body>\n</html>\n"
    );
    (status, Html(html)).into_response()
}
