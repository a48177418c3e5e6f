//! Requests, made short. Paths are relative to an endpoint's base.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Uri};
use serde::Serialize;

use crate::{NetError, Request};

/// What Swell calls itself to a target.
pub const USER_AGENT: &str = concat!("swell/", env!("CARGO_PKG_VERSION"));

/// The content type of messages in Protocol Buffers.
pub const PROTOBUF: &str = "application/x-protobuf";

/// A GET of `path`.
///
/// # Errors
/// [`NetError::Invalid`] if `path` is neither a path nor a URL.
pub fn get(path: &str) -> Result<Request, NetError> {
    with_body(Method::GET, path, None, Bytes::new())
}

/// A POST of `body` as JSON to `path`.
///
/// # Errors
/// [`NetError::Invalid`] if `path` is neither a path nor a URL, or `body` cannot be written as JSON.
pub fn post_json<T: Serialize + ?Sized>(path: &str, body: &T) -> Result<Request, NetError> {
    let body = serde_json::to_vec(body)
        .map_err(|_| NetError::Invalid("its body cannot be written as JSON".into()))?;
    with_body(Method::POST, path, Some("application/json"), body.into())
}

/// A PUT of `body` to `path`.
///
/// # Errors
/// [`NetError::Invalid`] if `path` is neither a path nor a URL.
pub fn put_bytes(
    path: &str,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Result<Request, NetError> {
    with_body(Method::PUT, path, Some(content_type), body.into())
}

/// A POST of `body` to `path`.
///
/// # Errors
/// [`NetError::Invalid`] if `path` is neither a path nor a URL.
pub fn post_bytes(
    path: &str,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Result<Request, NetError> {
    with_body(Method::POST, path, Some(content_type), body.into())
}

fn with_body(
    method: Method,
    path: &str,
    content_type: Option<&'static str>,
    body: Bytes,
) -> Result<Request, NetError> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = parse_uri(path)?;
    if let Some(content_type) = content_type {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Ok(request)
}

/// The text of `path` stays out of the error: a signed URL is a credential.
fn parse_uri(path: &str) -> Result<Uri, NetError> {
    if path.is_empty() {
        return Ok(Uri::default());
    }
    path.parse().map_err(|_| NetError::Invalid("its path is neither a path nor a URL".into()))
}
