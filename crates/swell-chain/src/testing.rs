//! A small node for the tests: a pool, blocks on demand, and scripted misbehaviour.

mod faces;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use serde_json::{Value, json};
use swell_core::seed::Seed;
use swell_core::target::SafeUrl;
use swell_net::clock::RunClock;
use swell_net::{Endpoint, EndpointId, EndpointSettings, HttpService, NetError, Request, Response};
use tokio_util::sync::CancellationToken;

use crate::fees::FeePolicy;
use crate::handle::{ChainHandle, ChainOptions};
use crate::keys::{AccountKey, KeyTree};
use crate::rpc::Rpc;

pub(crate) use faces::{Face, Mood};

pub(crate) const CHAIN_ID: u64 = 31_337;
pub(crate) const BASE_FEE: u128 = 1_000;

/// What goes wrong with one submission.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The request never arrives; nobody knows.
    LoseRequest,
    /// The node acts, and its answer never arrives.
    LoseReply,
    /// The node refuses.
    Refuse(i64, &'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoolTx {
    pub(crate) hash: B256,
    pub(crate) from: Address,
    pub(crate) nonce: u64,
    pub(crate) to: Address,
    pub(crate) max_fee: u128,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FakeBlock {
    pub(crate) number: u64,
    pub(crate) hash: B256,
    parent: B256,
    pub(crate) txs: Vec<PoolTx>,
}

#[derive(Debug, Default)]
pub(crate) struct NodeState {
    pub(crate) blocks: Vec<FakeBlock>,
    pub(crate) pool: BTreeMap<(Address, u64), PoolTx>,
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) no_block_receipts: bool,
    /// How long it takes to read a block.
    pub(crate) block_delay: Duration,
    /// Method of every request, in order.
    pub(crate) log: Vec<String>,
    /// Every transaction a node was ever asked to take.
    pub(crate) seen: Vec<PoolTx>,
    forks: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct FakeNode(Arc<Mutex<NodeState>>);

impl FakeNode {
    pub(crate) fn new() -> Self {
        let mut state = NodeState::default();
        state.push(Vec::new());
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, NodeState> {
        self.0.lock().unwrap()
    }

    pub(crate) fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    /// A block of everything in the pool that can be executed. Returns its height.
    pub(crate) fn mine(&self) -> u64 {
        let mut state = self.state();
        let mut txs = Vec::new();
        let keys: Vec<_> = state.pool.keys().copied().collect();
        let mut next: BTreeMap<Address, u64> = BTreeMap::new();
        for (from, nonce) in keys {
            let expected = *next.entry(from).or_insert_with(|| state.nonce(from));
            if nonce == expected {
                txs.extend(state.pool.remove(&(from, nonce)));
                next.insert(from, nonce + 1);
            }
        }
        state.push(txs)
    }

    pub(crate) fn height(&self) -> usize {
        self.state().blocks.len() - 1
    }

    pub(crate) fn mine_empty(&self) -> u64 {
        self.state().push(Vec::new())
    }

    /// Removes the newest blocks; their transactions return to the pool, or are lost.
    pub(crate) fn rewind(&self, depth: usize, keep: bool) {
        let mut state = self.state();
        let at = state.blocks.len() - depth;
        let removed = state.blocks.split_off(at);
        state.forks += 1;
        for tx in removed.into_iter().flat_map(|block| block.txs).filter(|_| keep) {
            state.pool.insert((tx.from, tx.nonce), tx);
        }
    }

    pub(crate) fn rpc(&self, clock: &RunClock) -> Rpc {
        let node = self.clone();
        let service = HttpService::new(tower::service_fn(move |request: Request| {
            let node = node.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                let answer = node.answer(request.body());
                let reads_block =
                    node.state().log.last().is_some_and(|m| m == "eth_getBlockByNumber");
                let delay = if reads_block { node.state().block_delay } else { Duration::ZERO };
                tokio::time::sleep(delay).await;
                answer
            }
        }));
        let endpoint = Endpoint::new(
            EndpointId::new("rpc"),
            &SafeUrl::new("http://node.test/key"),
            service,
            EndpointSettings::default(),
            clock.clone(),
            Seed(1),
        );
        Rpc::new(endpoint.unwrap())
    }

    /// A chain on this node whose follower runs.
    pub(crate) async fn chain(&self, finality_blocks: u64, fees: FeePolicy) -> ChainHandle {
        let clock = RunClock::virtual_time();
        Self::follow(self.rpc(&clock), clock, finality_blocks, fees).await
    }

    /// A chain on several nodes whose follower runs.
    pub(crate) async fn chain_on_faces<const N: usize>(&self) -> (ChainHandle, [Face; N]) {
        let clock = RunClock::virtual_time();
        let (rpc, faces) = self.faces(&clock);
        (Self::follow(rpc, clock, 3, FeePolicy::default()).await, faces)
    }

    async fn follow(
        rpc: Rpc,
        clock: RunClock,
        finality_blocks: u64,
        fees: FeePolicy,
    ) -> ChainHandle {
        let options = ChainOptions { chain_id: CHAIN_ID, finality_blocks, fees };
        let chain = ChainHandle::connect(rpc, clock, options).await.unwrap();
        let follower = chain.clone();
        tokio::spawn(async move { follower.run(CancellationToken::new()).await });
        chain
    }

    fn answer(&self, body: &[u8]) -> Result<Response, NetError> {
        let asked: Value = serde_json::from_slice(body).unwrap();
        let answer = match asked {
            Value::Array(asked) => Value::Array(
                asked.iter().map(|one| self.answer_one(one)).collect::<Result<_, _>>()?,
            ),
            one => self.answer_one(&one)?,
        };
        Ok(http::Response::new(serde_json::to_vec(&answer).unwrap().into()))
    }

    fn answer_one(&self, asked: &Value) -> Result<Value, NetError> {
        let mut state = self.state();
        let method = asked["method"].as_str().unwrap().to_owned();
        state.log.push(method.clone());
        let result = state.call(&method, &asked["params"])?;
        Ok(match result {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }),
            Err((code, message)) => json!({
                "jsonrpc": "2.0", "id": asked["id"],
                "error": { "code": code, "message": message },
            }),
        })
    }
}

