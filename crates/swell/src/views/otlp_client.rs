//! Sends messages to an OpenTelemetry collector: OTLP over HTTP.

use std::time::Duration;

use http::header::AUTHORIZATION;
use swell_core::target::SafeUrl;
use swell_net::clock::RunClock;
use swell_net::exchange::{Exchange, Transport};
use swell_net::request::{self, PROTOBUF};
use swell_net::transport::{SocketConfig, sockets};
use swell_net::{CallOptions, NetError, Response};

use crate::config::view::Authorization;

/// The way to one address of a collector. Errors name no URL, and nothing it is sent.
#[derive(Debug)]
pub(super) struct OtlpClient {
    transport: Transport,
    url: String,
    authorization: Option<Authorization>,
    clock: RunClock,
}

impl OtlpClient {
    /// The longest one request may take.
    const TIMEOUT: Duration = Duration::from_secs(5);
    /// An answer is a few words.
    const ANSWER_BYTES_MAX: usize = 64 * 1024;

    /// The way to `path` of the collector at `base`.
    pub(super) fn new(
        base: &SafeUrl,
        path: &str,
        authorization: Option<Authorization>,
        clock: RunClock,
    ) -> Result<Self, String> {
        let config = SocketConfig {
            connect_timeout: Self::TIMEOUT,
            idle_per_host_max: 1,
            ..SocketConfig::default()
        };
        let transport = Transport::new(sockets(config).map_err(|error| error.to_string())?);
        let url = format!("{}{path}", base.expose().trim_end_matches('/'));
        Ok(Self { transport, url, authorization, clock })
    }

    /// Sends `message`, and returns the body of an answer that takes it.
    pub(super) async fn post(&self, message: Vec<u8>) -> Result<Vec<u8>, String> {
        let sending = self.exchange(message);
        let answer = tokio::select! {
            biased;
            answer = sending => answer.map_err(|error| error.to_string())?,
            () = self.clock.sleep(Self::TIMEOUT) => {
                return Err(NetError::Timeout(Self::TIMEOUT).to_string());
            }
        };
        if answer.status().is_success() {
            return Ok(answer.body().to_vec());
        }
        Err(format!("the collector answered {}", answer.status().as_u16()))
    }

    async fn exchange(&self, message: Vec<u8>) -> Result<Response, NetError> {
        let mut request = request::post_bytes(&self.url, PROTOBUF, message)?;
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.header().clone());
        }
        let options = CallOptions::once().body_max_bytes(Self::ANSWER_BYTES_MAX);
        request.extensions_mut().insert(options);
        self.transport.exchange(request).await
    }
}
