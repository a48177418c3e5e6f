//! IPFS, through Pinata. Objects are found again by their names.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use swell_core::journey::FailureClass;
use swell_engine::StepError;
use swell_net::{CallOptions, Endpoint, Request, Response};
use zeroize::Zeroizing;

use super::gcs::encode_all;
use super::moment::iso8601;
use super::multipart::boundary;
use super::object::Object;
use super::shared::Deletion;

/// IPFS, through Pinata. Cheap to clone; the token is never shown.
#[derive(Clone)]
pub struct PinataStore {
    endpoint: Endpoint,
    authorization: HeaderValue,
}

impl fmt::Debug for PinataStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinataStore").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Pinned {
    #[serde(rename = "IpfsHash")]
    hash: String,
}

#[derive(Deserialize)]
struct PinList {
    rows: Vec<PinRow>,
}

#[derive(Deserialize)]
struct PinRow {
    ipfs_pin_hash: String,
    metadata: PinMetadata,
}

#[derive(Deserialize)]
struct PinMetadata {
    name: Option<String>,
}

impl PinataStore {
    /// Pinata behind `endpoint`; `None` when `jwt` cannot be part of a request.
    #[must_use]
    pub fn new(endpoint: Endpoint, jwt: &str) -> Option<Self> {
        let header = Zeroizing::new(format!("Bearer {jwt}"));
        let mut authorization = HeaderValue::try_from(header.as_str()).ok()?;
        authorization.set_sensitive(true);
        Some(Self { endpoint, authorization })
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Pins `object`, and returns its address on IPFS.
    pub(super) async fn upload(
        &self,
        object: &Object<'_>,
        options: CallOptions,
    ) -> Result<String, StepError> {
        let (content_type, body) = self.form(object);
        let mut request = self.request(Method::POST, "/pinning/pinFileToIPFS", body)?;
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        let response = self.endpoint.send(request, options).await?;
        if !response.status().is_success() {
            return Err(refusal(&response));
        }
        pinned(response.body())
    }

    /// Unpins whatever has the name `name`.
    pub(super) async fn delete(
        &self,
        name: &str,
        options: CallOptions,
    ) -> Result<Deletion, StepError> {
        let path = format!(
            "/data/pinList?status=pinned&pageLimit=100&metadata%5Bname%5D={}",
            encode_all(name)
        );
        let request = self.request(Method::GET, &path, Bytes::new())?;
        let response = self.endpoint.send(request, options).await?;
        if !response.status().is_success() {
            return Err(refusal(&response));
        }
        let mut deletion = Deletion::Gone;
        for hash in pins(response.body(), name)? {
            let path = format!("/pinning/unpin/{hash}");
            let request = self.request(Method::DELETE, &path, Bytes::new())?;
            let response = self.endpoint.send(request, options).await?;
            match response.status() {
                StatusCode::NOT_FOUND => {}
                status if status.is_success() => deletion = Deletion::Deleted,
                _ => return Err(refusal(&response)),
            }
        }
        Ok(deletion)
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request, StepError> {
        let built = http::Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, self.authorization.clone())
            .body(body);
        built.map_err(|_| StepError::new(FailureClass::Internal, "the pin's path is none"))
    }

    /// A form with the file, and with its name and where it comes from.
    fn form(&self, object: &Object<'_>) -> (HeaderValue, Bytes) {
        let metadata = json!({
            "name": object.name,
            "keyvalues": {
                "uploadedBy": "vana-sdk",
                "timestamp": iso8601(self.endpoint.clock().unix_now()),
            },
        });
        let boundary = boundary(&object.content);
        let mut body = BytesMut::with_capacity(object.content.len() + 768);
        body.put_slice(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; \
                 filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
                object.name, object.content_type
            )
            .as_bytes(),
        );
        body.put_slice(&object.content);
        body.put_slice(
            format!(
                "\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"pinataMetadata\"\
                 \r\n\r\n{metadata}\r\n--{boundary}--\r\n"
            )
            .as_bytes(),
        );
        let content_type =
            HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        (content_type.unwrap_or(HeaderValue::from_static("multipart/form-data")), body.freeze())
    }
}

/// The address of what was pinned.
pub(super) fn pinned(answer: &[u8]) -> Result<String, StepError> {
    match serde_json::from_slice::<Pinned>(answer) {
        Ok(Pinned { hash }) if is_hash(&hash) => Ok(format!("ipfs://{hash}")),
        _ => Err(StepError::new(
            FailureClass::Protocol,
            "the answer names no IpfsHash of letters and digits",
        )),
    }
}

/// The hashes of what has the name `name`: the search finds longer names too.
pub(super) fn pins(answer: &[u8], name: &str) -> Result<Vec<String>, StepError> {
    let list: PinList = serde_json::from_slice(answer)
        .map_err(|_| StepError::new(FailureClass::Protocol, "the answer is not a list of pins"))?;
    let named = list.rows.into_iter().filter(|row| row.metadata.name.as_deref() == Some(name));
    Ok(named.map(|row| row.ipfs_pin_hash).filter(|hash| is_hash(hash)).collect())
}

/// The personal server finds a content identifier by this shape.
fn is_hash(hash: &str) -> bool {
    !hash.is_empty() && hash.len() <= 128 && hash.bytes().all(|octet| octet.is_ascii_alphanumeric())
}

fn refusal(response: &Response) -> StepError {
    StepError::from_status(response.status().as_u16(), response.body())
}