type Answer = Result<Value, (i64, String)>;

impl NodeState {
    pub(crate) fn nonce(&self, account: Address) -> u64 {
        self.nonce_at(account, u64::MAX)
    }

    fn nonce_at(&self, account: Address, number: u64) -> u64 {
        let blocks = self.blocks.iter().filter(|block| block.number <= number);
        let txs = blocks.flat_map(|block| &block.txs);
        txs.filter(|tx| tx.from == account).map(|tx| tx.nonce + 1).max().unwrap_or(0)
    }

    /// Transactions in blocks, in their order.
    pub(crate) fn included(&self) -> Vec<PoolTx> {
        self.blocks.iter().flat_map(|block| block.txs.clone()).collect()
    }

    fn push(&mut self, txs: Vec<PoolTx>) -> u64 {
        let number = self.blocks.len() as u64;
        let parent = self.blocks.last().map_or(B256::ZERO, |block| block.hash);
        let hash = keccak256([number.to_be_bytes(), self.forks.to_be_bytes()].concat());
        self.blocks.push(FakeBlock { number, hash, parent, txs });
        number
    }

    fn call(&mut self, method: &str, params: &Value) -> Result<Answer, NetError> {
        Ok(Ok(match method {
            "eth_chainId" => json!(format!("{CHAIN_ID:#x}")),
            "eth_blockNumber" => json!(format!("{:#x}", self.blocks.len() - 1)),
            "eth_maxPriorityFeePerGas" => json!("0x64"),
            "eth_getBlockByNumber" => self.block_json(&params[0], params[1] == true),
            "eth_getBalance" => json!(format!("{:#x}", self.blocks.len())),
            "eth_getTransactionCount" => {
                let account = params[0].as_str().unwrap().parse().unwrap();
                let mut nonce = match params[1].as_str() {
                    Some(tag) if tag.starts_with("0x") => {
                        self.nonce_at(account, number_of(&params[1]))
                    }
                    _ => self.nonce(account),
                };
                while params[1] == "pending" && self.pool.contains_key(&(account, nonce)) {
                    nonce += 1;
                }
                json!(format!("{nonce:#x}"))
            }
            "eth_getBlockReceipts" if self.no_block_receipts => {
                return Ok(Err((-32_601, format!("the method {method} does not exist"))));
            }
            "eth_getBlockReceipts" => {
                let block = self.blocks.get(usize::try_from(number_of(&params[0])).unwrap());
                let receipts = |block: &FakeBlock| -> Vec<Value> {
                    block.txs.iter().map(|tx| receipt_json(block, tx)).collect()
                };
                json!(block.map(receipts))
            }
            "eth_getTransactionReceipt" => {
                let hash: B256 = params[0].as_str().unwrap().parse().unwrap();
                let found = self.blocks.iter().find_map(|block| {
                    let tx = block.txs.iter().find(|tx| tx.hash == hash)?;
                    Some(receipt_json(block, tx))
                });
                json!(found)
            }
            "eth_getTransactionByHash" => self.transaction_json(params),
            "eth_sendRawTransaction" => return self.submit(params),
            _ => return Ok(Err((-32_601, format!("the method {method} does not exist")))),
        }))
    }

