//! The personal server over HTTP.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use swell_vana::server::{
    CreateOperation, ErrorBody, ErrorCode, Identity, OperationCreated, OperationStatus,
    ValidationIssue, parse_identity_address,
};

use super::client::ClientIp;
use super::rate_limit::Limited;
use super::refusal::Refusal;
use super::service::PersonalServer;

/// What the inference provider says of an operation that it does not know.
pub(crate) const UNKNOWN_OPERATION: &str = "Failed to get operation: Failed to get prediction: \
    ReplicateError Details:\ntitle: Not found\nstatus: 404\ndetail: The requested resource could \
    not be found.";

/// `/identity` and `/operations`.
pub(crate) fn routes(server: Arc<PersonalServer>) -> Router {
    Router::new()
        .route("/identity", get(identity))
        .route("/operations", post(create))
        .route("/operations/{id}", get(status))
        .route("/operations/{id}/cancel", post(cancel))
        .fallback(unknown_path)
        .with_state(server)
}

#[derive(Deserialize)]
struct IdentityQuery {
    address: Option<String>,
}

async fn identity(
    State(server): State<Arc<PersonalServer>>,
    ClientIp(ip): ClientIp,
    Query(query): Query<IdentityQuery>,
) -> Result<Json<Identity>, Refusal> {
    let user = parse_identity_address(query.address.as_deref(), server.generation());
    // The shape is looked at first, as everywhere; the rest after the rate limit.
    let user = match user {
        Err(body) if body.status() == 422 => return Err(body.into()),
        user => user,
    };
    let address = query.address.unwrap_or_default();
    server.admit(Limited::Identity { address: &address }, &ip)?;
    server.identity(user?, &address).map(Json)
}

async fn create(
    State(server): State<Arc<PersonalServer>>,
    ClientIp(ip): ClientIp,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<OperationCreated>), Refusal> {
    check_content_type(&headers, &body)?;
    let request = CreateOperation::parse(&body, server.generation())?;
    server.admit(Limited::Operation { signature: &request.app_signature }, &ip)?;
    let created = server.create(&request).await?;
    Ok((StatusCode::ACCEPTED, Json(created)))
}

/// A body that says it is something else than JSON is not read as JSON.
fn check_content_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_none_or(|content_type| content_type.contains("json")) {
        return Ok(());
    }
    let rule = "model_attributes_type";
    let issue = ValidationIssue {
        rule: rule.to_owned(),
        loc: vec!["body".into()],
        msg: "Input should be a valid dictionary or object to extract fields from".to_owned(),
        input: String::from_utf8_lossy(body).into(),
        ctx: None,
        url: Some(format!("https://errors.pydantic.dev/2.11/v/{rule}")),
    };
    Err(ErrorBody::validation(vec![issue]).into())
}

async fn status(
    State(server): State<Arc<PersonalServer>>,
    Path(id): Path<String>,
) -> Result<Json<OperationStatus>, Refusal> {
    let status = server.operations.status(&id);
    status.map(Json).ok_or_else(|| Refusal::new(ErrorCode::Compute, UNKNOWN_OPERATION))
}

async fn cancel(
    State(server): State<Arc<PersonalServer>>,
    ClientIp(ip): ClientIp,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    server.admit(Limited::Cancel, &ip)?;
    // The real server means to answer 404, and fails on the way.
    if server.operations.cancel(&id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::internal())
    }
}

async fn unknown_path() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not Found" }))).into_response()
}
