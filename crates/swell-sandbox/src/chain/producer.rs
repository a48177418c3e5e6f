//! Blocks at the clock's pace.

use std::time::Duration;

use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use tokio_util::sync::CancellationToken;

use super::shared::SharedChain;

/// Makes a block at every whole multiple of the block time on `clock`, until `shutdown`.
///
/// Never drifts: the k-th instant is k × block time after the clock's origin. Instants that have
/// passed while a block was made are left out, as a slow chain would miss its slots.
pub async fn run(chain: SharedChain, clock: RunClock, shutdown: CancellationToken) {
    let block_time = chain.block_time();
    let mut slot = slot_after(clock.now(), block_time);
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            () = clock.sleep_until(slot_start(slot, block_time)) => {}
        }
        if !chain.mining_paused() {
            chain.produce_block(clock.unix_now().as_secs());
        }
        slot = slot_after(clock.now(), block_time).max(slot + 1);
    }
}

/// The first slot that begins after `now`.
fn slot_after(now: RunOffset, block_time: Duration) -> u128 {
    now.since_start().as_nanos() / block_time.as_nanos().max(1) + 1
}

fn slot_start(slot: u128, block_time: Duration) -> RunOffset {
    let nanos = slot.saturating_mul(block_time.as_nanos().max(1));
    RunOffset::new(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}
