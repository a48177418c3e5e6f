use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use proptest::prelude::*;
use swell_core::units::{Wei, WeiPerGas};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Lane, LaneError, LaneOptions, LaneOrder, NonceWindow};
use crate::fees::FeePolicy;
use crate::follower::{FeeTag, Inclusion};
use crate::handle::ChainHandle;
use crate::submit::RejectReason;
use crate::testing::{FakeNode, Fault, key};
use crate::tx::TxSpec;

type Answer = Result<Arc<Inclusion>, LaneError>;

fn lane(chain: &ChainHandle, window: usize) -> Lane {
    let options = LaneOptions { window, stuck_blocks: 3 };
    let (lane, task) = Lane::new(chain.clone(), key(0), options);
    tokio::spawn(task.run(CancellationToken::new()));
    lane
}

/// Pays account number `to` of the test.
fn pay(lane: &Lane, to: u8) -> JoinHandle<Answer> {
    let lane = lane.clone();
    let spec = TxSpec::transfer(Address::repeat_byte(to), Wei::new(u128::from(to)));
    tokio::spawn(async move { lane.send(spec, FeeTag::Funding).await })
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

/// One block a second, until everyone has an answer.
async fn mine_until_done(node: &FakeNode, waiting: Vec<JoinHandle<Answer>>) -> Vec<Answer> {
    for _ in 0..120 {
        if waiting.iter().all(JoinHandle::is_finished) {
            break;
        }
        node.mine();
        seconds(1).await;
    }
    let mut answers = Vec::new();
    for one in waiting {
        assert!(one.is_finished(), "a caller got no answer");
        answers.push(one.await.unwrap());
    }
    answers
}

/// Whom the chain paid, how often; without the lane's own fillers.
fn paid(node: &FakeNode) -> BTreeMap<Address, usize> {
    let mut paid = BTreeMap::new();
    let sender = key(0).address();
    for tx in node.state().included().into_iter().filter(|tx| tx.from == sender && tx.to != sender)
    {
        *paid.entry(tx.to).or_default() += 1;
    }
    paid
}

fn assert_each_paid_once(node: &FakeNode, count: u8) {
    let expected = (1..=count).map(|to| (Address::repeat_byte(to), 1)).collect();
    assert_eq!(paid(node), expected);
    assert!(node.state().pool.is_empty(), "no nonce waits for a lower one");
}

#[tokio::test(start_paused = true)]
async fn transfers_are_sent_in_parallel_within_the_window() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    let waiting: Vec<_> = (1..=10).map(|to| pay(&lane, to)).collect();
    seconds(3).await;
    assert_eq!(node.state().pool.len(), 4, "the window is full, and no fuller");
    let answers = mine_until_done(&node, waiting).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_each_paid_once(&node, 10);
    assert_eq!(chain.follower().fee_totals().of(FeeTag::Funding).included, 10);
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_looked_up_and_sent_again_with_the_same_bytes() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    node.fail_next([Fault::LoseRequest]);
    let answers = mine_until_done(&node, vec![pay(&lane, 1)]).await;
    assert!(answers[0].is_ok());
    assert_each_paid_once(&node, 1);
    let counters = lane.counters();
    assert_eq!((counters.unknown, counters.found, counters.resent), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_looked_up_and_found() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    node.fail_next([Fault::LoseReply]);
    let waiting = pay(&lane, 1);
    seconds(2).await;
    assert_eq!(lane.counters().found, 1);
    assert!(mine_until_done(&node, vec![waiting]).await[0].is_ok());
    assert_each_paid_once(&node, 1);
    assert_eq!(node.state().seen.len(), 1, "it was sent once");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_frees_the_nonce_for_the_next() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    node.fail_next([Fault::Refuse(-32_000, "insufficient funds for gas * price + value")]);
    let refused = pay(&lane, 9).await.unwrap();
    assert_eq!(refused, Err(LaneError::Rejected(RejectReason::InsufficientFunds)));
    let answers = mine_until_done(&node, vec![pay(&lane, 1)]).await;
    assert!(answers[0].is_ok());
    assert_each_paid_once(&node, 1);
    assert_eq!(node.state().included()[0].nonce, 0);
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_filled_when_nobody_else_takes_its_nonce() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    seconds(1).await;
    // The lane takes all three together: the first is refused, two remain above it.
    node.fail_next([Fault::Refuse(-32_000, "intrinsic gas too low")]);
    let (refused, others) = (pay(&lane, 9), vec![pay(&lane, 1), pay(&lane, 2)]);
    let answers = mine_until_done(&node, others).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(refused.await.unwrap(), Err(LaneError::Rejected(RejectReason::GasTooLow)));
    assert_eq!(lane.counters().refilled, 1);
    assert_each_paid_once(&node, 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_stuck_is_replaced_with_a_higher_fee() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    let waiting = pay(&lane, 1);
    for _ in 0..5 {
        seconds(1).await;
        node.mine_empty();
    }
    seconds(1).await;
    assert_eq!(lane.counters().replaced, 1);
    assert!(mine_until_done(&node, vec![waiting]).await[0].is_ok());
    assert_each_paid_once(&node, 1);
    let state = node.state();
    let (first, second) = (&state.seen[0], &state.seen[1]);
    assert_eq!((first.nonce, first.to), (second.nonce, second.to));
    assert!(second.max_fee >= first.max_fee + first.max_fee / 10);
    drop(state);
    assert_eq!(chain.follower().fee_totals().of(FeeTag::Funding).included, 1);
}

#[tokio::test(start_paused = true)]
async fn the_fee_cap_is_never_passed() {
    let node = FakeNode::new();
    let fees = FeePolicy { max_fee: Some(WeiPerGas(4_200)), ..FeePolicy::default() };
    let chain = node.chain(1, fees).await;
    let lane = lane(&chain, 4);
    let waiting = pay(&lane, 1);
    for _ in 0..12 {
        seconds(1).await;
        node.mine_empty();
    }
    assert!(lane.counters().capped > 0);
    assert!(mine_until_done(&node, vec![waiting]).await[0].is_ok());
    assert!(node.state().seen.iter().all(|tx| tx.max_fee <= 4_200));
}

#[tokio::test(start_paused = true)]
async fn what_the_pool_forgot_is_sent_again() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 8);
    let waiting: Vec<_> = (1..=5).map(|to| pay(&lane, to)).collect();
    seconds(1).await;
    node.state().pool.clear();
    assert!(mine_until_done(&node, waiting).await.iter().all(Result::is_ok));
    assert_each_paid_once(&node, 5);
}

