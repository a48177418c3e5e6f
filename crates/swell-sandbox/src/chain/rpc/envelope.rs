//! Requests, answers and batches.

use bytes::Bytes;
use serde_json::{Value, json};

use super::error::RpcError;
use super::methods::dispatch;
use crate::chain::shared::SharedChain;

/// The most requests in one batch.
///
/// # Source
/// geth's `--rpc.batch-request-limit`.
const BATCH_MAX: usize = 1_000;

/// Answers the body of a JSON-RPC request, single or batch, with the body of the response.
///
/// Empty when there is nothing to answer: all requests were notifications.
pub async fn handle_rpc(chain: &SharedChain, body: Bytes) -> Bytes {
    let answer = answer(&body, |method, params| dispatch(chain, method, params));
    answer.map_or_else(Bytes::new, |answer| Bytes::from(answer.to_string()))
}

/// Answers `body` by way of `call`; `None` when there is nothing to answer.
pub(crate) fn answer(
    body: &[u8],
    mut call: impl FnMut(&str, &Value) -> Result<Value, RpcError>,
) -> Option<Value> {
    match serde_json::from_slice(body) {
        Err(error) => {
            Some(failure(&Value::Null, &RpcError::parse(format!("parse error: {error}"))))
        }
        Ok(Value::Array(requests)) => answer_batch(&requests, &mut call),
        Ok(request) => answer_one(&request, &mut call),
    }
}

/// An error answer to the request `id`.
pub(crate) fn failure(id: &Value, error: &RpcError) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": error.to_json()})
}

fn answer_batch(
    requests: &[Value],
    call: &mut impl FnMut(&str, &Value) -> Result<Value, RpcError>,
) -> Option<Value> {
    if requests.is_empty() {
        return Some(failure(&Value::Null, &RpcError::invalid_request("empty batch")));
    }
    if requests.len() > BATCH_MAX {
        return Some(failure(&Value::Null, &RpcError::invalid_request("batch too large")));
    }
    let answers: Vec<Value> =
        requests.iter().filter_map(|request| answer_one(request, call)).collect();
    (!answers.is_empty()).then_some(Value::Array(answers))
}

fn answer_one(
    request: &Value,
    call: &mut impl FnMut(&str, &Value) -> Result<Value, RpcError>,
) -> Option<Value> {
    let id = request.get("id");
    let Some(method) = request.get("method").and_then(Value::as_str) else {
        let id = id.unwrap_or(&Value::Null);
        return Some(failure(id, &RpcError::invalid_request("invalid request")));
    };
    let result = call(method, request.get("params").unwrap_or(&Value::Null));
    // Without an id it is a notification: done, but not answered.
    let id = id?;
    Some(match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => failure(id, &error),
    })
}
