//! A lane over three nodes whose moods change at random.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::Address;
use swell_core::units::Wei;
use tokio_util::sync::CancellationToken;

use crate::follower::FeeTag;
use crate::lane::{Lane, LaneOptions};
use crate::testing::{FakeNode, Mood, key};
use crate::tx::TxSpec;

#[test]
fn whatever_moods_nodes_are_in_everyone_is_paid_exactly_once_and_the_books_close() {
    for seed in 0..60 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run_with_moods(seed));
    }
}

async fn run_with_moods(seed: u64) {
    const USERS: u8 = 12;
    let mut rng = swell_core::seed::Seed(seed).rng("moods");
    let mut draw = move |end: usize| rand::Rng::next_u32(&mut rng) as usize % end;
    let node = FakeNode::new();
    let (chain, faces) = node.chain_on_faces::<3>().await;
    let options = LaneOptions { window: 1 + draw(6), stuck_blocks: 3 };
    let (lane, task) = Lane::new(chain.clone(), key(0), options);
    tokio::spawn(task.run(CancellationToken::new()));
    let waiting: Vec<_> = (1..=USERS)
        .map(|to| {
            let (lane, to) = (lane.clone(), Address::repeat_byte(to));
            let spec = TxSpec::transfer(to, Wei::new(1));
            tokio::spawn(async move { lane.send(spec, FeeTag::Funding).await })
        })
        .collect();
    let mut peak = 0;
    for round in 0..300 {
        if waiting.iter().all(tokio::task::JoinHandle::is_finished) {
            break;
        }
        let moods = [
            Mood::Well,
            Mood::Down,
            Mood::Mute,
            Mood::Silent,
            Mood::Limited(1 + draw(20) as u64),
            Mood::Behind(1 + draw(6)),
        ];
        let mood = if round < 60 { moods[draw(moods.len())].clone() } else { Mood::Well };
        faces[draw(3)].be(mood);
        match draw(12) {
            0 if round < 60 => node.state().pool.clear(),
            // No deeper than what is final allows, counted from the highest block there ever was.
            1 if (4..60).contains(&round) && node.height() == peak => {
                node.rewind(1 + draw(2), draw(2) == 0);
            }
            _ => _ = node.mine(),
        }
        peak = peak.max(node.height());
        tokio::time::sleep(Duration::from_millis(300 + draw(1_200) as u64)).await;
    }
    for one in waiting {
        assert!(one.is_finished(), "seed {seed}: a caller got no answer");
        let answer = one.await.unwrap();
        assert!(answer.is_ok(), "seed {seed}: {answer:?}");
    }
    faces.iter().for_each(|face| face.be(Mood::Well));
    for _ in 0..30 {
        node.mine();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let (lane_address, mut paid) = (key(0).address(), BTreeMap::new());
    for tx in node.state().included().into_iter().filter(|tx| tx.to != lane_address) {
        *paid.entry(tx.to).or_insert(0) += 1;
    }
    let expected: BTreeMap<_, _> = (1..=USERS).map(|to| (Address::repeat_byte(to), 1)).collect();
    assert_eq!(paid, expected, "seed {seed}: {:?}", lane.counters());
    assert!(node.state().pool.is_empty(), "seed {seed}: a nonce waits for a lower one");
    let included = node.state().included().len() as u64;
    let fees = chain.follower().fee_totals().fee();
    assert_eq!(fees, Wei::new(21_000 * 1_100).times(included), "seed {seed}");
    assert_eq!(chain.follower().stats().tracked, 0, "seed {seed}");
    assert_eq!(chain.follower().head().hash, node.state().blocks.last().unwrap().hash);
}
