//! Google Cloud Storage, played: it verifies tokens with the account's public key, checksums, and
//! the signatures of URLs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use swell_net::clock::RunClock;
use swell_vana::crc32c::crc32c_text;

use super::{Held, Trouble, Troubles, limited, parts, status, text};

/// Its only bucket.
pub const BUCKET: &str = "example-bucket";
/// A bucket that the account may not use.
pub const FORBIDDEN_BUCKET: &str = "somebody-elses";
/// The account's name.
pub const EMAIL: &str = "loadtest@example-project.iam.gserviceaccount.com";

/// A new RSA key.
///
/// # Panics
/// When the system gives none.
#[must_use]
pub fn new_key() -> KeyPair {
    KeyPair::generate(KeySize::Rsa2048).expect("keys can be made")
}

/// `key` as a service account has it.
///
/// # Panics
/// When the key cannot be written.
#[must_use]
pub fn pem(key: &KeyPair) -> String {
    let der = key.as_der().expect("a key can be written");
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or("")).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// The played service. Cheap to clone.
#[derive(Clone)]
pub struct FakeGcs(Arc<Fake>);

struct Fake {
    key: KeyPair,
    /// Scheme and authority it is reached by.
    base: String,
    clock: RunClock,
    token_life_s: AtomicU64,
    tokens_given: AtomicU64,
    tokens_asked: AtomicU64,
    /// Whether requests for a token are answered with 503.
    is_token_service_down: AtomicBool,
    uploads: AtomicU64,
    troubles: Troubles,
    held: Mutex<Book>,
    stored: Condvar,
}

#[derive(Default)]
struct Book {
    objects: BTreeMap<String, Held>,
    /// Tokens that are good, by when they end, in Unix seconds.
    tokens: BTreeSet<(u64, String)>,
}

impl FakeGcs {
    /// A service with an account of its own, reached at `base`.
    #[must_use]
    pub fn new(base: &str, clock: RunClock) -> Self {
        Self::with_key(base, clock, new_key())
    }

    /// The same for an account with this key.
    #[must_use]
    pub fn with_key(base: &str, clock: RunClock, key: KeyPair) -> Self {
        Self(Arc::new(Fake {
            key,
            base: base.to_owned(),
            clock,
            token_life_s: AtomicU64::new(3_599),
            tokens_given: AtomicU64::new(0),
            tokens_asked: AtomicU64::new(0),
            is_token_service_down: AtomicBool::new(false),
            uploads: AtomicU64::new(0),
            troubles: Troubles::default(),
            held: Mutex::default(),
            stored: Condvar::new(),
        }))
    }

    /// The account's JSON, as it is downloaded.
    #[must_use]
    pub fn account_json(&self) -> String {
        self.account_json_with(&self.0.key)
    }

    /// The same with another key.
    #[must_use]
    pub fn account_json_with(&self, key: &KeyPair) -> String {
        let account = json!({
            "type": "service_account",
            "client_email": EMAIL,
            "private_key": pem(key),
            "token_uri": format!("{}/token", self.0.base),
        });
        account.to_string()
    }

    /// How long tokens are good from now on, seconds.
    pub fn set_token_life(&self, seconds: u64) {
        self.0.token_life_s.store(seconds, Ordering::Relaxed);
    }

    /// Meets the next upload with `trouble`.
    pub fn trouble(&self, trouble: Trouble) {
        self.0.troubles.push(trouble);
    }

    /// Tokens given so far.
    #[must_use]
    pub fn tokens_given(&self) -> u64 {
        self.0.tokens_given.load(Ordering::Relaxed)
    }

    /// Requests for a token so far.
    #[must_use]
    pub fn tokens_asked(&self) -> u64 {
        self.0.tokens_asked.load(Ordering::Relaxed)
    }

    /// Answers requests for a token with 503 from now on, or no longer.
    pub fn set_token_service_down(&self, is_down: bool) {
        self.0.is_token_service_down.store(is_down, Ordering::Relaxed);
    }

    /// Requests for an upload so far.
    #[must_use]
    pub fn uploads(&self) -> u64 {
        self.0.uploads.load(Ordering::Relaxed)
    }

