//! Stand-ins for providers of storage. They check what is sent to them as the real ones do:
//! signatures, tokens, checksums. For tests only.

pub mod gcs;
pub mod pinata;
pub mod s3;

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use swell_net::{HttpService, NetError};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// An object as a stand-in holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its media type.
    pub content_type: String,
    /// What is known of it, JSON where there is anything.
    pub metadata: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// What a stand-in does to the next request for an upload, instead of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Answers with this status.
    Status(u16),
    /// Answers 429, and asks to be left alone for so many seconds.
    Limited(u64),
    /// Takes the object, and names another checksum.
    BadChecksum,
    /// Takes no token any more that it has given so far.
    TokensExpire,
}

/// Troubles to come, the first one next.
#[derive(Debug, Default)]
struct Troubles(Mutex<VecDeque<Trouble>>);

impl Troubles {
    fn push(&self, trouble: Trouble) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(trouble);
    }

    fn next(&self) -> Option<Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// `router` as a service without sockets.
#[must_use]
pub fn in_process(router: Router) -> HttpService {
    BoxCloneSyncService::new(tower::service_fn(move |request: swell_net::Request| {
        let router = router.clone();
        async move {
            let answered = router.oneshot(request.map(Body::from)).await;
            let response = answered.unwrap_or_else(|never| match never {});
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| NetError::Lost(error.to_string()))?;
            Ok(http::Response::from_parts(parts, body.to_bytes()))
        }
    }))
}

/// An answer with an error status.
fn status(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// 429, to be left alone for `seconds`.
fn limited(seconds: u64) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
}

/// The text of a header.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The parts of a body of several, each as its head and its content.
fn parts(content_type: &str, body: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let boundary = content_type.split_once("boundary=")?.1;
    let mut rest = body.strip_prefix(format!("--{boundary}").as_bytes())?;
    let mut parts = Vec::new();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let (head, after) = split(part, b"\r\n\r\n")?;
        let (content, after) = split(after, format!("\r\n--{boundary}").as_bytes())?;
        parts.push((String::from_utf8(head.to_vec()).ok()?, content.to_vec()));
        rest = after;
    }
    (rest == b"--\r\n").then_some(parts)
}

fn split<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some((&text[..at], &text[at + mark.len()..]))
}
