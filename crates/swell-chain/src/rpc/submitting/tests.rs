//! Submissions through several nodes, each with its own moods.

use std::collections::BTreeSet;

use alloy_primitives::Address;
use swell_core::units::{Wei, WeiPerGas};

use crate::fees::FeeQuote;
use crate::handle::ChainHandle;
use crate::rpc::BlockTag;
use crate::submit::{RejectReason, SubmitOutcome};
use crate::testing::{CHAIN_ID, Face, FakeNode, Mood, key};
use crate::tx::{SignedTx, TxSpec};

const QUOTE: FeeQuote = FeeQuote { max_fee: WeiPerGas(4_000), tip: WeiPerGas(100), legacy: false };
const SEND: &str = "eth_sendRawTransaction";

fn tx(index: u32, nonce: u64) -> SignedTx {
    TxSpec::transfer(Address::ZERO, Wei::new(1)).sign(&key(index), CHAIN_ID, nonce, &QUOTE)
}

async fn nodes<const N: usize>() -> (FakeNode, ChainHandle, [Face; N]) {
    let node = FakeNode::new();
    let (chain, faces) = node.chain_on_faces::<N>().await;
    (node, chain, faces)
}

/// Which node the key's transactions go through, and another one.
async fn home<'a>(chain: &ChainHandle, faces: &'a [Face; 2], index: u32) -> (&'a Face, &'a Face) {
    let _sent = chain.rpc().send_raw(&tx(index, 0)).await;
    let [first, second] = faces;
    if first.asked(SEND) > 0 { (first, second) } else { (second, first) }
}

#[tokio::test(start_paused = true)]
async fn a_senders_transactions_stick_to_one_node_and_senders_are_spread() {
    let (_node, chain, faces) = nodes::<3>().await;
    let mut used = BTreeSet::new();
    for index in 0..12 {
        faces.iter().for_each(Face::forget);
        for nonce in 0..4 {
            assert!(matches!(
                chain.rpc().send_raw(&tx(index, nonce)).await,
                SubmitOutcome::Accepted { .. }
            ));
        }
        let took: Vec<usize> = (0..3).filter(|face| faces[*face].asked(SEND) > 0).collect();
        assert_eq!(took.len(), 1, "one node took all four");
        used.extend(took);
    }
    assert_eq!(used.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_away_or_limits_is_passed_over() {
    for mood in [Mood::Down, Mood::Limited(3_600)] {
        let (node, chain, faces) = nodes::<2>().await;
        let (home, other) = home(&chain, &faces, 0).await;
        home.be(mood);
        assert!(matches!(chain.rpc().send_raw(&tx(0, 1)).await, SubmitOutcome::Accepted { .. }));
        assert_eq!(other.asked(SEND), 1);
        assert_eq!(node.state().pool.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn when_an_answer_is_lost_the_same_bytes_go_through_the_next_node() {
    let (node, chain, faces) = nodes::<2>().await;
    let (home, other) = home(&chain, &faces, 0).await;
    home.be(Mood::Mute);
    assert!(matches!(chain.rpc().send_raw(&tx(0, 1)).await, SubmitOutcome::Accepted { .. }));
    assert_eq!(other.asked(SEND), 1);
    let seen: BTreeSet<_> = node.state().seen.iter().map(|tx| tx.hash).collect();
    assert_eq!(seen.len(), 2, "nothing new was signed");
}

#[tokio::test(start_paused = true)]
async fn what_one_node_may_have_is_not_refused_because_another_refuses_it() {
    let (_node, chain, faces) = nodes::<2>().await;
    let (home, other) = home(&chain, &faces, 0).await;
    home.be(Mood::Mute);
    other.be(Mood::Poor);
    assert!(matches!(chain.rpc().send_raw(&tx(0, 1)).await, SubmitOutcome::Unknown { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_has_not_seen_the_money_has_not_the_last_word() {
    let (_node, chain, faces) = nodes::<2>().await;
    let (home, other) = home(&chain, &faces, 0).await;
    home.be(Mood::Poor);
    assert!(matches!(chain.rpc().send_raw(&tx(0, 1)).await, SubmitOutcome::Accepted { .. }));
    other.be(Mood::Poor);
    let refused = chain.rpc().send_raw(&tx(0, 2)).await;
    assert!(matches!(refused, SubmitOutcome::Rejected { reason: RejectReason::InsufficientFunds }));
}

#[tokio::test(start_paused = true)]
async fn of_a_batch_only_what_is_open_goes_to_the_next_node() {
    let (node, chain, faces) = nodes::<2>().await;
    let (home, other) = home(&chain, &faces, 0).await;
    let txs: Vec<_> = (1..4).map(|nonce| tx(0, nonce)).collect();
    node.fail_next([crate::testing::Fault::Refuse(-32_000, "nonce too high")]);
    let outcomes = chain.rpc().send_raw_batch(&txs).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, SubmitOutcome::Accepted { .. })));
    assert_eq!((home.asked(SEND), other.asked(SEND)), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn no_absence_is_proven_while_a_node_that_may_have_it_cannot_say() {
    let (node, chain, faces) = nodes::<2>().await;
    let (home, other) = home(&chain, &faces, 0).await;
    home.be(Mood::Mute);
    other.be(Mood::Down);
    let sent = tx(0, 1);
    assert!(matches!(chain.rpc().send_raw(&sent).await, SubmitOutcome::Unknown { .. }));
    node.state().pool.clear();
    home.be(Mood::Down);
    other.be(Mood::Well);
    chain.rpc().transaction_by_hash(sent.hash).await.unwrap_err();
    chain.rpc().nonce_everywhere(sent.from).await.unwrap_err();
    // A lane goes on by what can be known.
    assert_eq!(chain.rpc().nonce(sent.from, BlockTag::Pending).await.unwrap(), 0);
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    home.be(Mood::Well);
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(chain.rpc().transaction_by_hash(sent.hash).await.unwrap(), None);
    assert_eq!(chain.rpc().nonce_everywhere(sent.from).await.unwrap(), 0);
}
