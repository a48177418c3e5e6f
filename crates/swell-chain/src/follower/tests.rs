use std::time::Duration;

use alloy_primitives::{Address, B256};
use swell_core::units::{Wei, WeiPerGas};

use super::{FeeTag, FollowerEvent, TxRegistration, TxState, TxWatch};
use crate::fees::{FeePolicy, FeeQuote};
use crate::handle::ChainHandle;
use crate::submit::SubmitOutcome;
use crate::testing::{FakeNode, key};
use crate::tx::{SignedTx, TxSpec};

const QUOTE: FeeQuote = FeeQuote { max_fee: WeiPerGas(4_000), tip: WeiPerGas(100), legacy: false };
/// 21,000 gas at base fee and tip of the test's node.
const FEE: u128 = 21_000 * 1_100;

fn transfer(chain: &ChainHandle, index: u32, nonce: u64, quote: FeeQuote) -> SignedTx {
    let spec = TxSpec::transfer(Address::ZERO, Wei::new(1));
    spec.sign(&key(index), chain.chain_id(), nonce, &quote)
}

fn watch(chain: &ChainHandle, tx: &SignedTx) -> TxWatch {
    let SignedTx { from, nonce, hash, .. } = *tx;
    chain.follower().watch_tx(&TxRegistration { from, nonce, hash, tag: FeeTag::Journey })
}

async fn send(chain: &ChainHandle, tx: &SignedTx) {
    assert!(matches!(chain.rpc().send_raw(tx).await, SubmitOutcome::Accepted { .. }));
}

async fn read(chain: &ChainHandle, block: u64) {
    chain.follower().wait_for_block(block).await.unwrap();
}

fn journey_fee(chain: &ChainHandle) -> (u64, Wei) {
    let total = chain.follower().fee_totals().of(FeeTag::Journey);
    (total.included, total.fee)
}

#[tokio::test(start_paused = true)]
async fn a_waiter_is_told_of_its_block_and_its_fee_is_counted_once() {
    let node = FakeNode::new();
    let chain = node.chain(3, FeePolicy::default()).await;
    let tx = transfer(&chain, 0, 0, QUOTE);
    let mut watch = watch(&chain, &tx);
    send(&chain, &tx).await;
    let block = node.mine();
    let inclusion = watch.included().await.unwrap();
    assert_eq!((inclusion.tx, inclusion.block), (tx.hash, block));
    assert_eq!(inclusion.fee, Wei::new(FEE));
    node.mine();
    let last = node.mine();
    assert_eq!(watch.final_().await.unwrap(), inclusion);
    read(&chain, last).await;
    assert_eq!(journey_fee(&chain), (1, Wei::new(FEE)));
    assert_eq!(chain.follower().stats().tracked, 0, "final transactions are forgotten");
}

#[tokio::test(start_paused = true)]
async fn blocks_missed_between_polls_are_read_too() {
    let node = FakeNode::new();
    let chain = node.chain(3, FeePolicy::default()).await;
    let mut events = chain.follower().events();
    let tx = transfer(&chain, 0, 0, QUOTE);
    let mut watch = watch(&chain, &tx);
    send(&chain, &tx).await;
    let block = node.mine();
    (0..4).for_each(|_| _ = node.mine_empty());
    assert_eq!(watch.included().await.unwrap().block, block);
    assert_eq!(events.recv().await.unwrap(), FollowerEvent::CaughtUp { blocks: 4 });
}