#[tokio::test(start_paused = true)]
async fn a_block_that_leaves_the_chain_is_made_good() {
    let node = FakeNode::new();
    let chain = node.chain(4, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    assert!(mine_until_done(&node, vec![pay(&lane, 1)]).await[0].is_ok());
    node.rewind(1, false);
    node.mine_empty();
    node.mine_empty();
    seconds(2).await;
    assert_eq!(lane.counters().reorged, 1);
    node.mine();
    seconds(1).await;
    assert_each_paid_once(&node, 1);
}

#[tokio::test(start_paused = true)]
async fn a_nonce_somebody_else_spent_is_given_up_for_another() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    assert!(mine_until_done(&node, vec![pay(&lane, 1)]).await[0].is_ok());
    let quote = chain.fees().quote().await.unwrap();
    let foreign = TxSpec::transfer(Address::repeat_byte(2), Wei::new(2));
    let _sent = chain.rpc().send_raw(&foreign.sign(&key(0), chain.chain_id(), 1, &quote)).await;
    node.mine();
    assert!(mine_until_done(&node, vec![pay(&lane, 3)]).await[0].is_ok());
    assert_each_paid_once(&node, 3);
    assert_eq!(lane.counters().foreign, 1);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_reads_blocks_late_does_not_take_its_own_transaction_for_somebody_elses() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    node.state().block_delay = Duration::from_secs(3);
    (0..20).for_each(|_| _ = node.mine_empty());
    let answers = mine_until_done(&node, vec![pay(&lane, 1)]).await;
    assert!(answers[0].is_ok(), "{answers:?}");
    assert_each_paid_once(&node, 1);
    assert_eq!(lane.counters().foreign, 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_pool_is_waited_out() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    node.fail_next(vec![Fault::Refuse(-32_000, "txpool is full"); 3]);
    assert!(mine_until_done(&node, vec![pay(&lane, 1)]).await[0].is_ok());
    assert_each_paid_once(&node, 1);
    assert_eq!(lane.counters().pool_full, 3);
}

/// Lost requests and replies, refusals, forgotten pools and reorganisations below finality, drawn
/// from a seed: everyone is paid exactly once, no gap is left, and the fees are the chain's own.
#[test]
fn any_mix_of_faults_pays_everyone_exactly_once_and_the_books_close() {
    for seed in 0..100 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run_with_faults(seed));
    }
}