    /// What it holds, by name.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Held> {
        self.0.book().objects.clone()
    }

    /// Waits until it holds so many objects, for `patience` at most. Says whether it does.
    #[must_use]
    pub fn wait_for(&self, objects: usize, patience: Duration) -> bool {
        let fewer = |book: &mut Book| book.objects.len() < objects;
        let waited = self.0.stored.wait_timeout_while(self.0.book(), patience, fewer);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// It, over HTTP.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/token", post(token))
            .route("/upload/storage/v1/b/{bucket}/o", post(upload))
            .route("/storage/v1/b/{bucket}/o/{name}", delete(remove))
            .route("/{bucket}/{*name}", get(download))
            .layer(DefaultBodyLimit::max(8 * 1024 * 1024))
            .with_state(self.clone())
    }
}

impl Fake {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unix_s(&self) -> u64 {
        self.clock.unix_now().as_secs()
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = self.key.public_key().as_ref();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature).is_ok()
    }

    /// The answer to a request without a token that is good, for a bucket that it is good for.
    fn refusal(&self, headers: &HeaderMap, bucket: &str) -> Option<Response> {
        let token = text(headers, "authorization").strip_prefix("Bearer ").unwrap_or_default();
        let now = self.unix_s();
        if !self.book().tokens.iter().any(|(end, known)| *end > now && known == token) {
            return Some(problem(StatusCode::UNAUTHORIZED, "Invalid Credentials"));
        }
        match bucket {
            BUCKET => None,
            FORBIDDEN_BUCKET => Some(problem(StatusCode::FORBIDDEN, "it does not have access")),
            _ => Some(problem(StatusCode::NOT_FOUND, "The specified bucket does not exist.")),
        }
    }

    /// What is wrong with an assertion, as an OAuth error.
    fn refuse(&self, assertion: &str) -> Option<&'static str> {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let read = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).ok();
        let parts: Vec<&str> = assertion.split('.').collect();
        let [head, claims, signature] = parts[..] else { return Some("invalid_request") };
        let (Some(head_json), Some(claimed), Some(signature)) =
            (read(head), read(claims), decode(signature))
        else {
            return Some("invalid_request");
        };
        let now = self.unix_s();
        let second = |name: &str| claimed[name].as_u64().unwrap_or(0);
        let is_now = second("iat") <= now + 60
            && second("exp") > now
            && second("exp") - second("iat") <= 3_600;
        let audience = format!("{}/token", self.base);
        let scopes = claimed["scope"].as_str().unwrap_or_default();
        let is_ours = self.verifies(format!("{head}.{claims}").as_bytes(), &signature)
            && head_json["alg"] == "RS256"
            && claimed["iss"] == EMAIL
            && claimed["aud"] == audience.as_str();
        if !is_ours || !is_now {
            Some("invalid_grant")
        } else if !scopes.split(' ').any(|scope| scope.ends_with("/auth/devstorage.full_control")) {
            Some("invalid_scope")
        } else {
            None
        }
    }
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"code": status.as_u16(), "message": message}}))).into_response()
}

async fn token(State(FakeGcs(fake)): State<FakeGcs>, body: String) -> Response {
    fake.tokens_asked.fetch_add(1, Ordering::Relaxed);
    if fake.is_token_service_down.load(Ordering::Relaxed) {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "The service is currently unavailable.");
    }
    let form: BTreeMap<String, String> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let refused = if field("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        fake.refuse(field("assertion"))
    } else {
        Some("unsupported_grant_type")
    };
    if let Some(error) = refused {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    }
    let number = fake.tokens_given.fetch_add(1, Ordering::Relaxed);
    let (token, life_s) =
        (format!("ya29.token-{number}"), fake.token_life_s.load(Ordering::Relaxed));
    let end = fake.unix_s() + life_s;
    fake.book().tokens.insert((end, token.clone()));
    let answer = json!({"access_token": token, "expires_in": life_s, "token_type": "Bearer"});
    Json(answer).into_response()
}

