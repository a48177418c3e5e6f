//! Amazon S3, and what speaks its protocol. Requests and URLs are signed in their query (SigV4).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use swell_core::journey::FailureClass;
use swell_core::target::{S3Target, S3Urls};
use swell_engine::StepError;
use swell_net::clock::RunClock;
use swell_net::{CallOptions, Endpoint, request};
use url::Url;
use zeroize::Zeroizing;

use super::moment::timestamp;
use super::object::Object;
use super::shared::Deletion;
use super::xml::refusal;

/// How long a signed URL that goes on the chain works.
const URL_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a signed request works: longer than it can be repeated.
const REQUEST_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// What signs requests. Never shown; the secrets are wiped.
#[derive(Clone)]
pub struct S3Credentials {
    /// The access key's id.
    pub key_id: String,
    /// Its secret.
    pub secret: Zeroizing<String>,
    /// The token of temporary credentials.
    pub token: Option<Zeroizing<String>>,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Credentials(…)")
    }
}

/// The bucket cannot be named in a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bucket `{bucket}` cannot be part of a URL; expected letters, digits, dots and dashes")]
pub struct S3Error {
    /// Its name.
    pub bucket: String,
}

/// Amazon S3, or what speaks its protocol. Cheap to clone.
#[derive(Clone)]
pub struct S3Store {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: Endpoint,
    service: Url,
    style: UrlStyle,
    bucket: Bucket,
    prefix: String,
    urls: S3Urls,
    credentials: Credentials,
    clock: RunClock,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("bucket", &self.inner.bucket.name()).finish_non_exhaustive()
    }
}

impl S3Store {
    /// The base URL of the service of `target`.
    #[must_use]
    pub fn service_url(target: &S3Target) -> String {
        let own = || format!("https://s3.{}.amazonaws.com", target.region);
        target.endpoint.as_ref().map_or_else(own, |url| url.expose().to_owned())
    }

    /// The store of `target`, reached through `endpoint`.
    ///
    /// # Errors
    /// [`S3Error`] when the bucket's name cannot be part of a URL.
    pub fn new(
        target: &S3Target,
        endpoint: Endpoint,
        credentials: &S3Credentials,
    ) -> Result<Self, S3Error> {
        let refused = || S3Error { bucket: target.bucket.clone() };
        let service = Url::parse(&Self::service_url(target)).map_err(|_| refused())?;
        // Amazon wants the bucket in the host, and others may have no such host.
        let style = if target.endpoint.is_some() { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket =
            Bucket::new(service.clone(), style, target.bucket.clone(), target.region.clone());
        let S3Credentials { key_id, secret, token } = credentials;
        let credentials = match token {
            Some(token) => Credentials::new_with_token(key_id, secret.as_str(), token.as_str()),
            None => Credentials::new(key_id, secret.as_str()),
        };
        let inner = Inner {
            clock: endpoint.clock().clone(),
            endpoint,
            service,
            style,
            bucket: bucket.map_err(|_| refused())?,
            prefix: target.prefix.clone(),
            urls: target.urls,
            credentials,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(super) fn bucket(&self) -> &str {
        self.inner.bucket.name()
    }

    pub(super) fn prefix(&self) -> &str {
        &self.inner.prefix
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// Uploads `object` and returns its URL.
    pub(super) async fn upload(
        &self,
        object: &Object<'_>,
        options: CallOptions,
    ) -> Result<String, StepError> {
        let Inner { endpoint, bucket, urls, credentials, clock, .. } = &*self.inner;
        let now = timestamp(clock.unix_now());
        let mut put = bucket.put_object(Some(credentials), object.name);
        put.headers_mut().insert("content-type", object.content_type);
        let url = put.sign_with_time(REQUEST_LIFETIME, &now);
        let request =
            request::put_bytes(url.as_str(), object.content_type, object.content.clone())?;
        let response = endpoint.send(request, options).await?;
        if !response.status().is_success() {
            return Err(refusal(&response));
        }
        let url = match urls {
            S3Urls::Public => bucket.object_url(object.name),
            S3Urls::Presigned => {
                bucket.get_object(Some(credentials), object.name).sign_with_time(URL_LIFETIME, &now)
            }
        };
        Ok(url.into())
    }

    /// Deletes the object `name` of `bucket`. S3 does not say whether it was there, so it is looked
    /// for first.
    pub(super) async fn delete(
        &self,
        bucket: &str,
        name: &str,
        options: CallOptions,
    ) -> Result<Deletion, StepError> {
        let Inner { endpoint, service, style, credentials, clock, .. } = &*self.inner;
        let region = self.inner.bucket.region().to_owned();
        let bucket = Bucket::new(service.clone(), *style, bucket.to_owned(), region)
            .map_err(|_| StepError::new(FailureClass::Internal, "the bucket's name is none"))?;
        let now = timestamp(clock.unix_now());
        let head = bucket.head_object(Some(credentials), name);
        let head = head.sign_with_time(REQUEST_LIFETIME, &now);
        let response = endpoint.send(bare(http::Method::HEAD, &head)?, options).await?;
        match response.status() {
            StatusCode::NOT_FOUND => return Ok(Deletion::Gone),
            // Who may not look may still delete.
            status if status.is_success() || status == StatusCode::FORBIDDEN => {}
            _ => return Err(refusal(&response)),
        }
        let delete = bucket.delete_object(Some(credentials), name);
        let delete = delete.sign_with_time(REQUEST_LIFETIME, &now);
        let response = endpoint.send(bare(http::Method::DELETE, &delete)?, options).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(Deletion::Gone),
            status if status.is_success() => Ok(Deletion::Deleted),
            _ => Err(refusal(&response)),
        }
    }
}

fn bare(method: http::Method, url: &Url) -> Result<swell_net::Request, StepError> {
    let mut request = request::get(url.as_str())?;
    *request.method_mut() = method;
    Ok(request)
}
