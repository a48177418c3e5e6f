//! Google Cloud Storage: one token for all users, one request an object, URLs signed here.

mod account;
mod multipart;
mod signing;
mod token;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde::Deserialize;
use swell_core::journey::FailureClass;
use swell_core::target::{GcsTarget, GcsUrls, SafeUrl};
use swell_engine::StepError;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::{CallOptions, Endpoint, Request, Response};
use swell_vana::crc32c::crc32c_text;

pub use account::{ServiceAccount, ServiceAccountError};

use super::object::Object;
use super::shared::Deletion;
use signing::SignedUrl;
pub(super) use signing::encode_all;
use token::{Token, Tokens};
pub(super) use token::{granted, refusal as token_refusal};

/// CPU time that an RSA signature is charged in virtual time.
const RSA_COST: Duration = Duration::from_micros(700);

/// How long a signed URL works, as the published client asks for.
const URL_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Google Cloud Storage. Cheap to clone.
#[derive(Clone, Debug)]
pub struct GcsStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    endpoint: Endpoint,
    /// Scheme and authority that URLs of objects begin with.
    base: String,
    bucket: String,
    prefix: String,
    urls: GcsUrls,
    account: ServiceAccount,
    tokens: Tokens,
    clock: RunClock,
}

#[derive(Deserialize)]
struct Stored {
    crc32c: String,
}

impl GcsStore {
    /// The store of `target` behind `endpoint`; `tokens` is where the service account's tokens come
    /// from, at the base `account.token_url()`.
    #[must_use]
    pub fn new(
        target: &GcsTarget,
        endpoint: Endpoint,
        tokens: Endpoint,
        account: ServiceAccount,
    ) -> Self {
        let url = target.url.as_ref().map_or(GcsTarget::URL, |url| url.expose());
        let clock = endpoint.clock().clone();
        let inner = Inner {
            base: url.trim_end_matches('/').to_owned(),
            bucket: target.bucket.clone(),
            prefix: target.prefix.clone(),
            urls: target.signed_urls,
            tokens: Tokens::new(tokens, account.clone(), clock.clone()),
            account,
            clock,
            endpoint,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Who uploads.
    #[must_use]
    pub fn account(&self) -> &str {
        self.inner.account.email()
    }

    /// Where its tokens come from.
    #[must_use]
    pub fn token_url(&self) -> &SafeUrl {
        self.inner.account.token_url()
    }

    pub(super) fn bucket(&self) -> &str {
        &self.inner.bucket
    }

    pub(super) fn prefix(&self) -> &str {
        &self.inner.prefix
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// Makes sure that there is a token.
    pub(super) async fn token(
        &self,
        options: CallOptions,
        compute: &Compute,
    ) -> Result<(), StepError> {
        self.inner.tokens.get(options, compute).await.map(drop)
    }

    /// Uploads `object`, compares its checksum, and returns its signed URL.
    pub(super) async fn upload(
        &self,
        object: &Object<'_>,
        options: CallOptions,
        compute: &Compute,
    ) -> Result<String, StepError> {
        let crc32c = crc32c_text(&object.content);
        let (content_type, body) = multipart::body(object, self.inner.clock.unix_now());
        let path = format!(
            "/upload/storage/v1/b/{}/o?name={}&uploadType=multipart",
            encode_all(&self.inner.bucket),
            encode_all(object.name)
        );
        let mut request = request(Method::POST, &path, body)?;
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        let response = self.authorized(request, options, compute).await?;
        if response.status() != StatusCode::OK {
            return Err(refusal(&response));
        }
        let stored = stored_as(response.body())?;
        if stored == crc32c {
            return self.sign(object.name, compute).await;
        }
        let words = format!(
            "the object was stored with the CRC-32C {}, expected {crc32c}; it is deleted",
            stored.chars().take(20).collect::<String>()
        );
        let _as_far_as_possible =
            self.delete(&self.inner.bucket, object.name, options, compute).await;
        Err(StepError::new(FailureClass::Protocol, words))
    }

    /// Deletes the object `name` of `bucket`.
    pub(super) async fn delete(
        &self,
        bucket: &str,
        name: &str,
        options: CallOptions,
        compute: &Compute,
    ) -> Result<Deletion, StepError> {
        let path = format!("/storage/v1/b/{}/o/{}", encode_all(bucket), encode_all(name));
        let request = request(Method::DELETE, &path, Bytes::new())?;
        let response = self.authorized(request, options, compute).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(Deletion::Gone),
            status if status.is_success() => Ok(Deletion::Deleted),
            _ => Err(refusal(&response)),
        }
    }

    /// Sends `request` with the token; with a new one, once, where the first is refused.
    async fn authorized(
        &self,
        request: Request,
        options: CallOptions,
        compute: &Compute,
    ) -> Result<Response, StepError> {
        let Inner { endpoint, tokens, .. } = &*self.inner;
        let token = tokens.get(options, compute).await?;
        let response = endpoint.send(with_token(request.clone(), &token), options).await?;
        if response.status() != StatusCode::UNAUTHORIZED || !tokens.refused(&token) {
            return Ok(response);
        }
        let token = tokens.get(options, compute).await?;
        Ok(endpoint.send(with_token(request, &token), options).await?)
    }

    async fn sign(&self, name: &str, compute: &Compute) -> Result<String, StepError> {
        let Inner { base, bucket, urls, clock, .. } = &*self.inner;
        let now = clock.unix_now().as_secs();
        let account = self.inner.account.clone();
        let lifetime = URL_LIFETIME.as_secs();
        let unsigned = match urls {
            GcsUrls::V2 => SignedUrl::v2(base, bucket, name, account.email(), now + lifetime),
            GcsUrls::V4 => SignedUrl::v4(base, bucket, name, account.email(), now, lifetime),
        };
        let signed = compute.run(RSA_COST, move || unsigned.sign(&account)).await;
        signed
            .map_err(|error| StepError::new(FailureClass::Internal, error))?
            .map_err(|error| StepError::new(FailureClass::Internal, error))
    }
}

/// The checksum of what was stored.
pub(super) fn stored_as(answer: &[u8]) -> Result<String, StepError> {
    serde_json::from_slice::<Stored>(answer)
        .map(|stored| stored.crc32c)
        .map_err(|_| StepError::new(FailureClass::Protocol, "the store's answer names no crc32c"))
}

fn request(method: Method, path: &str, body: Bytes) -> Result<Request, StepError> {
    let built = http::Request::builder().method(method).uri(path).body(body);
    built.map_err(|_| StepError::new(FailureClass::Internal, "the object's path is none"))
}

fn with_token(mut request: Request, token: &Token) -> Request {
    let value: HeaderValue = token.authorization();
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

fn refusal(response: &Response) -> StepError {
    StepError::from_status(response.status().as_u16(), response.body())
}
