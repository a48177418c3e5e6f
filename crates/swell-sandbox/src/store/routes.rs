//! The store over HTTP.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::objects::{Object, ObjectStore, PutError};
use super::signing::{FetchError, UrlSignature};

/// The answer to an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// The object's name.
    pub name: String,
    /// Its size, in octets.
    pub size: u64,
    /// Its checksum: base64 of the big-endian CRC-32C.
    pub crc32c: String,
    /// Where to download it, signature included.
    pub url: String,
}

/// `PUT` and `GET` of `/objects/{name}`; a name may contain slashes.
pub(crate) fn routes(store: Arc<ObjectStore>) -> Router {
    // An object slightly too large gets an answer, a far larger one is cut off.
    let limit = DefaultBodyLimit::max(store.object_octets_max().saturating_mul(2));
    Router::new()
        .route("/objects/{*name}", get(download).put(upload))
        .layer(limit)
        .with_state(store)
}

async fn upload(
    State(store): State<Arc<ObjectStore>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    content: Bytes,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("application/octet-stream").to_owned();
    match store.put(&name, Object { content_type, content }) {
        Ok(stored) => (StatusCode::CREATED, Json(stored)).into_response(),
        Err(error) => {
            let status = match error {
                PutError::Name => StatusCode::BAD_REQUEST,
                PutError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                PutError::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
            };
            refusal(status, &error.to_string())
        }
    }
}

async fn download(
    State(store): State<Arc<ObjectStore>>,
    Path(name): Path<String>,
    Query(claim): Query<UrlSignature>,
) -> Response {
    match store.get(&name, &claim) {
        Ok(object) => {
            ([(header::CONTENT_TYPE, object.content_type)], object.content).into_response()
        }
        Err(error) => {
            let status = match error {
                FetchError::Denied => StatusCode::FORBIDDEN,
                FetchError::Foreign | FetchError::NotFound => StatusCode::NOT_FOUND,
            };
            refusal(status, &error.to_string())
        }
    }
}

fn refusal(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}
