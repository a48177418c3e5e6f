//! One endpoint behind the seam: bytes out, bytes in.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderValue};
use swell_core::time::RunOffset;
use swell_net::{CallOptions, Endpoint, EndpointId};

use super::error::ChainErrorKind;

/// Where JSON-RPC requests go, and until when.
#[derive(Clone)]
pub(super) struct Transport {
    endpoint: Endpoint,
    deadline: Option<RunOffset>,
}

/// Whether a request may be sent again when its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A question: asking twice changes nothing.
    Safe,
    /// A submission: repeated only while it certainly did not arrive. What became of one that may
    /// have is looked up, not guessed.
    UntilSent,
}

impl Transport {
    const TIMEOUT: Duration = Duration::from_secs(10);
    /// Few: whoever submits has better ways to go on than to repeat.
    const SUBMIT_RETRIES: u32 = 1;

    pub(super) const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, deadline: None }
    }

    /// The same, its requests over at `deadline`.
    pub(super) fn by(&self, deadline: RunOffset) -> Self {
        Self { endpoint: self.endpoint.clone(), deadline: Some(deadline) }
    }

    pub(super) fn id(&self) -> &EndpointId {
        self.endpoint.id()
    }

    pub(super) async fn post(
        &self,
        body: Vec<u8>,
        repeat: Repeat,
    ) -> Result<Bytes, ChainErrorKind> {
        let mut request = http::Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut options = match repeat {
            Repeat::Safe => CallOptions::idempotent(),
            Repeat::UntilSent => CallOptions::careful().retries(Self::SUBMIT_RETRIES),
        }
        .timeout(Self::TIMEOUT);
        options.deadline = self.deadline;
        let answer = self.endpoint.send(request, options).await.map_err(ChainErrorKind::Net)?;
        let status = answer.status();
        // Some nodes put JSON-RPC errors into answers with status 400.
        if status.is_success() || (status == 400 && answer.body().starts_with(b"{")) {
            return Ok(answer.into_body());
        }
        Err(ChainErrorKind::Status { status: status.as_u16() })
    }
}
