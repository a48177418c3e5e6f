//! WebSocket subscriptions over a real port.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{STORE, call_tx, config, sign_1559, store_input};
use crate::chain::router::router;
use crate::chain::shared::SharedChain;

#[tokio::test]
async fn new_heads_and_logs_come_over_a_websocket() {
    let chain = SharedChain::new(config());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let served = router(chain.clone());
    let server = tokio::spawn(async move { axum::serve(listener, served).await });
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut exchange = async |request: Option<Value>| -> Value {
        if let Some(request) = request {
            socket.send(Message::text(request.to_string())).await.unwrap();
        }
        let message = socket.next().await.unwrap().unwrap();
        serde_json::from_str(message.to_text().unwrap()).unwrap()
    };
    let request = |method: &str, params: Value| {
        Some(json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    };

    let heads = exchange(request("eth_subscribe", json!(["newHeads"]))).await["result"].clone();
    let filter = json!({"address": STORE.to_string()});
    let logs = exchange(request("eth_subscribe", json!(["logs", filter]))).await["result"].clone();
    chain.submit_raw(&sign_1559(0, call_tx(0, STORE, store_input(3, 9), 90_000))).unwrap();
    let head = chain.produce_block(1);

    let notice = exchange(None).await;
    assert_eq!(notice["method"], "eth_subscription");
    assert_eq!(notice["params"]["subscription"], heads);
    assert_eq!(notice["params"]["result"]["hash"], head.hash.to_string());
    let notice = exchange(None).await;
    assert_eq!(notice["params"]["subscription"], logs);
    assert_eq!(notice["params"]["result"]["blockNumber"], "0x1");

    assert_eq!(exchange(request("eth_unsubscribe", json!([heads]))).await["result"], true);
    assert_eq!(exchange(request("eth_unsubscribe", json!([heads]))).await["result"], false);
    assert_eq!(exchange(request("eth_blockNumber", json!([]))).await["result"], "0x1");
    server.abort();
}
