//! A proxy between a program and a chain's JSON-RPC, that does with each request what it is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use swell_net::exchange::{Exchange, Transport};
use swell_net::request::post_json;
use swell_net::transport::{SocketConfig, sockets};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::stale;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// It goes on, and its answer comes back.
    Pass,
    /// The same, after a while.
    Delay(Duration),
    /// The connection is closed before the node hears of it.
    DropRequest,
    /// The connection is closed after the node has acted.
    DropReply,
    /// The node hears it twice.
    Duplicate,
    /// This status comes instead, perhaps with a wish for when to come back, in seconds.
    Answer(u16, Option<u64>),
    /// A node answers that is so many blocks behind.
    Stale(u64),
}

/// Decides about requests, each with its number from 0.
pub(crate) trait Plan: Send + Sync + 'static {
    /// What becomes of it.
    fn before(&self, number: u64, body: &Value) -> Act;

    /// The node has acted, and nobody has heard its answer yet.
    fn after(&self, _number: u64) {}
}

/// A proxy that runs. It ends when dropped.
pub(crate) struct Proxy {
    pub(crate) url: String,
    requests: Arc<AtomicU64>,
    stop: CancellationToken,
}

struct Way {
    upstream: String,
    node: Transport,
    plan: Arc<dyn Plan>,
    requests: Arc<AtomicU64>,
}

impl Proxy {
    /// A proxy before the node at `upstream`.
    pub(crate) fn start(runtime: &Runtime, upstream: &str, plan: Arc<dyn Plan>) -> Self {
        let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))));
        let listener = listener.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, stop) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let way = Arc::new(Way {
            upstream: upstream.to_owned(),
            node: Transport::new(sockets(SocketConfig::default()).unwrap()),
            plan,
            requests: Arc::clone(&requests),
        });
        runtime.spawn(stop.clone().run_until_cancelled_owned(accept(listener, way, stop.clone())));
        Self { url, requests, stop }
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, way: Arc<Way>, stop: CancellationToken) {
    while let Ok((connection, _)) = listener.accept().await {
        let serving = serve(connection, Arc::clone(&way));
        tokio::spawn(stop.clone().run_until_cancelled_owned(serving));
    }
}

/// Answers the requests of one connection, until one of them ends it.
async fn serve(connection: TcpStream, way: Arc<Way>) {
    let mut connection = BufReader::new(connection);
    while let Some(body) = read_request(&mut connection).await {
        let body: Value = serde_json::from_slice(&body).unwrap();
        let Some((status, retry_after, answer)) = way.answer(body).await else { return };
        let wish = retry_after.map_or_else(String::new, |s| format!("Retry-After: {s}\r\n"));
        let head = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{wish}Content-Length: {}\r\n\r\n",
            answer.len()
        );
        let whole = [head.as_bytes(), &answer].concat();
        if connection.write_all(&whole).await.is_err() {
            return;
        }
    }
}

/// The body of the next request; `None` when the connection ends.
pub(crate) async fn read_request(connection: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    Some(body)
}

impl Way {
    /// Status, `Retry-After` and body; `None` closes the connection.
    async fn answer(&self, body: Value) -> Option<(u16, Option<u64>, Vec<u8>)> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let act = self.plan.before(number, &body);
        match act {
            Act::DropRequest => return None,
            Act::Answer(status, retry_after) => return Some((status, retry_after, Vec::new())),
            Act::Delay(length) => tokio::time::sleep(length).await,
            _ => {}
        }
        let answer = match act {
            Act::Stale(behind) => stale::answer(&self.node, &self.upstream, body, behind).await?,
            Act::Duplicate => {
                let first = ask(&self.node, &self.upstream, &body).await?;
                ask(&self.node, &self.upstream, &body).await?;
                first
            }
            _ => ask(&self.node, &self.upstream, &body).await?,
        };
        self.plan.after(number);
        if act == Act::DropReply {
            return None;
        }
        Some((200, None, serde_json::to_vec(&answer).unwrap()))
    }
}

/// What the node answers; `None` when it does not.
pub(crate) async fn ask(node: &Transport, url: &str, body: &Value) -> Option<Value> {
    let answer = node.exchange(post_json(url, body).unwrap()).await.ok()?;
    serde_json::from_slice(answer.body()).ok()
}
