//! One endpoint behind the seam: bytes out, bytes in.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Uri};
use swell_core::target::SafeUrl;
use swell_net::{HttpService, NetError};
use tower::ServiceExt;

use super::error::ChainErrorKind;

/// Where JSON-RPC requests go.
#[derive(Clone)]
pub(super) struct Transport {
    service: HttpService,
    uri: Result<Uri, NetError>,
}

/// What became of one request.
pub(super) struct Exchange {
    pub(super) attempts: u32,
    pub(super) answer: Result<Bytes, ChainErrorKind>,
}

/// Whether a request may be sent again when its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A question: asking twice changes nothing.
    Safe,
    /// A submission: what became of it is looked up, not guessed.
    Never,
}

impl Transport {
    const TIMEOUT: Duration = Duration::from_secs(10);
    const ATTEMPTS_MAX: u32 = 3;
    const PAUSE: Duration = Duration::from_millis(200);

    pub(super) fn new(url: &SafeUrl, service: HttpService) -> Self {
        let uri = url.expose().parse().map_err(|_| NetError::Invalid(format!("{url} is no URL")));
        Self { service, uri }
    }

    pub(super) async fn post(&self, body: Vec<u8>, repeat: Repeat) -> Exchange {
        let body = Bytes::from(body);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = self.post_once(body.clone()).await;
            let again = repeat == Repeat::Safe
                && attempts < Self::ATTEMPTS_MAX
                && match &answer {
                    Err(ChainErrorKind::Net(error)) => !matches!(error, NetError::Invalid(_)),
                    Err(ChainErrorKind::Status { status }) => *status == 429 || *status >= 500,
                    _ => false,
                };
            if !again {
                return Exchange { attempts, answer };
            }
            tokio::time::sleep(Self::PAUSE * attempts).await;
        }
    }

    async fn post_once(&self, body: Bytes) -> Result<Bytes, ChainErrorKind> {
        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone().map_err(ChainErrorKind::Net)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = tokio::time::timeout(Self::TIMEOUT, self.service.clone().oneshot(request))
            .await
            .unwrap_or(Err(NetError::Timeout(Self::TIMEOUT)))
            .map_err(ChainErrorKind::Net)?;
        let status = answer.status();
        // Some nodes put JSON-RPC errors into answers with status 400.
        if status.is_success() || (status == 400 && answer.body().starts_with(b"{")) {
            return Ok(answer.into_body());
        }
        Err(ChainErrorKind::Status { status: status.as_u16() })
    }
}
