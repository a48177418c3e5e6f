//! Blocks, transactions and receipts.

use std::sync::Arc;

use alloy_primitives::B256;
use serde_json::{Value, json};

use super::error::RpcError;
use super::format;
use super::params::{BlockId, Params};
use crate::chain::block::Block;
use crate::chain::machine::Chain;

/// Answers the methods about blocks and what is in them. What is unknown or forgotten is null.
pub(crate) fn look(chain: &Chain, method: &str, params: Params<'_>) -> Result<Value, RpcError> {
    match method {
        "eth_getBlockByNumber" => {
            if params.block(0)? == BlockId::Pending {
                return Ok(pending_block(chain));
            }
            let found = find(chain, params.block(0)?);
            Ok(found.map_or(Value::Null, |block| format::block(block, params.flag(1))))
        }
        "eth_getBlockByHash" => {
            let found = chain.archive.by_hash(params.parsed(0)?);
            Ok(found.map_or(Value::Null, |block| format::block(block, params.flag(1))))
        }
        "eth_getBlockReceipts" => Ok(block_receipts(chain, params.block(0)?)),
        "eth_getTransactionReceipt" => Ok(receipt(chain, params.parsed(0)?)),
        "eth_getTransactionByHash" => Ok(transaction(chain, params.parsed(0)?)),
        "eth_getTransactionByBlockNumberAndIndex" | "eth_getTransactionByBlockHashAndIndex" => {
            let position: usize = params.quantity(1)?.saturating_to();
            let found = find(chain, params.block(0)?);
            let mined = found.and_then(|block| Some((block, block.transactions.get(position)?)));
            Ok(mined.map_or(Value::Null, |(block, mined)| {
                format::mined_transaction(block, position, mined)
            }))
        }
        "eth_getBlockTransactionCountByNumber" | "eth_getBlockTransactionCountByHash" => {
            let found = find(chain, params.block(0)?);
            Ok(found.map_or(Value::Null, |block| format::quantity(block.transactions.len())))
        }
        "eth_getUncleCountByBlockNumber" | "eth_getUncleCountByBlockHash" => {
            Ok(find(chain, params.block(0)?).map_or(Value::Null, |_block| json!("0x0")))
        }
        _ => Err(RpcError::unknown_method(method)),
    }
}

/// The block meant, if it is kept.
pub(crate) fn find(chain: &Chain, block: BlockId) -> Option<&Arc<Block>> {
    match block {
        BlockId::Earliest => chain.archive.by_number(0),
        BlockId::Latest | BlockId::Pending => Some(chain.newest()),
        BlockId::Number(number) => chain.archive.by_number(number),
        BlockId::Hash(hash) => chain.archive.by_hash(hash),
    }
}

fn receipt(chain: &Chain, hash: B256) -> Value {
    let found = chain.archive.transaction(hash);
    let mined = found.and_then(|(block, at)| Some((block, at, block.transactions.get(at)?)));
    mined.map_or(Value::Null, |(block, at, mined)| format::receipt(block, at, mined))
}

fn transaction(chain: &Chain, hash: B256) -> Value {
    if let Some((block, at)) = chain.archive.transaction(hash)
        && let Some(mined) = block.transactions.get(at)
    {
        return format::mined_transaction(block, at, mined);
    }
    chain.pool.get(hash).map_or(Value::Null, format::pending_transaction)
}

fn block_receipts(chain: &Chain, block: BlockId) -> Value {
    let Some(block) = find(chain, block) else { return Value::Null };
    let receipts = block.transactions.iter().enumerate();
    receipts.map(|(at, mined)| format::receipt(block, at, mined)).collect()
}

/// What is known of the next block: its number, parent and base fee.
fn pending_block(chain: &Chain) -> Value {
    let newest = chain.newest();
    let mut json = format::block(newest, false);
    json["parentHash"] = format::data(newest.hash);
    json["number"] = format::quantity(newest.header.number + 1);
    json["baseFeePerGas"] = format::quantity(chain.next_base_fee());
    json["gasUsed"] = json!("0x0");
    json["transactions"] = json!([]);
    for unknown in ["hash", "nonce", "logsBloom", "miner"] {
        json[unknown] = Value::Null;
    }
    json
}