async fn run_with_faults(seed: u64) {
    const USERS: u8 = 12;
    let mut rng = swell_core::seed::Seed(seed).rng("faults");
    let mut draw = move |end: usize| rand::Rng::next_u32(&mut rng) as usize % end;
    let faults = [
        Fault::LoseRequest,
        Fault::LoseReply,
        Fault::Refuse(-32_000, "txpool is full"),
        Fault::Refuse(-32_000, "nonce too high"),
        Fault::Refuse(-32_005, "rate limit reached"),
        // A node that says so and has it not: it is stuck, and sent again.
        Fault::Refuse(-32_000, "already known"),
    ];
    let node = FakeNode::new();
    let chain = node.chain(3, FeePolicy::default()).await;
    let lane = lane(&chain, 1 + draw(6));
    node.fail_next((0..draw(30)).map(|_| faults[draw(faults.len())].clone()));
    let waiting: Vec<_> = (1..=USERS).map(|to| pay(&lane, to)).collect();
    for round in 0..200 {
        if waiting.iter().all(JoinHandle::is_finished) {
            break;
        }
        match draw(12) {
            0 => node.state().pool.clear(),
            1 if round > 3 => node.rewind(1 + draw(2), draw(2) == 0),
            2 => _ = node.mine_empty(),
            _ => _ = node.mine(),
        }
        tokio::time::sleep(Duration::from_millis(300 + draw(1_200) as u64)).await;
    }
    for one in waiting {
        assert!(one.is_finished(), "seed {seed}: a caller got no answer");
        let answer = one.await.unwrap();
        assert!(answer.is_ok(), "seed {seed}: {answer:?}");
    }
    for _ in 0..20 {
        node.mine();
        seconds(1).await;
    }
    let counters = lane.counters();
    let expected: BTreeMap<_, _> = (1..=USERS).map(|to| (Address::repeat_byte(to), 1)).collect();
    assert_eq!(paid(&node), expected, "seed {seed}: {counters:?}");
    assert!(node.state().pool.is_empty(), "seed {seed}: a nonce waits for a lower one");
    let included = node.state().included().len() as u64;
    let fees = chain.follower().fee_totals().fee();
    assert_eq!(fees, Wei::new(21_000 * 1_100).times(included), "seed {seed}: {counters:?}");
    assert_eq!(chain.follower().stats().tracked, 0, "seed {seed}");
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Allocate,
    Refuse(usize),
    Include,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(Op::Allocate),
        1 => (0_usize..8).prop_map(Op::Refuse),
        2 => Just(Op::Include),
    ]
}

