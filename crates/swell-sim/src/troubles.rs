//! Carries the chain's troubles out, when their time comes.

use std::time::Duration;

use rand::RngExt;
use swell_core::seed::Seed;
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_sandbox::chain::{Chain, SharedChain};

use crate::storm::Trouble;

/// Carries `troubles` out, each at its time after `start`.
pub(crate) async fn carry_out(
    troubles: Vec<(Duration, Trouble)>,
    chain: SharedChain,
    clock: RunClock,
    start: RunOffset,
    seed: Seed,
) {
    let mut rng = seed.rng("reorg");
    for (at, trouble) in troubles {
        clock.sleep_until(start + at).await;
        tracing::debug!(?trouble, head = chain.head().number, "trouble");
        match trouble {
            Trouble::Stall => chain.pause_mining(true),
            Trouble::Resume => chain.pause_mining(false),
            Trouble::Forget => chain.write(Chain::drop_pooled),
            Trouble::Reorg { depth, kept } => {
                chain.write(|chain| chain.reorganise(depth, |_| rng.random_bool(kept)));
            }
            Trouble::FeeSpike { factor } => chain.write(|chain| {
                chain.pin_base_fee(Some(chain.next_base_fee().saturating_mul(factor)));
            }),
            Trouble::FeeRelief => chain.pin_base_fee(None),
        }
    }
}
