//! The chain as an HTTP service.

use axum::Router;
use axum::extract::rejection::BytesRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{DefaultBodyLimit, State, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;

use super::rpc::handle_rpc;
use super::shared::SharedChain;
use super::socket;

/// The largest request body, in bytes: a full batch of large transactions.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// A router that answers JSON-RPC on `/`: POST, or a WebSocket by GET.
///
/// Without WebSockets it needs no tokio sockets: call it as a `tower` service.
pub fn router(chain: SharedChain) -> Router {
    Router::new()
        .route("/", post(answer).get(upgrade))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(chain)
}

async fn answer(State(chain): State<SharedChain>, body: Result<Bytes, BytesRejection>) -> Response {
    match body {
        Ok(body) => {
            let answer = handle_rpc(&chain, body).await;
            ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
        }
        Err(rejection) => rejection.into_response(),
    }
}

async fn upgrade(
    State(chain): State<SharedChain>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => upgrade
            .max_message_size(BODY_MAX)
            .on_upgrade(move |socket| socket::serve(chain, socket)),
        Err(_no_upgrade) => {
            (StatusCode::METHOD_NOT_ALLOWED, "JSON-RPC: POST here, or open a WebSocket")
                .into_response()
        }
    }
}
