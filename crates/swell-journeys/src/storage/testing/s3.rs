//! S3, played: it computes SigV4 anew, by the specification and not by the library under test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use hmac::{Hmac, Mac};
use http::{HeaderMap, Method, StatusCode, header};
use sha2::{Digest, Sha256};
use swell_net::clock::RunClock;

use super::gcs::is_current;
use super::{Held, Trouble, Troubles, limited, status, text};

/// Its only bucket.
pub const BUCKET: &str = "example-bucket";
/// A bucket that the key may not use.
pub const FORBIDDEN_BUCKET: &str = "somebody-elses";
/// Its region.
pub const REGION: &str = "eu-central-1";
/// The access key's id.
pub const KEY_ID: &str = "AKIDEXAMPLE";
/// The access key's secret.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// The played service. Cheap to clone.
#[derive(Clone)]
pub struct FakeS3(Arc<Fake>);

struct Fake {
    clock: RunClock,
    /// The token that requests must carry, where there is one.
    session_token: Option<String>,
    troubles: Troubles,
    held: Mutex<BTreeMap<String, Held>>,
}

impl FakeS3 {
    /// A service; with a session's token, requests must carry it.
    #[must_use]
    pub fn new(clock: RunClock, session_token: Option<&str>) -> Self {
        Self(Arc::new(Fake {
            clock,
            session_token: session_token.map(str::to_owned),
            troubles: Troubles::default(),
            held: Mutex::default(),
        }))
    }

    /// Meets the next request with `trouble`.
    pub fn trouble(&self, trouble: Trouble) {
        self.0.troubles.push(trouble);
    }

    /// What it holds, by name.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Held> {
        self.0.book().clone()
    }

    /// It, over HTTP, with the bucket in the path.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/{bucket}/{*name}", put(answer).get(answer).head(answer).delete(answer))
            .layer(DefaultBodyLimit::max(8 * 1024 * 1024))
            .with_state(self.clone())
    }
}

impl Fake {
    fn book(&self) -> MutexGuard<'_, BTreeMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the query's signature is that of this request.
    fn allows(
        &self,
        method: &Method,
        uri: &http::Uri,
        query: &BTreeMap<String, String>,
        headers: &HeaderMap,
    ) -> bool {
        let field = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let date = field("X-Amz-Date");
        let day = date.split('T').next().unwrap_or_default();
        let scope = format!("{day}/{REGION}/s3/aws4_request");
        let mut pairs: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
        pairs.retain(|pair| !pair.starts_with("X-Amz-Signature="));
        pairs.sort_unstable();
        let signed = field("X-Amz-SignedHeaders");
        let mut lines = String::new();
        for name in signed.split(';') {
            let value = match (name, text(headers, name)) {
                ("host", "") => uri.authority().map_or("", |authority| authority.as_str()),
                (_, value) => value,
            };
            lines.push_str(&format!("{name}:{value}\n"));
        }
        let canonical = format!(
            "{method}\n{}\n{}\n{lines}\n{signed}\nUNSIGNED-PAYLOAD",
            uri.path(),
            pairs.join("&")
        );
        let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for part in [day, REGION, "s3", "aws4_request"] {
            key = hmac(&key, part);
        }
        let token = query.get("X-Amz-Security-Token").map(String::as_str);
        field("X-Amz-Algorithm") == "AWS4-HMAC-SHA256"
            && field("X-Amz-Credential") == format!("{KEY_ID}/{scope}")
            && signed.split(';').any(|name| name == "host")
            && token == self.session_token.as_deref()
            && is_current(date, field("X-Amz-Expires"), self.clock.unix_now())
            && field("X-Amz-Signature") == hex::encode(hmac(&key, &to_sign))
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("any length is a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

async fn answer(
    State(FakeS3(fake)): State<FakeS3>,
    method: Method,
    Path((bucket, name)): Path<(String, String)>,
    uri: http::Uri,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match fake.troubles.next() {
        Some(Trouble::Status(code)) => return status(code),
        Some(Trouble::Limited(seconds)) => return limited(seconds),
        _ => {}
    }
    if !fake.allows(&method, &uri, &query, &headers) || bucket == FORBIDDEN_BUCKET {
        return problem(StatusCode::FORBIDDEN, "AccessDenied");
    }
    if bucket != BUCKET {
        return problem(StatusCode::NOT_FOUND, "NoSuchBucket");
    }
    let missing = || problem(StatusCode::NOT_FOUND, "NoSuchKey");
    let mut book = fake.book();
    match method {
        Method::PUT => {
            let content_type = text(&headers, "content-type").to_owned();
            let held = Held { content_type, metadata: String::new(), content: body.to_vec() };
            book.insert(name, held);
            StatusCode::OK.into_response()
        }
        Method::DELETE => {
            book.remove(&name);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => match book.get(&name).cloned() {
            Some(held) => {
                ([(header::CONTENT_TYPE, held.content_type)], held.content).into_response()
            }
            None => missing(),
        },
    }
}

/// As the real one, it repeats what it was sent, and would have signed.
fn problem(status: StatusCode, code: &str) -> Response {
    let sent = "X-Amz-Security-Token=session";
    let error =
        format!("<Error><Code>{code}</Code><CanonicalRequest>{sent}</CanonicalRequest></Error>");
    (status, error).into_response()
}