    fn submit(&mut self, params: &Value) -> Result<Answer, NetError> {
        let lost = || NetError::Lost("the test says so".into());
        let fault = self.faults.pop_front();
        match fault {
            Some(Fault::LoseRequest) => return Err(lost()),
            Some(Fault::Refuse(code, message)) => return Ok(Err((code, message.into()))),
            _ => {}
        }
        let answer = self.take(params[0].as_str().unwrap().parse().unwrap());
        if matches!(fault, Some(Fault::LoseReply)) { Err(lost()) } else { Ok(answer) }
    }

    fn take(&mut self, raw: Bytes) -> Answer {
        let tx = TxEnvelope::decode_2718(&mut raw.as_ref()).unwrap();
        let tx = PoolTx {
            hash: *tx.tx_hash(),
            from: tx.recover_signer().unwrap(),
            nonce: tx.nonce(),
            to: tx.to().unwrap(),
            max_fee: tx.max_fee_per_gas(),
        };
        self.seen.push(tx.clone());
        if tx.nonce < self.nonce(tx.from) {
            return Err((-32_000, "nonce too low: next nonce 1, tx nonce 0".into()));
        }
        if let Some(old) = self.pool.get(&(tx.from, tx.nonce)) {
            if old.hash == tx.hash {
                return Err((-32_000, "already known".into()));
            }
            if tx.max_fee < old.max_fee * 110 / 100 {
                return Err((-32_000, "replacement transaction underpriced".into()));
            }
        }
        let hash = tx.hash;
        self.pool.insert((tx.from, tx.nonce), tx);
        Ok(json!(hash))
    }

    fn block_json(&self, tag: &Value, whole: bool) -> Value {
        let show = |tx: &PoolTx| match whole {
            true => json!({"hash": tx.hash, "from": tx.from, "to": tx.to, "value": "0x1"}),
            false => json!(tx.hash),
        };
        let block = match tag.as_str() {
            Some("latest") => self.blocks.last(),
            _ => self.blocks.get(usize::try_from(number_of(tag)).unwrap()),
        };
        json!(block.map(|block| json!({
            "number": format!("{:#x}", block.number),
            "hash": block.hash,
            "parentHash": block.parent,
            "timestamp": format!("{:#x}", 1_700_000_000 + block.number),
            "baseFeePerGas": format!("{BASE_FEE:#x}"),
            "gasUsed": format!("{:#x}", block.txs.len() * 21_000),
            "gasLimit": "0x1c9c380",
            "transactions": block.txs.iter().map(show).collect::<Vec<_>>(),
            "extraData": "0x",
        })))
    }

    fn transaction_json(&self, params: &Value) -> Value {
        let hash: B256 = params[0].as_str().unwrap().parse().unwrap();
        let mined = self.blocks.iter().find_map(|block| {
            Some((block.txs.iter().find(|tx| tx.hash == hash)?, Some(block.number)))
        });
        let pooled = || self.pool.values().find(|tx| tx.hash == hash).map(|tx| (tx, None));
        json!(mined.or_else(pooled).map(|(tx, block)| json!({
            "hash": hash,
            "from": tx.from,
            "nonce": format!("{:#x}", tx.nonce),
            "blockNumber": block.map(|number| format!("{number:#x}")),
        })))
    }
}

fn number_of(tag: &Value) -> u64 {
    u64::from_str_radix(tag.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn receipt_json(block: &FakeBlock, tx: &PoolTx) -> Value {
    json!({
        "transactionHash": tx.hash,
        "blockHash": block.hash,
        "blockNumber": format!("{:#x}", block.number),
        "from": tx.from,
        "status": "0x1",
        "gasUsed": "0x5208",
        "effectiveGasPrice": format!("{:#x}", BASE_FEE + 100),
        "logs": [],
        "type": "0x2",
    })
}

/// Keys of a run nobody else has.
pub(crate) fn key(index: u32) -> AccountKey {
    let relayer = format!("{:064x}", 77).parse().unwrap();
    KeyTree::new(&relayer, &"0000000000000000".parse().unwrap()).wallet(0, index)
}
