//! The seam's second transport: WebSocket connections, for what a node tells by itself.

use std::fmt;
use std::pin::Pin;

use futures_util::future::ready;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use http::header::AUTHORIZATION;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use swell_core::target::SafeUrl;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tower::Service;
use tower::util::BoxCloneSyncService;
use url::Url;

use crate::NetError;
use crate::endpoint::basic_authorization;
use crate::transport::{SocketConfig, connector, root_cause};

/// Whatever opens WebSockets: real ones, or a test's.
pub type SocketService = BoxCloneSyncService<SafeUrl, Socket, NetError>;

/// The largest message taken, bytes: announcements are small.
const MESSAGE_MAX_BYTES: usize = 1024 * 1024;

type Outgoing = Pin<Box<dyn Sink<String, Error = NetError> + Send>>;
type Incoming = Pin<Box<dyn Stream<Item = Result<String, NetError>> + Send>>;

/// An open connection that carries text both ways. It closes when dropped.
pub struct Socket {
    outgoing: Outgoing,
    incoming: Incoming,
}

impl Socket {
    /// A connection made of its two directions.
    pub fn new(
        outgoing: impl Sink<String, Error = NetError> + Send + 'static,
        incoming: impl Stream<Item = Result<String, NetError>> + Send + 'static,
    ) -> Self {
        Self { outgoing: Box::pin(outgoing), incoming: Box::pin(incoming) }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// [`NetError`] when the connection is gone.
    pub async fn send(&mut self, text: String) -> Result<(), NetError> {
        self.outgoing.send(text).await
    }

    /// Waits for the next message. Cancel-safe.
    ///
    /// # Errors
    /// [`NetError`] when the connection is gone.
    pub async fn next(&mut self) -> Result<String, NetError> {
        let closed = || Err(NetError::Lost("the other side closed it".into()));
        self.incoming.next().await.unwrap_or_else(closed)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket")
    }
}

/// Opens real WebSockets, `ws` and `wss`, over the same connections and roots of trust as
/// [`crate::transport::sockets`]. For real time only.
///
/// # Errors
/// [`NetError::Connect`] if TLS cannot be set up.
pub fn web_sockets(config: &SocketConfig) -> Result<SocketService, NetError> {
    let connector = connector(config)?;
    Ok(BoxCloneSyncService::new(tower::service_fn(move |url: SafeUrl| {
        open(connector.clone(), url)
    })))
}

async fn open(
    mut connector: HttpsConnector<HttpConnector>,
    url: SafeUrl,
) -> Result<Socket, NetError> {
    let invalid = || NetError::Invalid(format!("{url} is not a ws or wss URL"));
    let mut parsed = Url::parse(url.expose()).map_err(|_| invalid())?;
    let scheme = match parsed.scheme() {
        "ws" => "http",
        "wss" => "https",
        _ => return Err(invalid()),
    };
    let authorization = basic_authorization(&parsed);
    // What is a header now must not be part of the URL.
    let _absent_already = (parsed.set_username(""), parsed.set_password(None));
    let mut request = parsed.as_str().into_client_request().map_err(|_| invalid())?;
    if let Some(authorization) = authorization {
        request.headers_mut().insert(AUTHORIZATION, authorization);
    }
    let authority = request.uri().authority().ok_or_else(invalid)?.as_str();
    let address = format!("{scheme}://{authority}/").parse().map_err(|_| invalid())?;
    let stream =
        connector.call(address).await.map_err(|error| NetError::Connect(root_cause(&*error)))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_MAX_BYTES))
        .max_frame_size(Some(MESSAGE_MAX_BYTES));
    let upgraded =
        tokio_tungstenite::client_async_with_config(request, TokioIo::new(stream), Some(config));
    let (socket, _answer) = upgraded.await.map_err(|error| match error {
        WsError::Http(answer) => {
            NetError::Connect(format!("the node answered with HTTP status {}", answer.status()))
        }
        error => NetError::Connect(root_cause(&error)),
    })?;
    let (outgoing, incoming) = socket.split();
    let lost = |error: WsError| NetError::Lost(root_cause(&error));
    Ok(Socket::new(
        outgoing.with(|text: String| ready(Ok(Message::text(text)))).sink_map_err(lost),
        incoming.filter_map(move |message| ready(text_of(message.map_err(lost)))),
    ))
}

/// What a message says; `None` of those that carry nothing, such as pings, which are answered.
fn text_of(message: Result<Message, NetError>) -> Option<Result<String, NetError>> {
    let not_text = || NetError::Lost("it sent what is not text".into());
    match message {
        Ok(Message::Text(text)) => Some(Ok(text.to_string())),
        Ok(Message::Binary(bytes)) => Some(String::from_utf8(bytes.into()).map_err(|_| not_text())),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    }
}

#[cfg(test)]
mod tests;
