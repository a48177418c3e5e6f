//! Answers of nodes.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use swell_chain::{Block, FeeHistory, Log, Receipt, TransactionView, Transfer};

/// Answers to one request and to a batch of them.
pub fn rpc_envelope(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    swell_chain::fuzzing::envelope(body, usize::from(*first % 8));
}

/// Blocks, receipts, logs and transactions by themselves.
pub fn rpc_types(data: &[u8]) {
    let _block = serde_json::from_slice::<Block>(data);
    let _receipt = serde_json::from_slice::<Receipt>(data);
    let _logs = serde_json::from_slice::<Vec<Log>>(data);
    let _view = serde_json::from_slice::<TransactionView>(data);
    let _transfer = serde_json::from_slice::<Transfer>(data);
    let _fees = serde_json::from_slice::<FeeHistory>(data);
}

/// What comes over a WebSocket.
pub fn announcement(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        swell_chain::fuzzing::announcement(text);
    }
}

/// The header of a target that wants to be left alone.
pub fn retry_after(data: &[u8]) {
    let Some((clock, text)) = data.split_first_chunk::<8>() else { return };
    let Ok(value) = HeaderValue::from_bytes(text) else { return };
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(header::RETRY_AFTER, value);
    let _wait = swell_net::retry_after::retry_after(
        &response,
        Duration::from_nanos(u64::from_le_bytes(*clock)),
    );
}
