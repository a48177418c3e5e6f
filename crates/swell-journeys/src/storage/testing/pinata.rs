//! Pinata, played.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Held, Trouble, Troubles, limited, parts, status, text};

/// The token it takes.
pub const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.test";

/// The played service. Cheap to clone.
#[derive(Clone, Default)]
pub struct FakePinata(Arc<Fake>);

#[derive(Default)]
struct Fake {
    troubles: Troubles,
    /// By hash.
    held: Mutex<BTreeMap<String, Held>>,
}

impl FakePinata {
    /// Meets the next upload with `trouble`.
    pub fn trouble(&self, trouble: Trouble) {
        self.0.troubles.push(trouble);
    }

    /// What it holds, by hash.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Held> {
        self.0.book().clone()
    }

    /// It, over HTTP.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/pinning/pinFileToIPFS", post(pin))
            .route("/pinning/unpin/{hash}", delete(unpin))
            .route("/data/pinList", get(list))
            .layer(DefaultBodyLimit::max(8 * 1024 * 1024))
            .with_state(self.clone())
    }
}

impl Fake {
    fn book(&self) -> MutexGuard<'_, BTreeMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_allowed(headers: &HeaderMap) -> bool {
    text(headers, "authorization") == format!("Bearer {JWT}")
}

fn refused() -> Response {
    let error =
        json!({"error": {"reason": "INVALID_CREDENTIALS", "details": "token is malformed"}});
    (StatusCode::UNAUTHORIZED, Json(error)).into_response()
}

async fn pin(
    State(FakePinata(fake)): State<FakePinata>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match fake.troubles.next() {
        Some(Trouble::Status(code)) => return status(code),
        Some(Trouble::Limited(seconds)) => return limited(seconds),
        _ => {}
    }
    if !is_allowed(&headers) {
        return refused();
    }
    let content_type = text(&headers, "content-type");
    let form = match parts(content_type, &body) {
        Some(form) if content_type.starts_with("multipart/form-data;") && form.len() == 2 => form,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let is_form = form[0].0.contains("name=\"file\"; filename=\"")
        && form[1].0.contains("name=\"pinataMetadata\"");
    let metadata = String::from_utf8_lossy(&form[1].1).into_owned();
    let Ok(known) = serde_json::from_str::<Value>(&metadata) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if !is_form || known["keyvalues"]["uploadedBy"] != "vana-sdk" {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let content = form[0].1.clone();
    let hash = format!("Qm{}", &hex::encode(Sha256::digest(&content))[..44]);
    let answer = json!({
        "IpfsHash": hash, "PinSize": content.len(), "Timestamp": "2025-09-23T17:53:20.000Z",
    });
    let held = Held { content_type: form[0].0.clone(), metadata, content };
    fake.book().insert(hash, held);
    Json(answer).into_response()
}

async fn list(
    State(FakePinata(fake)): State<FakePinata>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if !is_allowed(&headers) {
        return refused();
    }
    let wanted = query.get("metadata[name]").cloned().unwrap_or_default();
    let named = |held: &Held| {
        let metadata: Value = serde_json::from_str(&held.metadata).unwrap_or_default();
        metadata["name"].as_str().unwrap_or_default().to_owned()
    };
    let book = fake.book();
    // As the real one, it finds longer names too.
    let found = book.iter().filter(|(_, held)| named(held).starts_with(&wanted));
    let rows: Vec<Value> = found
        .map(|(hash, held)| json!({"ipfs_pin_hash": hash, "metadata": {"name": named(held)}}))
        .collect();
    Json(json!({"count": rows.len(), "rows": rows})).into_response()
}

async fn unpin(
    State(FakePinata(fake)): State<FakePinata>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_allowed(&headers) {
        return refused();
    }
    match fake.book().remove(&hash) {
        Some(_) => "OK".into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
