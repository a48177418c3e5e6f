//! Carries the chain's troubles out, when their time comes.

use std::time::Duration;

use rand::RngExt;
use swell_core::seed::Seed;
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_sandbox::chain::{Chain, SharedChain};

use crate::storm::Trouble;

/// Carries `troubles` out, each at its time after `start`. No block leaves the chain that was
/// `finality_blocks` deep at any time.
pub(crate) async fn carry_out(
    troubles: Vec<(Duration, Trouble)>,
    chain: SharedChain,
    clock: RunClock,
    start: RunOffset,
    seed: Seed,
    finality_blocks: u64,
) {
    let mut rng = seed.rng("reorg");
    let mut highest = 0;
    for (at, trouble) in troubles {
        clock.sleep_until(start + at).await;
        tracing::debug!(?trouble, head = chain.head().number, "trouble");
        match trouble {
            Trouble::Stall => chain.pause_mining(true),
            Trouble::Resume => chain.pause_mining(false),
            Trouble::Forget => chain.write(Chain::drop_pooled),
            Trouble::Reorg { depth, kept } => {
                let head = chain.head().number;
                highest = head.max(highest);
                let not_final = (head + finality_blocks).saturating_sub(highest + 1);
                let depth = depth.min(usize::try_from(not_final).unwrap_or(depth));
                chain.write(|chain| chain.reorganise(depth, |_| rng.random_bool(kept)));
            }
            Trouble::FeeSpike { factor } => chain.write(|chain| {
                chain.pin_base_fee(Some(chain.next_base_fee().saturating_mul(factor)));
            }),
            Trouble::FeeRelief => chain.pin_base_fee(None),
        }
    }
}
