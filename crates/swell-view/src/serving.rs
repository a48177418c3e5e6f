//! Serving to whoever comes, without taking from the load: so many connections, and a deadline.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use axum::{Extension, Router};
use http::StatusCode;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections open at once. The load needs the file descriptors: who comes on top of these waits in
/// the system's queue, which has none of ours.
pub const CONNECTIONS_MAX: usize = 64;

/// How long a client may take to send a request's headers, counted from when it connected or was
/// answered, and how long the request's body may take after them.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// Serves `router` at `listener` over HTTP/1 until it is dropped: at most [`CONNECTIONS_MAX`] at a time,
/// and to nobody who lets it wait longer than [`REQUEST_DEADLINE`]. Handlers can ask for
/// `ConnectInfo<SocketAddr>`.
pub async fn serve_bounded(mut listener: TcpListener, router: Router) {
    let router = router.layer(from_fn(in_time));
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Nobody closes the semaphore.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let (stream, peer) = Listener::accept(&mut listener).await;
        let service = router.clone().layer(Extension(ConnectInfo(peer)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(REQUEST_DEADLINE)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        tokio::spawn(async move {
            let _served_or_gone = connection.await;
            drop(place);
        });
    }
}

/// Answers whose body does not come. What an answer streams may take as long as it likes.
async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(REQUEST_DEADLINE, next.run(request)).await.unwrap_or_else(|_late| {
        (StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive").into_response()
    })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    async fn start() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let who = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        let length = |body: String| async move { body.len().to_string() };
        tokio::spawn(serve_bounded(listener, Router::new().route("/", get(who).post(length))));
        address
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    /// Asks, and keeps the connection.
    async fn exchange(stream: &mut TcpStream) {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
        assert_ne!(stream.read(&mut [0; 512]).await.unwrap(), 0);
    }

    async fn ask(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await.unwrap();
        stream
    }

    #[tokio::test]
    async fn who_comes_on_top_waits_for_a_place() {
        let address = start().await;
        let mut kept = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Answered, so it has its place for certain.
            exchange(&mut stream).await;
            kept.push(stream);
        }
        let late = ask(address).await;
        let own = late.local_addr().unwrap().to_string();
        // The server, which shares this thread, had its turns.
        for stream in &mut kept {
            exchange(stream).await;
        }
        let unanswered = late.try_read(&mut [0; 1]).unwrap_err();
        assert_eq!(unanswered.kind(), std::io::ErrorKind::WouldBlock, "there is no place");
        kept.pop();
        let answer = rest(late).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&own), "{answer}");
    }

    // Time is paused: it leaps to the deadline as soon as everybody waits.
    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_half_of_it_is_let_go() {
        let address = start().await;
        for words in ["", "GET / HTTP/1.1\r\nHost:"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(words.as_bytes()).await.unwrap();
            let answer = rest(stream).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{words}: {answer}");
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        let half = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf";
        stream.write_all(half).await.unwrap();
        let answer = rest(stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}