proptest! {
    /// A model chain: nonces are included in order only. Whatever is refused, no nonce is held
    /// twice, none is handed out again once spent, and no gap outlives the next allocation.
    #[test]
    fn no_nonce_is_used_twice_and_no_gap_is_left(
        first in 0_u64..5,
        size in 1_usize..6,
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let mut window = NonceWindow::new(first, size);
        let (mut held, mut next_on_chain) = (BTreeSet::new(), first);
        for op in ops {
            match op {
                Op::Allocate => match window.allocate() {
                    Some(nonce) => {
                        prop_assert!(nonce >= next_on_chain, "a spent nonce came again");
                        prop_assert!(held.insert(nonce), "a held nonce came again");
                        let gap = (next_on_chain..nonce).find(|below| !held.contains(below));
                        prop_assert_eq!(gap, None, "a lower nonce was free");
                    }
                    None => prop_assert_eq!(held.len(), size),
                },
                Op::Refuse(at) => {
                    if let Some(nonce) = held.iter().nth(at).copied() {
                        held.remove(&nonce);
                        window.release(nonce);
                    }
                }
                Op::Include => {
                    if held.remove(&next_on_chain) {
                        window.included(next_on_chain);
                        window.settle(next_on_chain);
                        next_on_chain += 1;
                    }
                }
            }
            prop_assert_eq!(window.in_flight(), held.len());
            prop_assert!(window.in_flight() <= size);
            let expected = held.last().and_then(|last| {
                (next_on_chain..*last).find(|below| !held.contains(below))
            });
            prop_assert_eq!(window.gap(), expected);
        }
    }
}

#[test]
fn a_resync_frees_what_the_chain_lost_and_skips_what_others_hold() {
    let mut window = NonceWindow::new(0, 8);
    assert_eq!(window.resync(5, 7), 0, "5 and 6 wait in the pool for somebody else");
    assert_eq!(window.allocate(), Some(7));
    assert_eq!(window.allocate(), Some(8));
    window.forfeit(7);
    assert_eq!(window.resync(5, 7), 1, "7 is not held, and the chain does not know it");
    assert_eq!(window.gap(), Some(7));
    assert_eq!(window.allocate(), Some(7));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_told_when_it_was_signed_when_a_node_had_it_and_its_block() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 1);
    let order = |to| LaneOrder {
        spec: TxSpec::transfer(Address::repeat_byte(to), Wei::new(1)),
        tag: FeeTag::Journey,
        fee_max: None,
    };
    let mut first = lane.submit(order(1)).await.unwrap();
    let accepted = first.accepted().await.unwrap();
    assert_eq!(first.accepted().await, None, "it is told once");
    let asked_at = chain.clock().now();
    let second = tokio::spawn({
        let (lane, order) = (lane.clone(), order(2));
        async move { lane.submit(order).await.unwrap().accepted().await.unwrap() }
    });
    seconds(3).await;
    assert!(!second.is_finished(), "the window is full");
    node.mine();
    let inclusion = first.included().await.unwrap();
    assert_eq!((inclusion.tx, inclusion.block), (accepted.tx, accepted.height + 1));
    let waited = second.await.unwrap().signed_at.saturating_since(asked_at);
    assert!(waited >= Duration::from_secs(3), "{waited:?} in the queue");
}

#[tokio::test(start_paused = true)]
async fn a_call_never_costs_more_for_gas_than_was_set_aside_for_it() {
    let node = FakeNode::new();
    let chain = node.chain(1, FeePolicy::default()).await;
    let lane = lane(&chain, 4);
    let usual = chain.fees().quote().await.unwrap().max_fee;
    let fee_max = WeiPerGas(usual.0 + usual.0 / 5);
    let spec = TxSpec::transfer(Address::repeat_byte(1), Wei::new(1));
    let order = LaneOrder { spec, tag: FeeTag::Journey, fee_max: Some(fee_max) };
    let mut call = lane.submit(order).await.unwrap();
    call.accepted().await.unwrap();
    for _ in 0..60 {
        node.mine_empty();
        seconds(1).await;
    }
    assert_eq!(lane.counters().replaced, 1, "a second tenth would be too much");
    assert!(lane.counters().capped > 0);
}
