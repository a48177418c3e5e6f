//! Blocks, transactions, receipts and logs as clients read them.

use std::fmt::LowerHex;

use alloy_consensus::{Transaction, TxEnvelope, TxReceipt, Typed2718};
use alloy_primitives::{Address, B64, B256, Log, U256};
use serde_json::{Map, Value, json};

use crate::chain::block::{Block, MinedTx};
use crate::chain::incoming::Incoming;

/// A number as a hex quantity, without leading zeros.
pub(crate) fn quantity(number: impl LowerHex) -> Value {
    Value::String(format!("{number:#x}"))
}

/// Bytes as hex data, in full length.
pub(crate) fn data(bytes: impl LowerHex) -> Value {
    Value::String(format!("{bytes:#x}"))
}

/// The whole block, with transactions in full or as hashes.
pub(crate) fn block(block: &Block, is_full: bool) -> Value {
    let mut json = block_header(block);
    let transactions = block.transactions.iter().enumerate().map(|(position, mined)| {
        if is_full { mined_transaction(block, position, mined) } else { data(mined.hash()) }
    });
    json["transactions"] = transactions.collect();
    json["uncles"] = json!([]);
    json["withdrawals"] = json!([]);
    json["size"] = quantity(block.size);
    json
}

/// The header only, as `newHeads` sends it.
pub(crate) fn block_header(block: &Block) -> Value {
    let header = &block.header;
    json!({
        "hash": data(block.hash),
        "parentHash": data(header.parent_hash),
        "sha3Uncles": data(header.ommers_hash),
        "miner": data(header.beneficiary),
        "stateRoot": data(header.state_root),
        "transactionsRoot": data(header.transactions_root),
        "receiptsRoot": data(header.receipts_root),
        "logsBloom": data(header.logs_bloom),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "number": quantity(header.number),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "extraData": "0x",
        "mixHash": data(header.mix_hash),
        "nonce": data(B64::ZERO),
        "baseFeePerGas": quantity(block.base_fee()),
        "withdrawalsRoot": data(header.withdrawals_root.unwrap_or_default()),
        "blobGasUsed": "0x0",
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": data(B256::ZERO),
        "requestsHash": data(header.requests_hash.unwrap_or_default()),
    })
}

/// A transaction of a block.
pub(crate) fn mined_transaction(block: &Block, position: usize, mined: &MinedTx) -> Value {
    let mut json = transaction(&mined.tx, mined.sender);
    json.insert("blockHash".into(), data(block.hash));
    json.insert("blockNumber".into(), quantity(block.header.number));
    json.insert("blockTimestamp".into(), quantity(block.header.timestamp));
    json.insert("transactionIndex".into(), quantity(position));
    json.insert("gasPrice".into(), quantity(mined.gas_price));
    Value::Object(json)
}

/// A transaction that waits.
pub(crate) fn pending_transaction(incoming: &Incoming) -> Value {
    let mut json = transaction(&incoming.tx, incoming.sender);
    for absent in ["blockHash", "blockNumber", "transactionIndex"] {
        json.insert(absent.into(), Value::Null);
    }
    json.insert("gasPrice".into(), quantity(incoming.tx.max_fee_per_gas()));
    Value::Object(json)
}

fn transaction(tx: &TxEnvelope, sender: Address) -> Map<String, Value> {
    let signature = tx.signature();
    let y_parity = u64::from(signature.v());
    let mut json = Map::new();
    let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
    put("hash", data(tx.tx_hash()));
    put("type", quantity(tx.ty()));
    put("nonce", quantity(tx.nonce()));
    put("from", data(sender));
    put("to", tx.to().map_or(Value::Null, data));
    put("value", quantity(tx.value()));
    put("gas", quantity(tx.gas_limit()));
    put("input", data(tx.input()));
    put("r", quantity(signature.r()));
    put("s", quantity(signature.s()));
    if let Some(chain_id) = tx.chain_id() {
        put("chainId", quantity(chain_id));
    }
    if tx.ty() == 0 {
        // EIP-155.
        let v = tx.chain_id().map_or(27, |chain_id| chain_id * 2 + 35) + y_parity;
        put("v", quantity(v));
    } else {
        put("v", quantity(y_parity));
        put("yParity", quantity(y_parity));
        put("accessList", access_list(tx));
    }
    if tx.is_dynamic_fee() {
        put("maxFeePerGas", quantity(tx.max_fee_per_gas()));
        put("maxPriorityFeePerGas", quantity(tx.max_priority_fee_per_gas().unwrap_or_default()));
    }
    json
}

fn access_list(tx: &TxEnvelope) -> Value {
    let items = tx.access_list().into_iter().flat_map(|list| list.iter()).map(|item| {
        let keys: Vec<Value> = item.storage_keys.iter().map(data).collect();
        json!({"address": data(item.address), "storageKeys": keys})
    });
    items.collect()
}

/// The receipt of a transaction of a block.
pub(crate) fn receipt(block: &Block, position: usize, mined: &MinedTx) -> Value {
    let logs = mined.logs().iter().enumerate();
    let logs: Vec<Value> =
        logs.map(|(index, emitted)| log(block, position, mined, index, emitted)).collect();
    json!({
        "transactionHash": data(mined.hash()),
        "transactionIndex": quantity(position),
        "blockHash": data(block.hash),
        "blockNumber": quantity(block.header.number),
        "from": data(mined.sender),
        "to": mined.tx.to().map_or(Value::Null, data),
        "cumulativeGasUsed": quantity(mined.receipt.cumulative_gas_used()),
        "gasUsed": quantity(mined.gas_used),
        "effectiveGasPrice": quantity(mined.gas_price),
        "contractAddress": mined.deployed.map_or(Value::Null, data),
        "logs": logs,
        "logsBloom": data(mined.receipt.bloom()),
        "status": quantity(u8::from(mined.succeeded())),
        "type": quantity(mined.tx.ty()),
    })
}

/// The `index`-th log of a transaction of a block.
pub(crate) fn log(
    block: &Block,
    position: usize,
    mined: &MinedTx,
    index: usize,
    emitted: &Log,
) -> Value {
    let topics: Vec<Value> = emitted.topics().iter().map(data).collect();
    json!({
        "address": data(emitted.address),
        "topics": topics,
        "data": data(&emitted.data.data),
        "blockHash": data(block.hash),
        "blockNumber": quantity(block.header.number),
        "blockTimestamp": quantity(block.header.timestamp),
        "transactionHash": data(mined.hash()),
        "transactionIndex": quantity(position),
        "logIndex": quantity(mined.log_index_first + index as u64),
        "removed": false,
    })
}

/// A storage word, in full length.
pub(crate) fn word(value: U256) -> Value {
    data(B256::from(value))
}
