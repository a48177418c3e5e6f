//! Several nodes of one chain, each with its own moods.

mod moods;

use std::time::Duration;

use alloy_primitives::{Address, B256};
use swell_core::report::EndpointState;
use swell_core::units::Wei;
use swell_net::clock::RunClock;

use crate::fees::FeePolicy;
use crate::handle::{ChainHandle, ChainOptions, ConnectError};
use crate::rpc::{BlockTag, ChainErrorKind};
use crate::testing::{CHAIN_ID, Face, FakeNode, Mood, key};
use crate::tx::TxSpec;

const OPTIONS: ChainOptions = ChainOptions {
    chain_id: CHAIN_ID,
    finality_blocks: 1,
    fees: FeePolicy {
        max_fee: None,
        tip_floor: swell_core::units::WeiPerGas(1),
        premium_percent: 100,
    },
};

async fn connect<const N: usize>(
    moods: [Mood; N],
) -> (Result<ChainHandle, ConnectError>, [Face; N]) {
    let clock = RunClock::virtual_time();
    let (rpc, faces) = FakeNode::new().faces::<N>(&clock);
    faces.iter().zip(moods).for_each(|(face, mood)| face.be(mood));
    (ChainHandle::connect(rpc, clock, OPTIONS).await, faces)
}

fn states(chain: &ChainHandle) -> Vec<EndpointState> {
    chain.rpc().endpoints().into_iter().map(|endpoint| endpoint.state).collect()
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_away_at_first_is_named_and_used_once_it_is_there() {
    let (chain, [_, away]) = connect([Mood::Well, Mood::Down]).await;
    let chain = chain.unwrap();
    assert_eq!(chain.unreached().len(), 1);
    assert_eq!(chain.unreached()[0].endpoint.as_str(), "rpc-2");
    assert_eq!(states(&chain), [EndpointState::Healthy, EndpointState::Unverified]);
    let following = chain.clone();
    tokio::spawn(async move { following.run(tokio_util::sync::CancellationToken::new()).await });
    away.be(Mood::Well);
    pass(30).await;
    assert_eq!(states(&chain), [EndpointState::Healthy; 2]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_turns_out_to_serve_another_chain_is_never_used() {
    let (chain, [_, other]) = connect([Mood::Well, Mood::Down]).await;
    let chain = chain.unwrap();
    let following = chain.clone();
    tokio::spawn(async move { following.run(tokio_util::sync::CancellationToken::new()).await });
    other.be(Mood::OtherChain(1));
    pass(30).await;
    assert_eq!(states(&chain)[1], EndpointState::OtherChain);
    other.forget();
    for _ in 0..10 {
        chain.rpc().code(Address::ZERO).await.unwrap_err();
        chain.rpc().block_number().await.unwrap();
    }
    assert_eq!(other.asked("eth_blockNumber"), 0);
}

#[tokio::test(start_paused = true)]
async fn another_chain_is_refused_by_its_place_and_host_without_credentials() {
    let (chain, _) = connect([Mood::Well, Mood::OtherChain(5)]).await;
    let error = chain.unwrap_err().to_string();
    let said = "RPC endpoint 2, https://node2.test/…, serves chain 5, the target names chain 31337";
    assert_eq!(error, said);
}

#[tokio::test(start_paused = true)]
async fn without_any_endpoint_there_is_no_chain() {
    let (chain, _) = connect([Mood::Down, Mood::Down]).await;
    assert!(matches!(chain, Err(ConnectError::Unreachable { .. })));
}

#[tokio::test(start_paused = true)]
async fn questions_are_spread_and_go_elsewhere_when_one_fails() {
    let (chain, [first, second, third]) = connect([Mood::Well, Mood::Well, Mood::Well]).await;
    let chain = chain.unwrap();
    for face in [&first, &second, &third] {
        face.forget();
    }
    for _ in 0..30 {
        chain.rpc().block_number().await.unwrap();
    }
    for face in [&first, &second, &third] {
        assert_eq!(face.asked("eth_blockNumber"), 10);
    }
    second.be(Mood::Down);
    third.be(Mood::Limited(3_600));
    for _ in 0..30 {
        chain.rpc().block_number().await.unwrap();
    }
    let now = chain.clock().now().as_secs_f64();
    assert!(now < 1.0, "nobody waits for a node while another answers: {now} s");
    assert_eq!(first.asked("eth_blockNumber"), 40);
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_costs_a_question_one_attempt() {
    let (chain, [silent, _]) = connect([Mood::Well, Mood::Well]).await;
    let chain = chain.unwrap();
    silent.be(Mood::Silent);
    for _ in 0..20 {
        chain.rpc().block_number().await.unwrap();
    }
    let now = chain.clock().now().as_secs_f64();
    assert!((4.0..6.0).contains(&now), "one attempt: {now} s");
}

#[tokio::test(start_paused = true)]
async fn the_follower_turns_to_another_node_when_its_own_falls_silent() {
    let node = FakeNode::new();
    let (chain, [first, second]) = node.chain_on_faces::<2>().await;
    for (silent, other) in [(&first, &second), (&second, &first)] {
        other.be(Mood::Well);
        pass(30).await;
        silent.be(Mood::Silent);
        pass(1).await;
        let (block, before) = (node.mine_empty(), chain.clock().now());
        chain.follower().wait_for_block(block).await.unwrap();
        let took = chain.clock().now().saturating_since(before).as_secs_f64();
        assert!(took < 6.0, "one attempt: {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_node_says_from_before_the_newest_block_read_is_no_answer_about_money() {
    let node = FakeNode::new();
    let (chain, [stale, _]) = node.chain_on_faces::<2>().await;
    (0..5).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(5).await.unwrap();
    stale.be(Mood::Behind(2));
    for _ in 0..6 {
        // The test's balances tell the height.
        let balance = chain.rpc().balance(Address::ZERO, BlockTag::Latest).await.unwrap();
        assert_eq!(balance, Wei::new(6));
        assert_eq!(chain.rpc().accounts(&[Address::ZERO]).await.unwrap(), [(0, Wei::new(6))]);
    }
    assert!(stale.asked("eth_getBalance") > 0, "two blocks are no reason to leave it alone");
}

#[tokio::test(start_paused = true)]
async fn where_every_node_is_behind_there_is_no_answer_until_one_has_caught_up() {
    let node = FakeNode::new();
    let (chain, faces) = node.chain_on_faces::<2>().await;
    (0..5).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(5).await.unwrap();
    faces.iter().for_each(|face| face.be(Mood::Behind(1)));
    let error = chain.rpc().balances(&[Address::ZERO]).await.unwrap_err();
    assert_eq!(error.kind, ChainErrorKind::Stale { head: 4, floor: 5 });
    faces[1].be(Mood::Well);
    assert_eq!(chain.rpc().balances(&[Address::ZERO]).await.unwrap(), [Wei::new(6)]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_lags_far_is_left_alone_until_it_has_caught_up() {
    let node = FakeNode::new();
    let (chain, [lagging, _]) = node.chain_on_faces::<2>().await;
    (0..10).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(10).await.unwrap();
    lagging.be(Mood::Behind(5));
    pass(5).await;
    assert_eq!(states(&chain)[0], EndpointState::Lagging);
    lagging.forget();
    for _ in 0..10 {
        chain.rpc().balance(Address::ZERO, BlockTag::Latest).await.unwrap();
    }
    assert_eq!(lagging.asked("eth_getBalance"), 0);
    let rows = chain.rpc().endpoint_rows();
    assert_eq!((rows[0].head_lag_blocks_max, rows[0].state), (5, EndpointState::Lagging));
    lagging.be(Mood::Well);
    pass(5).await;
    assert_eq!(states(&chain)[0], EndpointState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_follower_led_astray_by_the_only_node_that_answers_comes_back() {
    let node = FakeNode::new();
    let (chain, [first, second]) = node.chain_on_faces::<2>().await;
    (0..3).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(3).await.unwrap();
    let lost = node.state().blocks.clone();
    node.rewind(2, true);
    (0..4).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(5).await.unwrap();
    assert_eq!(chain.follower().stats().reorgs, 1);
    // Nobody contradicts the branch that lost.
    first.be(Mood::Fork(lost));
    second.be(Mood::Mute);
    pass(3).await;
    second.be(Mood::Well);
    pass(3).await;
    let head = node.mine_empty();
    chain.follower().wait_for_block(head).await.unwrap();
    assert_eq!(chain.follower().head().hash, node.state().blocks.last().unwrap().hash);
}

#[tokio::test(start_paused = true)]
async fn a_fork_that_another_node_contradicts_is_no_reorganisation() {
    let node = FakeNode::new();
    let (chain, [stale, _]) = node.chain_on_faces::<2>().await;
    (0..3).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(3).await.unwrap();
    let lost = node.state().blocks.clone();
    node.rewind(2, true);
    (0..4).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(5).await.unwrap();
    // Both are known to stand there, so that both are asked for what is newest.
    pass(5).await;
    stale.be(Mood::Fork(lost));
    stale.forget();
    pass(20).await;
    assert!(stale.asked("eth_getBlockByNumber") > 0, "its branch was looked at");
    assert_eq!(chain.follower().head().number, 5);
    assert_eq!(chain.follower().stats().reorgs, 1);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_have_a_block_does_not_hide_what_it_moves() {
    let node = FakeNode::new();
    let (chain, [behind, _]) = node.chain_on_faces::<2>().await;
    let quote = chain.fees().quote().await.unwrap();
    let tx = TxSpec::transfer(Address::ZERO, Wei::new(1)).sign(&key(0), CHAIN_ID, 0, &quote);
    let _accepted = chain.rpc().send_raw(&tx).await;
    let block = node.mine();
    chain.follower().wait_for_block(block).await.unwrap();
    behind.be(Mood::Behind(1));
    for _ in 0..4 {
        assert_eq!(chain.rpc().transfers(block).await.unwrap().len(), 1);
    }
    assert!(behind.asked("eth_getBlockByNumber") > 0);
}

#[tokio::test(start_paused = true)]
async fn not_found_is_believed_of_no_node_that_lags_and_of_none_that_cannot_say() {
    let node = FakeNode::new();
    let (chain, [first, second]) = node.chain_on_faces::<2>().await;
    (0..3).for_each(|_| _ = node.mine_empty());
    chain.follower().wait_for_block(3).await.unwrap();
    assert_eq!(chain.rpc().transaction_by_hash(B256::ZERO).await.unwrap(), None);
    // Nothing of ours was ever given to it.
    second.be(Mood::Down);
    assert_eq!(chain.rpc().transaction_by_hash(B256::ZERO).await.unwrap(), None);
    first.be(Mood::Behind(1));
    chain.rpc().transaction_by_hash(B256::ZERO).await.unwrap_err();
}
