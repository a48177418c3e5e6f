use super::*;

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::request;

/// A server that takes `connections` one after another and answers each request on them with
/// `answer`, then hangs up if `hang_up` says so. It returns how many requests it saw.
async fn serve(
    connections: usize,
    hang_up: bool,
    answer: &'static [u8],
) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut requests = 0;
        for _ in 0..connections {
            let (mut stream, _) = listener.accept().await.unwrap();
            while read_head(&mut stream).await {
                requests += 1;
                stream.write_all(answer).await.unwrap();
                if hang_up {
                    break;
                }
            }
        }
        requests
    });
    (address, server)
}

/// Reads up to the empty line; `false` when the client has hung up.
async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

async fn get(service: &HttpService, address: SocketAddr) -> Result<Response, NetError> {
    let request = request::get(&format!("http://{address}/SECRET")).unwrap();
    service.clone().oneshot(request).await
}

fn transport() -> HttpService {
    sockets(SocketConfig { body_max_bytes: 64, ..SocketConfig::default() }).unwrap()
}

#[tokio::test]
async fn answers_come_whole_over_a_pooled_connection() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";
    let (address, server) = serve(1, false, answer).await;
    let service = transport();
    for _ in 0..3 {
        let answer = get(&service, address).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-a"], "b");
        assert_eq!(answer.body().as_ref(), b"hello");
    }
    drop(service);
    // One connection took all three; it is closed with the service.
    assert_eq!(server.await.unwrap(), 3);
}

#[tokio::test]
async fn tls_towards_a_port_without_it_is_told_as_far_as_it_can_be() {
    for (answer, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "does not speak TLS; expected a URL"),
        (b"", "it hung up when TLS was to begin; if it speaks plain http"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _hello = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
            // What the client still says is taken, so that the answer is not reset away.
            let _rest = stream.read_to_end(&mut Vec::new()).await;
        });
        let request = request::get(&format!("https://{address}/SECRET")).unwrap();
        let error = transport().oneshot(request).await.unwrap_err();
        let NetError::Connect(why) = &error else { panic!("{error:?}") };
        assert!(why.contains(words), "{why}");
        assert!(!error.to_string().contains("SECRET"), "{error}");
        server.await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_connection_did_nothing_and_names_no_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(&transport(), address).await.unwrap_err();
    assert!(matches!(error, NetError::Connect(_)), "{error:?}");
    assert!(!error.may_have_acted());
    let text = error.to_string();
    assert!(text.to_lowercase().contains("refused"), "{text}");
    assert!(!text.contains("SECRET") && !text.contains("127.0.0.1"), "{text}");
}

#[tokio::test]
async fn a_connection_lost_within_the_body_may_have_acted() {
    let (address, server) =
        serve(1, true, b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf of").await;
    let error = get(&transport(), address).await.unwrap_err();
    assert!(matches!(error, NetError::Lost(_)), "{error:?}");
    assert!(error.may_have_acted());
    server.await.unwrap();
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_lost() {
    let (address, server) = serve(1, true, b"").await;
    let error = get(&transport(), address).await.unwrap_err();
    assert!(matches!(error, NetError::Lost(_)), "{error:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn what_is_not_http_is_lost() {
    let (address, server) = serve(1, true, b"220 mail.example ESMTP\r\n\r\n").await;
    let error = get(&transport(), address).await.unwrap_err();
    assert!(matches!(error, NetError::Lost(_)), "{error:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_or_without_its_length() {
    for answer in [
        b"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n".as_slice(),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
          40\r\n0123456789012345678901234567890123456789012345678901234567890123\r\n\
          1\r\n4\r\n0\r\n\r\n",
    ] {
        let (address, server) = serve(1, true, answer).await;
        let result = get(&transport(), address).await;
        assert_eq!(result.unwrap_err(), NetError::TooLarge { limit: 64 });
        server.await.unwrap();
    }
}

#[tokio::test]
async fn a_tls_failure_is_a_failure_to_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 this is not TLS\r\n\r\n").await.unwrap();
    });
    let request = request::get(&format!("https://{address}/")).unwrap();
    let error = transport().oneshot(request).await.unwrap_err();
    assert!(matches!(error, NetError::Connect(_)), "{error:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_call_may_take_less_than_the_transport_does() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for (limit, fits) in [(5, true), (4, false), (1_000, true)] {
        let (address, _server) = serve(1, true, answer).await;
        let mut request = request::get(&format!("http://{address}/")).unwrap();
        request.extensions_mut().insert(CallOptions::once().body_max_bytes(limit));
        let answer = transport().oneshot(request).await;
        assert_eq!(answer.is_ok(), fits, "{limit}");
        if !fits {
            assert_eq!(answer.unwrap_err(), NetError::TooLarge { limit });
        }
    }
    // Announced beyond the call's limit: not even begun to be read.
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n";
    let (address, _server) = serve(1, false, announced).await;
    let mut request = request::get(&format!("http://{address}/")).unwrap();
    request.extensions_mut().insert(CallOptions::once().body_max_bytes(5));
    let error = transport().oneshot(request).await.unwrap_err();
    assert_eq!(error, NetError::TooLarge { limit: 5 });
}
