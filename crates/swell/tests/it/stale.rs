//! Answers as a node would that is some blocks behind.

use serde_json::{Value, json};
use swell_net::exchange::Transport;

use crate::proxy::ask;

/// What the node at `url` would have answered `behind` blocks ago. Submissions it takes all the same.
pub(crate) async fn answer(node: &Transport, url: &str, body: Value, behind: u64) -> Option<Value> {
    let height = json!({"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []});
    let newest = quantity(&ask(node, url, &height).await?["result"])?;
    let head = newest.saturating_sub(behind);
    let is_batch = body.is_array();
    let calls = if let Value::Array(calls) = body { calls } else { vec![body] };
    let mut answers = Vec::new();
    for mut call in calls {
        look_back(&mut call, head);
        let mut answer = ask(node, url, &call).await?;
        hide_newer(&call, &mut answer, head);
        answers.push(answer);
    }
    if is_batch { Some(Value::Array(answers)) } else { answers.pop() }
}

/// Asks about the block `head` where the newest was meant.
fn look_back(call: &mut Value, head: u64) {
    let at = match call["method"].as_str() {
        Some("eth_getBalance" | "eth_getTransactionCount" | "eth_call" | "eth_getCode") => 1,
        Some("eth_getBlockByNumber" | "eth_getBlockReceipts") => 0,
        _ => return,
    };
    let tag = &mut call["params"][at];
    if tag == "latest" || tag == "pending" {
        *tag = json!(format!("{head:#x}"));
    }
}

/// Takes out what a node at `head` cannot know.
fn hide_newer(call: &Value, answer: &mut Value, head: u64) {
    let is_newer = |number: &Value| quantity(number).is_some_and(|number| number > head);
    let result = &mut answer["result"];
    match call["method"].as_str() {
        Some("eth_blockNumber") => *result = json!(format!("{head:#x}")),
        Some("eth_getBlockByNumber") if is_newer(&result["number"]) => *result = Value::Null,
        Some("eth_getTransactionReceipt" | "eth_getTransactionByHash")
            if is_newer(&result["blockNumber"]) =>
        {
            *result = Value::Null;
        }
        Some("eth_getBlockReceipts") if is_newer(&result[0]["blockNumber"]) => {
            *result = Value::Null;
        }
        _ => {}
    }
}

/// A hexadecimal number.
pub(crate) fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}