async fn upload(
    State(FakeGcs(fake)): State<FakeGcs>,
    Path(bucket): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    fake.uploads.fetch_add(1, Ordering::Relaxed);
    let mut is_checksum_bad = false;
    match fake.troubles.next() {
        Some(Trouble::Status(code)) => return status(code),
        Some(Trouble::Limited(seconds)) => return limited(seconds),
        Some(Trouble::BadChecksum) => is_checksum_bad = true,
        Some(Trouble::TokensExpire) => fake.book().tokens.clear(),
        None => {}
    }
    if let Some(refused) = fake.refusal(&headers, &bucket) {
        return refused;
    }
    let content_type = text(&headers, "content-type");
    let parts = match parts(content_type, &body) {
        Some(parts) if content_type.starts_with("multipart/related;") && parts.len() == 2 => parts,
        _ => return problem(StatusCode::BAD_REQUEST, "Malformed multipart body."),
    };
    let (Some(name), Some("multipart")) =
        (query.get("name"), query.get("uploadType").map(String::as_str))
    else {
        return problem(StatusCode::BAD_REQUEST, "Required parameter: name");
    };
    let known: Value = serde_json::from_slice(&parts[0].1).unwrap_or_default();
    let object = Held {
        content_type: known["contentType"].as_str().unwrap_or_default().to_owned(),
        metadata: known["metadata"].to_string(),
        content: parts[1].1.clone(),
    };
    let crc32c =
        if is_checksum_bad { crc32c_text(b"something else") } else { crc32c_text(&object.content) };
    let size = object.content.len().to_string();
    fake.book().objects.insert(name.clone(), object);
    fake.stored.notify_all();
    let answer = json!({
        "kind": "storage#object", "name": name, "bucket": bucket, "size": size, "crc32c": crc32c,
    });
    Json(answer).into_response()
}

async fn remove(
    State(FakeGcs(fake)): State<FakeGcs>,
    Path((bucket, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Some(refused) = fake.refusal(&headers, &bucket) {
        return refused;
    }
    match fake.book().objects.remove(&name) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => problem(StatusCode::NOT_FOUND, "No such object"),
    }
}

async fn download(
    State(FakeGcs(fake)): State<FakeGcs>,
    Path((bucket, name)): Path<(String, String)>,
    uri: http::Uri,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let (path, whole_query) = (uri.path(), uri.query().unwrap_or_default());
    let host = match text(&headers, "host") {
        "" => uri.host().unwrap_or_default(),
        host => host,
    };
    let is_allowed = if query.contains_key("X-Goog-Signature") {
        fake.allows_v4(path, whole_query, &query, host)
    } else {
        fake.allows_v2(path, &query)
    };
    if !is_allowed || bucket != BUCKET {
        return problem(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    match fake.book().objects.get(&name).cloned() {
        Some(held) => ([(header::CONTENT_TYPE, held.content_type)], held.content).into_response(),
        None => problem(StatusCode::NOT_FOUND, "NoSuchKey"),
    }
}

impl Fake {
    fn allows_v2(&self, path: &str, query: &BTreeMap<String, String>) -> bool {
        let field = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let expires = field("Expires");
        let signature = STANDARD.decode(field("Signature")).unwrap_or_default();
        field("GoogleAccessId") == EMAIL
            && expires.parse().is_ok_and(|expires: u64| expires > self.unix_s())
            && self.verifies(format!("GET\n\n\n{expires}\n{path}").as_bytes(), &signature)
    }

    fn allows_v4(
        &self,
        path: &str,
        whole_query: &str,
        query: &BTreeMap<String, String>,
        host: &str,
    ) -> bool {
        let field = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let Some((signed, _)) = whole_query.split_once("&X-Goog-Signature=") else { return false };
        let canonical = format!("GET\n{path}\n{signed}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let date = field("X-Goog-Date");
        let Some((email, scope)) = field("X-Goog-Credential").split_once('/') else { return false };
        let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
        let text = format!("GOOG4-RSA-SHA256\n{date}\n{scope}\n{hash}");
        let signature = hex::decode(field("X-Goog-Signature")).unwrap_or_default();
        email == EMAIL
            && is_current(date, field("X-Goog-Expires"), self.clock.unix_now())
            && self.verifies(text.as_bytes(), &signature)
    }
}

/// Whether what was signed at `date`, for `expires` seconds, is good at `unix`.
pub(super) fn is_current(date: &str, expires: &str, unix: Duration) -> bool {
    let (Ok(at), Ok(life)) = (
        jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", date)
            .and_then(|parsed| parsed.to_datetime())
            .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC)),
        expires.parse::<i64>(),
    ) else {
        return false;
    };
    let (at, now) = (at.timestamp().as_second(), i64::try_from(unix.as_secs()).unwrap_or(i64::MAX));
    // Clocks differ a little.
    (1..=604_800).contains(&life) && at <= now + 60 && now <= at + life
}
