//! Ways in for fuzzing, and for nothing else: parsers that nobody outside calls by themselves.

use serde_json::Value;

use crate::rpc::envelope::{read_batch, read_batch_with_height, read_single};
use crate::{Block, Receipt};

/// Reads `body` as the answer to one request and to `len` of them.
pub fn envelope(body: &[u8], len: usize) {
    let _one = read_single::<Block>(body);
    let _batch = read_batch::<Receipt>(body, len);
    let _measured = read_batch_with_height::<Value>(body, len);
}

/// Reads `text` as a WebSocket's message.
pub fn announcement(text: &str) {
    let _height = crate::follower::announced(text, &Value::String("0x1".into()));
}
