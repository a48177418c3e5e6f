//! JSON-RPC over a WebSocket, with subscriptions.

use std::collections::BTreeMap;

use axum::extract::ws::{Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::block::Head;
use super::rpc::{LogFilter, RpcError, answer, block_header, dispatch, quantity};
use super::shared::SharedChain;

/// The most subscriptions of one connection.
const SUBSCRIPTIONS_MAX: usize = 128;

/// What one subscription sends with every block.
enum Topic {
    Heads,
    Logs(LogFilter),
}

/// The subscriptions of one connection, by id.
#[derive(Default)]
struct Subscriptions {
    topics: BTreeMap<u64, Topic>,
    ids: u64,
}

/// Answers until the client goes, or falls too far behind.
pub(crate) async fn serve(chain: SharedChain, mut socket: WebSocket) {
    let mut heads = chain.subscribe_heads();
    let mut subscriptions = Subscriptions::default();
    loop {
        let outgoing = tokio::select! {
            biased;
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    subscriptions.answer(&chain, text.as_bytes()).into_iter().collect()
                }
                Some(Ok(Message::Binary(bytes))) => {
                    subscriptions.answer(&chain, &bytes).into_iter().collect()
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Vec::new(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            head = heads.recv() => match head {
                Ok(head) => subscriptions.notices(&chain, head),
                // Heads were missed: better a broken connection than a silent gap.
                Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            },
        };
        for message in outgoing {
            if socket.send(Message::Text(message.to_string().into())).await.is_err() {
                return;
            }
        }
    }
}

impl Subscriptions {
    fn answer(&mut self, chain: &SharedChain, body: &[u8]) -> Option<Value> {
        answer(body, |method, params| match method {
            "eth_subscribe" => self.subscribe(params),
            "eth_unsubscribe" => Ok(json!(self.unsubscribe(params))),
            _ => dispatch(chain, method, params),
        })
    }

    fn subscribe(&mut self, params: &Value) -> Result<Value, RpcError> {
        let topic = match params.get(0).and_then(Value::as_str) {
            Some("newHeads") => Topic::Heads,
            Some("logs") => Topic::Logs(LogFilter::parse(params.get(1).unwrap_or(&Value::Null))?),
            other => {
                let message = format!("no {:?} subscription", other.unwrap_or_default());
                return Err(RpcError::params(message));
            }
        };
        if self.topics.len() >= SUBSCRIPTIONS_MAX {
            return Err(RpcError::server("too many subscriptions"));
        }
        self.ids += 1;
        self.topics.insert(self.ids, topic);
        Ok(quantity(self.ids))
    }

    fn unsubscribe(&mut self, params: &Value) -> bool {
        let id = params.get(0).and_then(Value::as_str).and_then(|id| id.strip_prefix("0x"));
        let id = id.and_then(|id| u64::from_str_radix(id, 16).ok());
        id.is_some_and(|id| self.topics.remove(&id).is_some())
    }

    fn notices(&self, chain: &SharedChain, head: Head) -> Vec<Value> {
        if self.topics.is_empty() {
            return Vec::new();
        }
        let block = chain.read(|chain| chain.archive.by_hash(head.hash).cloned());
        let Some(block) = block else { return Vec::new() };
        let mut notices = Vec::new();
        for (&id, topic) in &self.topics {
            match topic {
                Topic::Heads => notices.push(notice(id, &block_header(&block))),
                Topic::Logs(filter) => {
                    notices.extend(filter.matching(&block).iter().map(|log| notice(id, log)));
                }
            }
        }
        notices
    }
}

fn notice(id: u64, result: &Value) -> Value {
    let params = json!({"subscription": quantity(id), "result": result});
    json!({"jsonrpc": "2.0", "method": "eth_subscription", "params": params})
}
