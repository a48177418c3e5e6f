//! The relay over HTTP.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;

use super::service::Relay;

/// `POST /api/relay`.
pub(crate) fn routes(relay: Arc<Relay>) -> Router {
    Router::new().route("/api/relay", post(answer)).with_state(relay)
}

async fn answer(State(relay): State<Arc<Relay>>, body: Bytes) -> Response {
    let (status, answer) = relay.answer(&body).await;
    (status, Json(answer)).into_response()
}
