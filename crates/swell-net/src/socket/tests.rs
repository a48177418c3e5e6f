//! Over a real port: sockets are what is tested.

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tower::ServiceExt;

use super::*;

/// What a server saw of the request that opened a connection.
#[derive(Debug)]
struct Seen {
    target: String,
    authorization: Option<String>,
}

/// Opens a connection to a server that goes on with `serve`.
#[expect(clippy::result_large_err, reason = "the handshake's callback has this shape")]
async fn opened<F>(
    user: &str,
    serve: impl FnOnce(WebSocketStream<TcpStream>) -> F + Send + 'static,
) -> (Socket, Seen)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (seen_tx, seen) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut seen = None;
        let look = |request: &Request, response: Response| {
            let authorization = request.headers().get(AUTHORIZATION);
            seen = Some(Seen {
                target: request.uri().to_string(),
                authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
            });
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(stream, look).await.unwrap();
        seen_tx.send(seen.unwrap()).unwrap();
        serve(socket).await;
    });
    let url = SafeUrl::new(format!("ws://{user}{address}/v2/KEY?a=b"));
    let socket = web_sockets(&SocketConfig::default()).unwrap().oneshot(url).await.unwrap();
    (socket, seen.await.unwrap())
}

#[tokio::test]
async fn text_goes_both_ways_and_pings_are_nobodys_business() {
    let (mut socket, seen) = opened("", |mut socket| async move {
        let question = socket.next().await.unwrap().unwrap();
        socket.send(Message::Ping("are you there".into())).await.unwrap();
        socket.send(Message::text(format!("{question}!"))).await.unwrap();
        socket.send(Message::binary("bytes")).await.unwrap();
        assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Pong(_)));
        socket.send(Message::text("answered")).await.unwrap();
    })
    .await;
    assert_eq!((seen.target.as_str(), seen.authorization), ("/v2/KEY?a=b", None));
    socket.send("hello".into()).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), "hello!");
    assert_eq!(socket.next().await.unwrap(), "bytes");
    assert_eq!(socket.next().await.unwrap(), "answered");
}

#[tokio::test]
async fn a_user_and_a_password_become_a_header() {
    let (_socket, seen) = opened("me:pw@", |socket| async move { drop(socket) }).await;
    assert_eq!(seen.authorization.as_deref(), Some("Basic bWU6cHc="));
    assert_eq!(seen.target, "/v2/KEY?a=b");
}

#[tokio::test]
async fn an_end_is_an_error_however_it_comes() {
    let (mut closed, _) = opened("", |mut socket| async move {
        socket.close(None).await.unwrap();
    })
    .await;
    assert!(matches!(closed.next().await, Err(NetError::Lost(_))));
    let (mut cut, _) = opened("", |socket| async move { drop(socket) }).await;
    assert!(matches!(cut.next().await, Err(NetError::Lost(_))));
    let (mut rubbish, _) = opened("", |mut socket| async move {
        socket.get_mut().write_all(&[0xff; 64]).await.unwrap();
        let _waits_for_the_end = socket.next().await;
    })
    .await;
    assert!(matches!(rubbish.next().await, Err(NetError::Lost(_))));
}

#[tokio::test]
async fn what_is_no_web_socket_is_refused_and_no_credentials_are_shown() {
    let sockets = web_sockets(&SocketConfig::default()).unwrap();
    for bad in ["http://h/SECRET", "no url", "ws://"] {
        let error = sockets.clone().oneshot(SafeUrl::new(bad)).await.unwrap_err();
        assert!(matches!(error, NetError::Invalid(_)), "{bad}: {error}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://user:SECRET@{}/SECRET", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    let error = sockets.oneshot(SafeUrl::new(url)).await.unwrap_err();
    assert!(error.to_string().contains("403"), "{error}");
    assert!(!error.to_string().contains("SECRET"), "{error}");
}
