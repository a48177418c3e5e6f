//! The transport of real runs: pooled HTTP/1.1 connections over TCP and TLS.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::InvalidMessage;
use tower::util::BoxCloneSyncService;

use crate::call::CallOptions;
use crate::{HttpService, NetError, Request, Response};

/// How connections are made and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketConfig {
    /// The longest a TCP connection may take to come about, for each address of a host.
    pub connect_timeout: Duration,
    /// Idle connections kept for each host. One costs about 30 kB.
    pub idle_per_host_max: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// The largest answer body, bytes.
    pub body_max_bytes: usize,
}

impl Default for SocketConfig {
    /// 10 s to connect, 256 idle connections for 60 s, answers up to 16 MiB.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            idle_per_host_max: 256,
            idle_timeout: Duration::from_secs(60),
            body_max_bytes: 16 * 1024 * 1024,
        }
    }
}

/// What each connection reads into, and the longest head of an answer.
///
/// Of one size, always: by default a connection's buffer grows with the largest answer it has ever
/// read, so that memory would grow for as long as large blocks meet other connections.
const READ_BUFFER_BYTES: usize = 16 * 1024;

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A transport over real sockets, `http` and `https`, trusting Mozilla's roots.
///
/// It never repeats a request by itself, except one that an idle connection's end kept from being
/// sent at all. For real time only: sockets know no virtual time.
///
/// # Errors
/// [`NetError::Connect`] if TLS cannot be set up.
pub fn sockets(config: SocketConfig) -> Result<HttpService, NetError> {
    let client = client(&config)?;
    let body_max_bytes = config.body_max_bytes;
    Ok(BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
        let client = client.clone();
        let asked = CallOptions::of(&request).body_max_bytes.unwrap_or(body_max_bytes);
        let body_max_bytes = body_max_bytes.min(asked);
        async move {
            let answer = client.request(request.map(Full::new)).await.map_err(request_error)?;
            collect(answer, body_max_bytes).await
        }
    })))
}

fn client(config: &SocketConfig) -> Result<HttpClient, NetError> {
    Ok(Client::builder(TokioExecutor::new())
        .http1_read_buf_exact_size(READ_BUFFER_BYTES)
        .pool_max_idle_per_host(config.idle_per_host_max)
        .pool_idle_timeout(config.idle_timeout)
        .pool_timer(TokioTimer::new())
        .build(connector(config)?))
}

/// Makes connections over TCP and TLS, trusting Mozilla's roots.
pub(crate) fn connector(config: &SocketConfig) -> Result<HttpsConnector<HttpConnector>, NetError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(config.connect_timeout));
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())
        .map_err(|error| NetError::Connect(format!("TLS cannot be set up: {error}")))?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(https)
}

/// The whole body in memory, within the limit.
async fn collect(
    answer: http::Response<Incoming>,
    body_max_bytes: usize,
) -> Result<Response, NetError> {
    let (head, body) = answer.into_parts();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > body_max_bytes {
        return Err(NetError::TooLarge { limit: body_max_bytes });
    }
    match Limited::new(body, body_max_bytes).collect().await {
        Ok(body) => Ok(Response::from_parts(head, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(NetError::TooLarge { limit: body_max_bytes })
        }
        Err(error) => Err(NetError::Lost(root_cause(&*error))),
    }
}

fn request_error(error: ClientError) -> NetError {
    if error.is_connect() {
        return NetError::Connect(root_cause(&error));
    }
    match hyper_cause(&error) {
        Some(cause) if cause.is_user() => NetError::Invalid(root_cause(&error)),
        _ => NetError::Lost(root_cause(&error)),
    }
}

fn hyper_cause(error: &ClientError) -> Option<&hyper::Error> {
    error.source().and_then(|cause| cause.downcast_ref())
}

/// The innermost text: what the system or TLS said. The outer ones add nothing a person needs.
pub(crate) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match tls_trouble(error) {
        Some(TlsTrouble::NotSpoken) => {
            "what answers there does not speak TLS; expected a URL that \
            begins with http:// (or ws://), or another port"
                .to_owned()
        }
        Some(TlsTrouble::HungUp) => format!(
            "{cause}: it hung up when TLS was to begin; if it speaks plain http, its URL begins with \
             http:// (or ws://)"
        ),
        None => cause.to_string(),
    }
}

/// Why TLS did not begin, as far as it can be told.
enum TlsTrouble {
    /// What came is no TLS.
    NotSpoken,
    /// The connection ended instead.
    HungUp,
}

fn tls_trouble(error: &(dyn StdError + 'static)) -> Option<TlsTrouble> {
    let io = error.downcast_ref::<io::Error>();
    if let Some(rustls::Error::InvalidMessage(
        InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
    )) = error.downcast_ref()
    {
        return Some(TlsTrouble::NotSpoken);
    }
    // What an I/O error wraps is not among its causes.
    let wrapped = io.and_then(io::Error::get_ref);
    let wrapped = wrapped.and_then(|wrapped| tls_trouble(wrapped));
    if wrapped.is_some() {
        return wrapped;
    }
    let is_early = io.is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof);
    if is_early && error.to_string() == "tls handshake eof" {
        return Some(TlsTrouble::HungUp);
    }
    tls_trouble(error.source()?)
}

#[cfg(test)]
mod tests;