#[tokio::test(start_paused = true)]
async fn a_reorganisation_withdraws_and_the_other_branch_counts_once() {
    let node = FakeNode::new();
    let chain = node.chain(5, FeePolicy::default()).await;
    let mut events = chain.follower().events();
    let tx = transfer(&chain, 0, 0, QUOTE);
    let mut watch = watch(&chain, &tx);
    send(&chain, &tx).await;
    let first = node.mine();
    watch.included().await.unwrap();
    node.rewind(1, true);
    node.mine_empty();
    let head = node.mine_empty();
    read(&chain, head).await;
    assert_eq!(watch.state(), TxState::Pending);
    assert_eq!(journey_fee(&chain), (0, Wei::ZERO));
    assert_eq!(events.recv().await.unwrap(), FollowerEvent::Reorg { depth: 1, withdrawn: 1 });
    let second = node.mine();
    assert_eq!(watch.included().await.unwrap().block, second);
    assert!(second > first);
    assert_eq!(journey_fee(&chain), (1, Wei::new(FEE)));
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_became_shorter_is_noticed_before_it_grows() {
    let node = FakeNode::new();
    let chain = node.chain(5, FeePolicy::default()).await;
    let tx = transfer(&chain, 0, 0, QUOTE);
    let mut watch = watch(&chain, &tx);
    send(&chain, &tx).await;
    node.mine();
    let head = node.mine_empty();
    watch.included().await.unwrap();
    read(&chain, head).await;
    node.rewind(2, true);
    node.mine_empty();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(watch.state(), TxState::Pending);
    node.mine();
    assert_eq!(watch.included().await.unwrap().block, head);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_announced_late_is_found_by_its_receipt() {
    let node = FakeNode::new();
    let chain = node.chain(3, FeePolicy::default()).await;
    let tx = transfer(&chain, 0, 0, QUOTE);
    send(&chain, &tx).await;
    let block = node.mine();
    (0..5).for_each(|_| _ = node.mine_empty());
    read(&chain, block + 5).await;
    let mut watch = watch(&chain, &tx);
    watch.look_up();
    assert_eq!(watch.included().await.unwrap().block, block);
    assert_eq!(journey_fee(&chain).0, 1);
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_transaction_is_followed_and_not_in_the_books() {
    let node = FakeNode::new();
    let chain = node.chain(3, FeePolicy::default()).await;
    let (first, second) = (transfer(&chain, 0, 0, QUOTE), transfer(&chain, 0, 1, QUOTE));
    send(&chain, &first).await;
    let block = node.mine();
    read(&chain, block).await;
    // One is in a block that was read before, the other comes later.
    let [mut late, mut early] =
        [first.hash, second.hash].map(|tx| chain.follower().watch_foreign(tx));
    assert_eq!(late.included().await.unwrap().block, block);
    send(&chain, &second).await;
    let next = node.mine();
    assert_eq!(early.included().await.unwrap().block, next);
    assert_eq!(journey_fee(&chain), (0, Wei::ZERO));
    assert_eq!(chain.follower().inclusion_rows(), []);
    node.rewind(1, true);
    node.mine_empty();
    let head = node.mine_empty();
    read(&chain, head).await;
    assert_eq!(early.state(), TxState::Pending, "its block left the chain");
    drop((late, early));
    (0..5).for_each(|_| _ = node.mine_empty());
    read(&chain, head + 5).await;
    assert_eq!(chain.follower().stats().tracked, 0, "nothing is kept of it");
}

#[tokio::test(start_paused = true)]
async fn whichever_version_lands_counts_once() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let (first, second) = {
        let dearer = FeeQuote { max_fee: WeiPerGas(8_000), ..QUOTE };
        (transfer(&chain, 0, 0, QUOTE), transfer(&chain, 0, 0, dearer))
    };
    let mut watch = watch(&chain, &first);
    send(&chain, &first).await;
    watch.add_replacement(second.hash);
    send(&chain, &second).await;
    node.mine();
    assert_eq!(watch.included().await.unwrap().tx, second.hash);
    assert_eq!(journey_fee(&chain), (1, Wei::new(FEE)));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_counted_when_it_comes_and_forgotten_when_it_does_not() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let (comes, never) = (transfer(&chain, 0, 0, QUOTE), transfer(&chain, 1, 0, QUOTE));
    let cancelled = transfer(&chain, 2, 0, QUOTE);
    drop(watch(&chain, &never));
    watch(&chain, &cancelled).cancel();
    let waiting = watch(&chain, &comes);
    send(&chain, &comes).await;
    drop(waiting);
    assert_eq!(chain.follower().stats().tracked, 2);
    let block = node.mine();
    read(&chain, block).await;
    assert_eq!(journey_fee(&chain).0, 1);
    (0..70).for_each(|_| _ = node.mine_empty());
    read(&chain, block + 70).await;
    let stats = chain.follower().stats();
    assert_eq!((stats.tracked, stats.forgotten), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn receipts_are_read_one_by_one_from_a_node_that_has_no_other_way() {
    let node = FakeNode::new();
    node.state().no_block_receipts = true;
    let chain = node.chain(1, FeePolicy::default()).await;
    for nonce in 0..3 {
        let tx = transfer(&chain, 0, nonce, QUOTE);
        let mut watch = watch(&chain, &tx);
        send(&chain, &tx).await;
        node.mine();
        watch.included().await.unwrap();
    }
    let log = node.state().log.clone();
    let asked = log.iter().filter(|method| *method == "eth_getBlockReceipts").count();
    assert_eq!(asked, 1, "the answer is remembered");
}

#[tokio::test(start_paused = true)]
async fn a_block_with_nothing_of_ours_costs_one_request() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    send(&chain, &transfer(&chain, 0, 0, QUOTE)).await;
    let block = node.mine();
    read(&chain, block).await;
    assert!(!node.state().log.contains(&"eth_getBlockReceipts".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn waiters_are_not_left_alone_when_the_follower_ends() {
    let node = FakeNode::new();
    let clock = swell_net::clock::RunClock::virtual_time();
    let options = crate::handle::ChainOptions {
        chain_id: crate::testing::CHAIN_ID,
        finality_blocks: 1,
        fees: FeePolicy::default(),
    };
    let chain = ChainHandle::connect(node.rpc(&clock), clock, options).await.unwrap();
    let shutdown = tokio_util::sync::CancellationToken::new();
    let mut watch = watch(&chain, &transfer(&chain, 0, 0, QUOTE));
    let run = tokio::spawn({
        let (chain, shutdown) = (chain.clone(), shutdown.clone());
        async move { chain.run(shutdown).await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    shutdown.cancel();
    run.await.unwrap();
    assert!(watch.included().await.is_err());
    assert!(chain.follower().wait_for_block(99).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn another_chain_is_refused() {
    let node = FakeNode::new();
    let clock = swell_net::clock::RunClock::virtual_time();
    let options =
        crate::handle::ChainOptions { chain_id: 1, finality_blocks: 1, fees: FeePolicy::default() };
    let error = ChainHandle::connect(node.rpc(&clock), clock, options).await.unwrap_err();
    let said = "RPC endpoint 1, http://node.test/…, serves chain 31337, the target names chain 1";
    assert_eq!(error.to_string(), said);
    assert_ne!(B256::ZERO, node.state().blocks[0].hash);
}

#[tokio::test(start_paused = true)]
async fn the_way_into_a_block_is_measured_once_from_when_it_was_first_sent() {
    let node = FakeNode::new();
    let chain = node.chain(3, FeePolicy::default()).await;
    let (first, dearer) = {
        let dearer = FeeQuote { max_fee: WeiPerGas(8_000), ..QUOTE };
        (transfer(&chain, 0, 0, QUOTE), transfer(&chain, 0, 0, dearer))
    };
    let mut watch = watch(&chain, &first);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(chain.follower().inclusion_rows(), []);
    send(&chain, &first).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let passed_by = node.mine_empty();
    read(&chain, passed_by).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    watch.add_replacement(dearer.hash);
    send(&chain, &dearer).await;
    node.mine();
    watch.included().await.unwrap();
    // A reorganisation includes it again.
    node.rewind(1, true);
    node.mine_empty();
    let again = node.mine();
    read(&chain, again).await;
    watch.included().await.unwrap();
    let rows = chain.follower().inclusion_rows();
    let [row] = &rows[..] else { panic!("one purpose: {rows:?}") };
    assert_eq!((row.tag.as_str(), row.count, row.blocks.max), ("journey", 1, 2));
    assert!((8_000.0..9_500.0).contains(&row.ms.max), "{:?}", row.ms);
}
