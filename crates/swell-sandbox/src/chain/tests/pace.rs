//! Blocks come when they are due.

use std::time::Duration;

use swell_net::clock::RunClock;
use tokio_util::sync::CancellationToken;

use super::config;
use crate::chain::config::ChainConfig;
use crate::chain::producer::run;
use crate::chain::shared::SharedChain;

#[tokio::test(start_paused = true)]
async fn blocks_come_at_exact_virtual_times() {
    let clock = RunClock::virtual_time();
    let block_time = Duration::from_millis(1_500);
    let chain = SharedChain::new(ChainConfig { block_time, ..config() });
    let shutdown = CancellationToken::new();
    clock.sleep(Duration::from_millis(700)).await;
    let mut heads = chain.subscribe_heads();
    let producer = tokio::spawn(run(chain.clone(), clock.clone(), shutdown.clone()));
    for number in 1..=20_u64 {
        let head = heads.recv().await.unwrap();
        assert_eq!(head.number, number);
        assert_eq!(clock.now().since_start(), block_time * u32::try_from(number).unwrap());
        assert_eq!(head.timestamp, clock.unix_now().as_secs());
    }
    shutdown.cancel();
    producer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_paused_chain_makes_no_blocks_and_goes_on_in_step() {
    let clock = RunClock::virtual_time();
    let chain = SharedChain::new(config());
    let shutdown = CancellationToken::new();
    let producer = tokio::spawn(run(chain.clone(), clock.clone(), shutdown.clone()));
    clock.sleep(Duration::from_millis(2_500)).await;
    chain.pause_mining(true);
    clock.sleep(Duration::from_secs(10)).await;
    assert_eq!(chain.head().number, 2);
    chain.pause_mining(false);
    clock.sleep(Duration::from_secs(1)).await;
    assert_eq!(chain.head().number, 3);
    assert_eq!(chain.head().timestamp, RunClock::VIRTUAL_UNIX_ORIGIN.as_secs() + 13);
    shutdown.cancel();
    producer.await.unwrap();
}
