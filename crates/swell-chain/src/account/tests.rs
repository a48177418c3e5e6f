use std::time::Duration;

use alloy_primitives::Address;
use swell_core::time::RunOffset;
use swell_core::units::Wei;

use super::{SendError, SendRequest, Submitted};
use crate::fees::{FeePolicy, FeeQuote};
use crate::follower::FeeTag;
use crate::handle::ChainHandle;
use crate::submit::RejectReason;
use crate::testing::{FakeNode, Fault, key};
use crate::tx::TxSpec;

async fn chain(node: &FakeNode) -> (ChainHandle, FeeQuote) {
    let chain = node.chain(3, FeePolicy::default()).await;
    let quote = chain.fees().quote().await.unwrap();
    (chain, quote)
}

fn at(seconds: u64) -> RunOffset {
    RunOffset::new(Duration::from_secs(seconds))
}

async fn submit(chain: &ChainHandle, quote: FeeQuote) -> Result<Submitted, SendError> {
    let spec = TxSpec::transfer(Address::ZERO, Wei::new(1));
    let (key, tag, deadline) = (&key(0), FeeTag::Journey, at(30));
    let fee_max = quote.max_fee.times(2);
    chain.submit(SendRequest { key, nonce: 0, spec: &spec, quote, fee_max, tag, deadline }).await
}

#[tokio::test(start_paused = true)]
async fn the_hash_is_known_before_the_block() {
    let node = FakeNode::new();
    let (chain, quote) = chain(&node).await;
    let mut submitted = submit(&chain, quote).await.unwrap();
    let hash = submitted.hash();
    let block = node.mine();
    let inclusion = submitted.included(at(30)).await.unwrap();
    assert_eq!((inclusion.tx, inclusion.block), (hash, block));
    node.mine_empty();
    node.mine_empty();
    assert_eq!(submitted.confirmed(3, at(30)).await.unwrap(), inclusion);
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_same_bytes_are_sent_until_a_node_has_them() {
    for (faults, sent) in [
        (vec![Fault::LoseReply], 1),
        (vec![Fault::LoseRequest, Fault::LoseRequest], 1),
        (vec![Fault::LoseRequest, Fault::LoseReply], 1),
    ] {
        let node = FakeNode::new();
        let (chain, quote) = chain(&node).await;
        node.fail_next(faults);
        let submitted = submit(&chain, quote).await.unwrap();
        let state = node.state();
        assert_eq!(state.seen.len(), sent);
        assert!(state.seen.iter().all(|tx| tx.hash == submitted.hash()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_spends_nothing_and_is_forgotten() {
    let node = FakeNode::new();
    let (chain, quote) = chain(&node).await;
    node.fail_next([Fault::Refuse(-32_000, "insufficient funds for gas * price + value")]);
    let error = submit(&chain, quote).await.unwrap_err();
    assert!(matches!(error, SendError::Rejected { reason: RejectReason::InsufficientFunds, .. }));
    assert!(!error.may_have_spent());
    assert_eq!(chain.follower().stats().tracked, 0);
}

#[tokio::test(start_paused = true)]
async fn what_stays_unknown_until_the_deadline_may_have_spent() {
    let node = FakeNode::new();
    let (chain, quote) = chain(&node).await;
    node.fail_next(vec![Fault::LoseRequest; 99]);
    let error = submit(&chain, quote).await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error:?}");
    assert!(error.may_have_spent());
    assert!(chain.clock().now() <= at(31));
    assert_eq!(chain.follower().stats().tracked, 1, "it is still looked for");
}

#[tokio::test(start_paused = true)]
async fn a_transaction_mined_while_its_answer_was_lost_is_found() {
    let node = FakeNode::new();
    let (chain, quote) = chain(&node).await;
    node.fail_next([Fault::LoseReply]);
    let (submitted, ()) = tokio::join!(submit(&chain, quote), async {
        tokio::time::sleep(Duration::from_millis(6)).await;
        node.mine();
    });
    assert!(submitted.unwrap().included(at(30)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn no_block_by_the_deadline_is_said_so() {
    let node = FakeNode::new();
    let (chain, quote) = chain(&node).await;
    let mut submitted = submit(&chain, quote).await.unwrap();
    let tx = submitted.hash();
    assert_eq!(submitted.included(at(20)).await, Err(SendError::NotIncluded { tx }));
    node.mine();
    assert!(submitted.included(at(40)).await.is_ok(), "it can still be waited for");
}

#[tokio::test(start_paused = true)]
async fn what_a_pool_forgot_is_sent_again() {
    let node = FakeNode::new();
    let (chain, quote) = chain(&node).await;
    let mut submitted = submit(&chain, quote).await.unwrap();
    node.state().pool.clear();
    let mining = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            node.mine();
        }
    };
    tokio::select! {
        biased;
        included = submitted.included(at(30)) => assert!(included.is_ok()),
        () = mining => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_stuck_is_replaced_within_its_means_and_counts_once() {
    let node = FakeNode::new();
    let (chain, quote) = chain(&node).await;
    let mut submitted = submit(&chain, quote).await.unwrap();
    let first = submitted.hash();
    let empty_blocks = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            node.mine_empty();
        }
    };
    tokio::select! {
        biased;
        early = submitted.included(at(100)) => panic!("{early:?}"),
        () = empty_blocks => {}
        () = tokio::time::sleep(Duration::from_secs(60)) => {}
    }
    assert_ne!(submitted.hash(), first);
    let offers: Vec<u128> = node.state().seen.iter().map(|tx| tx.max_fee).collect();
    assert!(offers.windows(2).all(|pair| pair[1] == pair[0] || pair[1] * 10 >= pair[0] * 11));
    assert!(offers.iter().all(|offer| *offer <= 2 * quote.max_fee.0), "{offers:?}");
    let ((), included) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            node.mine();
        },
        submitted.included(at(200))
    );
    assert!(included.is_ok());
    assert_eq!(chain.follower().fee_totals().of(FeeTag::Journey).included, 1);
}
