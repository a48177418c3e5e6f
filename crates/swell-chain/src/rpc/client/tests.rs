use std::sync::{Arc, Mutex};

use alloy_primitives::{Address, B256, Bytes};
use serde_json::{Value, json};
use swell_core::seed::Seed;
use swell_core::target::SafeUrl;
use swell_core::units::{Wei, WeiPerGas};
use swell_net::clock::RunClock;
use swell_net::{Endpoint, EndpointId, EndpointSettings, HttpService};

use super::Rpc;
use crate::rpc::{BlockTag, ChainErrorKind, Receipt};

/// A node that gives one answer, and what it was asked.
fn node(status: u16, answer: &Value) -> (Rpc, Arc<Mutex<Vec<Value>>>) {
    let (answer, asked) = (answer.to_string(), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&asked);
    let service = HttpService::new(tower::service_fn(move |request: swell_net::Request| {
        log.lock().unwrap().push(serde_json::from_slice(request.body()).unwrap());
        let response = http::Response::builder().status(status).body(answer.clone().into());
        async move { Ok(response.unwrap()) }
    }));
    let (id, url) = (EndpointId::new("rpc"), SafeUrl::new("http://node.test/v2/SECRET"));
    let (settings, clock) = (EndpointSettings::default(), RunClock::virtual_time());
    let endpoint = Endpoint::new(id, &url, service, settings, clock, Seed(1)).unwrap();
    (Rpc::new(endpoint), asked)
}

fn result(value: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "result": value })
}

fn refusal(error: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "error": error })
}

#[tokio::test(start_paused = true)]
async fn questions_have_the_wire_form() {
    let (rpc, asked) = node(200, &result(&json!("0x2a")));
    assert_eq!(rpc.chain_id().await.unwrap(), 42);
    assert_eq!(rpc.nonce(Address::ZERO, BlockTag::Pending).await.unwrap(), 42);
    assert_eq!(rpc.balance(Address::ZERO, BlockTag::Number(16)).await.unwrap(), Wei::new(42));
    let asked = asked.lock().unwrap();
    let zero = "0x0000000000000000000000000000000000000000";
    let form = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
    assert_eq!(asked[0], form("eth_chainId", json!([])));
    assert_eq!(asked[1], form("eth_getTransactionCount", json!([zero, "pending"])));
    assert_eq!(asked[2], form("eth_getBalance", json!([zero, "0x10"])));
}

#[tokio::test(start_paused = true)]
async fn many_balances_are_one_request_whatever_the_order_of_the_answers() {
    let answer = json!([
        { "jsonrpc": "2.0", "id": 1, "result": "0x2" },
        { "jsonrpc": "2.0", "id": 0, "result": "0x1" },
    ]);
    let (rpc, asked) = node(200, &answer);
    let accounts = [Address::repeat_byte(1), Address::repeat_byte(2)];
    assert_eq!(rpc.balances(&accounts).await.unwrap(), [Wei::new(1), Wei::new(2)]);
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_an_answer_missing_is_malformed() {
    for answer in [json!([{ "id": 0, "result": "0x1" }]), json!([]), result(&json!("0x1"))] {
        let (rpc, _asked) = node(200, &answer);
        let error = rpc.balances(&[Address::ZERO, Address::ZERO]).await.unwrap_err();
        assert!(matches!(error.kind, ChainErrorKind::Malformed(_)), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_revert_says_what_the_contract_returned() {
    for data in [json!("0x08c379a0"), json!({ "data": "0x08c379a0" })] {
        let error = json!({ "code": 3, "message": "execution reverted", "data": data });
        let (rpc, _asked) = node(200, &refusal(&error));
        let error = rpc.call(Address::ZERO, Bytes::new()).await.unwrap_err();
        assert_eq!(error.revert_data(), Some(&Bytes::from_static(&[8, 195, 121, 160])));
    }
}

#[tokio::test(start_paused = true)]
async fn errors_name_the_endpoint_and_never_its_url() {
    let (rpc, _asked) = node(401, &json!("no"));
    let error = rpc.block_number().await.unwrap_err();
    assert_eq!(error.to_string(), "eth_blockNumber on rpc failed");
    assert_eq!(error.kind, ChainErrorKind::Status { status: 401 });
    assert!(!format!("{error:?} {rpc:?}").contains("SECRET"));
}

#[tokio::test(start_paused = true)]
async fn a_long_message_is_cut() {
    let (rpc, _asked) = node(200, &refusal(&json!({ "code": 1, "message": "é".repeat(5_000) })));
    let error = rpc.block_number().await.unwrap_err();
    let ChainErrorKind::Refused(failure) = error.kind else { panic!("{error:?}") };
    assert_eq!(failure.message.chars().count(), 300);
}

#[tokio::test(start_paused = true)]
async fn what_is_absent_is_none_and_no_error() {
    let (rpc, _asked) = node(200, &result(&Value::Null));
    assert_eq!(rpc.receipt(B256::ZERO).await.unwrap(), None);
    assert_eq!(rpc.transaction_by_hash(B256::ZERO).await.unwrap(), None);
    assert!(rpc.chain_id().await.is_err());
}

#[test]
fn a_rollups_parent_fee_is_part_of_the_fee() {
    let receipt = json!({
        "transactionHash": B256::ZERO, "blockHash": B256::ZERO, "blockNumber": "0x1",
        "from": Address::ZERO, "to": null, "status": "0x1", "gasUsed": "0x5208",
        "effectiveGasPrice": "0x2", "l1Fee": "0x5", "logs": [], "logsBloom": "0x00",
    });
    let receipt: Receipt = serde_json::from_value(receipt).unwrap();
    assert_eq!(receipt.fee(), Wei::new(42_005));
    assert_eq!(receipt.effective_gas_price, WeiPerGas(2));
}

#[tokio::test(start_paused = true)]
async fn fees_of_the_past_are_read() {
    let history = json!({
        "oldestBlock": "0x5", "baseFeePerGas": ["0x64", "0x65", "0x66"],
        "gasUsedRatio": [0.5, 1], "reward": [["0x7"], ["0x9"]],
    });
    let (rpc, _asked) = node(200, &result(&history));
    let history = rpc.fee_history(2).await.unwrap();
    assert_eq!(history.median_tip(), Some(WeiPerGas(9)));
    assert_eq!(history.gas_used_ratios(), [0.5, 1.0]);
}
