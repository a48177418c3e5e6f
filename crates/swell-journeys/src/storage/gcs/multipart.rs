//! An object and what is to be known of it, in one body.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::HeaderValue;
use serde_json::json;

use super::super::moment::iso8601;
use super::super::multipart::boundary;
use super::Object;

/// The body of a multipart upload, and its content type.
pub(super) fn body(object: &Object<'_>, unix_now: Duration) -> (HeaderValue, Bytes) {
    let metadata = json!({
        "contentType": object.content_type,
        "metadata": {
            "uploadedAt": iso8601(unix_now),
            "originalSize": object.content.len().to_string(),
            "loadTestFile": "true",
        },
    });
    let boundary = boundary(&object.content);
    let mut body = BytesMut::with_capacity(object.content.len() + 512);
    body.put_slice(
        format!(
            "--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{metadata}\r\n\
             --{boundary}\r\nContent-Type: {}\r\n\r\n",
            object.content_type
        )
        .as_bytes(),
    );
    body.put_slice(&object.content);
    body.put_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let content_type = HeaderValue::try_from(format!("multipart/related; boundary={boundary}"));
    let content_type = content_type.unwrap_or(HeaderValue::from_static("multipart/related"));
    (content_type, body.freeze())
}
