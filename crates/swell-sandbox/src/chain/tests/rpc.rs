//! JSON-RPC as clients meet it.

use alloy_primitives::hex;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    BURNER, CHAIN_ID, FORWARDER, REVERTER, STORE, call_tx, config, key, sign_1559, store_input,
    transfer,
};
use crate::chain::config::{ChainConfig, Retain};
use crate::chain::router::router;
use crate::chain::rpc::handle_rpc;
use crate::chain::shared::SharedChain;

async fn ask(chain: &SharedChain, body: Value) -> Value {
    let answer = handle_rpc(chain, body.to_string().into()).await;
    serde_json::from_slice(&answer).unwrap()
}

async fn result(chain: &SharedChain, method: &str, params: Value) -> Value {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = ask(chain, request).await;
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

async fn error(chain: &SharedChain, method: &str, params: Value) -> Value {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    ask(chain, request).await["error"].clone()
}

fn raw(user: u64, tx: alloy_consensus::TxEip1559) -> String {
    format!("0x{}", hex::encode(sign_1559(user, tx)))
}

#[tokio::test]
async fn a_transaction_is_seen_from_pool_to_receipt() {
    let chain = SharedChain::new(config());
    let sent = call_tx(0, STORE, store_input(3, 9), 100_000);
    let hash = result(&chain, "eth_sendRawTransaction", json!([raw(0, sent)])).await;

    assert_eq!(result(&chain, "eth_getTransactionReceipt", json!([hash])).await, Value::Null);
    let waiting = result(&chain, "eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(waiting["blockHash"], Value::Null);
    assert_eq!(waiting["type"], "0x2");
    assert_eq!(waiting["gasPrice"], "0x2540be400");
    let who = key(0).address();
    let pending = result(&chain, "eth_getTransactionCount", json!([who.to_string(), "pending"]));
    assert_eq!(pending.await, "0x1");
    let latest = result(&chain, "eth_getTransactionCount", json!([who.to_string(), "latest"]));
    assert_eq!(latest.await, "0x0");

    chain.produce_block(1);
    let receipt = result(&chain, "eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["type"], "0x2");
    assert_eq!(receipt["effectiveGasPrice"], "0x77359400");
    assert_eq!(receipt["contractAddress"], Value::Null);
    assert_eq!(receipt["logs"][0]["logIndex"], "0x0");
    assert_eq!(receipt["logs"][0]["topics"][0], format!("0x{:064x}", 3));
    assert_eq!(receipt["logsBloom"].as_str().map(str::len), Some(514));
    let mined = result(&chain, "eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(mined["blockNumber"], "0x1");
    assert_eq!(mined["gasPrice"], "0x77359400");
    assert_eq!(mined["accessList"], json!([]));
    assert_eq!(mined["yParity"], mined["v"]);
    assert_eq!(mined["chainId"], format!("{CHAIN_ID:#x}"));

    let all = result(&chain, "eth_getBlockReceipts", json!(["latest"])).await;
    assert_eq!(all, json!([receipt]));
    let block = result(&chain, "eth_getBlockByNumber", json!(["0x1", true])).await;
    assert_eq!(block["transactions"], json!([mined]));
    let block = result(&chain, "eth_getBlockByHash", json!([block["hash"], false])).await;
    assert_eq!(block["transactions"], json!([hash]));
    assert_eq!(block["hash"], receipt["blockHash"]);
}

#[tokio::test]
async fn reverts_answer_code_3_with_their_data() {
    let chain = SharedChain::new(config());
    let reason = hex!(
        "08c379a0"
        "0000000000000000000000000000000000000000000000000000000000000020"
        "0000000000000000000000000000000000000000000000000000000000000004"
        "6e6f706500000000000000000000000000000000000000000000000000000000"
    );
    let data = format!("0x{}", hex::encode(reason));
    let call = json!([{"to": REVERTER.to_string(), "data": data}, "latest"]);
    let expected = json!({"code": 3, "message": "execution reverted: nope", "data": data});
    assert_eq!(error(&chain, "eth_call", call.clone()).await, expected);
    assert_eq!(error(&chain, "eth_estimateGas", call).await, expected);
    let call = json!([{"to": REVERTER.to_string(), "input": "0x06427aeb"}]);
    let expected = json!({"code": 3, "message": "execution reverted", "data": "0x06427aeb"});
    assert_eq!(error(&chain, "eth_call", call).await, expected);
}

#[tokio::test]
async fn batches_are_answered_in_order_and_notifications_are_not() {
    let chain = SharedChain::new(config());
    let one = |id: Value, method: &str| json!({"jsonrpc": "2.0", "id": id, "method": method});
    let batch = json!([
        one(json!(7), "eth_chainId"),
        {"jsonrpc": "2.0", "method": "eth_chainId"},
        one(json!("x"), "eth_nonsense"),
        5,
    ]);
    let answers = ask(&chain, batch).await;
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "id": 7, "result": "0x39d0"}));
    assert_eq!((&answers[1]["id"], &answers[1]["error"]["code"]), (&json!("x"), &json!(-32601)));
    assert_eq!(answers[2]["error"]["code"], -32600);
    assert_eq!(answers.as_array().map(Vec::len), Some(3));
    assert_eq!(ask(&chain, json!([])).await["error"]["code"], -32600);
    let broken = handle_rpc(&chain, bytes::Bytes::from_static(b"{")).await;
    let broken: Value = serde_json::from_slice(&broken).unwrap();
    assert_eq!(broken["error"]["code"], -32700);
}

#[tokio::test]
async fn fee_history_has_one_more_base_fee_than_blocks() {
    let chain = SharedChain::new(config());
    for user in 0..3 {
        let tip = u128::from(user + 1) * 1_000;
        let tx = alloy_consensus::TxEip1559 { max_priority_fee_per_gas: tip, ..transfer(0) };
        chain.submit_raw(&sign_1559(user, tx)).unwrap();
    }
    chain.produce_block(1);
    chain.produce_block(2);
    let history = result(&chain, "eth_feeHistory", json!(["0x2", "latest", [0, 50, 100]])).await;
    assert_eq!(history["oldestBlock"], "0x1");
    assert_eq!(history["baseFeePerGas"].as_array().map(Vec::len), Some(3));
    assert_eq!(history["gasUsedRatio"], json!([63_000.0 / 30_000_000.0, 0.0]));
    assert_eq!(history["reward"], json!([["0x3e8", "0x7d0", "0xbb8"], ["0x0", "0x0", "0x0"]]));
    let next = chain.read(|chain| format!("{:#x}", chain.next_base_fee()));
    assert_eq!(history["baseFeePerGas"][2], next);
    let plain = result(&chain, "eth_feeHistory", json!([10, "latest"])).await;
    assert_eq!(plain["oldestBlock"], "0x0");
    assert_eq!(plain.get("reward"), None);
    let refused = error(&chain, "eth_feeHistory", json!([1, "latest", [50, 10]])).await;
    assert_eq!(refused["message"], "invalid reward percentile");
}

#[tokio::test]
async fn logs_are_found_by_address_topic_and_range() {
    let chain = SharedChain::new(config());
    for (slot, nonce) in [(3, 0), (4, 1)] {
        chain
            .submit_raw(&sign_1559(0, call_tx(nonce, STORE, store_input(slot, 1), 90_000)))
            .unwrap();
        chain.produce_block(nonce);
    }
    let topic = |slot: u64| format!("0x{slot:064x}");
    let count = async |filter: Value| {
        result(&chain, "eth_getLogs", json!([filter])).await.as_array().map(Vec::len)
    };
    let store = STORE.to_string();
    assert_eq!(count(json!({"fromBlock": "0x0", "address": store})).await, Some(2));
    assert_eq!(count(json!({"fromBlock": "earliest", "topics": [topic(3)]})).await, Some(1));
    assert_eq!(count(json!({"fromBlock": "0x2", "topics": [topic(3)]})).await, Some(0));
    let either = json!([[topic(3), topic(4)]]);
    assert_eq!(count(json!({"fromBlock": "0x0", "topics": either})).await, Some(2));
    assert_eq!(count(json!({"fromBlock": "0x0", "topics": [null, topic(3)]})).await, Some(0));
    assert_eq!(count(json!({"address": [REVERTER.to_string()]})).await, Some(0));
    let hash = chain.head().hash.to_string();
    assert_eq!(count(json!({"blockHash": hash, "address": [store]})).await, Some(1));
}

#[tokio::test]
async fn forgotten_history_is_an_error_and_not_an_empty_answer() {
    let chain = SharedChain::new(ChainConfig { retain: Retain::Blocks(4), ..config() });
    for unix in 0..10 {
        chain.produce_block(unix);
    }
    assert_eq!(error(&chain, "eth_getLogs", json!([{"fromBlock": "0x1"}])).await["code"], 4444);
    let who = key(0).address().to_string();
    assert_eq!(error(&chain, "eth_getBalance", json!([who, "0x1"])).await["code"], 4444);
    let ahead = error(&chain, "eth_getBalance", json!([who, "0xff"])).await;
    assert_eq!(ahead["message"], "header not found");
    assert_eq!(result(&chain, "eth_getBlockByNumber", json!(["0x3", false])).await, Value::Null);
    let genesis = result(&chain, "eth_getBlockByNumber", json!(["0x0", false])).await;
    assert_eq!(genesis["number"], "0x0");
}

#[tokio::test]
async fn knobs_change_the_chain_from_outside() {
    let chain = SharedChain::new(config());
    let who = key(33).address().to_string();
    result(&chain, "anvil_setBalance", json!([who, "0x1234"])).await;
    assert_eq!(result(&chain, "eth_getBalance", json!([who, "latest"])).await, "0x1234");
    result(&chain, "anvil_setCode", json!([who, "0x6001"])).await;
    assert_eq!(result(&chain, "eth_getCode", json!([who, "latest"])).await, "0x6001");
    let word = format!("0x{:064x}", 8);
    result(&chain, "anvil_setStorageAt", json!([who, "0x5", word])).await;
    assert_eq!(result(&chain, "eth_getStorageAt", json!([who, "0x5", "latest"])).await, word);
    result(&chain, "anvil_setNextBlockBaseFeePerGas", json!(["0x63"])).await;
    result(&chain, "evm_mine", json!([])).await;
    let block = result(&chain, "eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!((&block["number"], &block["baseFeePerGas"]), (&json!("0x1"), &json!("0x63")));
    chain.submit_raw(&sign_1559(0, transfer(3))).unwrap();
    let status = result(&chain, "txpool_status", json!([])).await;
    assert_eq!(status, json!({"pending": "0x0", "queued": "0x1"}));
    result(&chain, "anvil_dropAllTransactions", json!([])).await;
    assert_eq!(chain.read(|chain| chain.sizes().pooled), 0);
}

#[tokio::test]
async fn the_router_answers_without_a_socket() {
    let chain = SharedChain::new(config());
    let call = json!({"to": FORWARDER.to_string(), "from": BURNER.to_string()});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_estimateGas", "params": [call]});
    let request =
        axum::http::Request::post("/").body(axum::body::Body::from(body.to_string())).unwrap();
    let response = router(chain).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert!(answer["result"].is_string(), "{answer}");
}
