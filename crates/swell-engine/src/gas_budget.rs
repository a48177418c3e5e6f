//! How much of each block's gas funding and sweeping may use, so that they never become the load.

use std::time::Duration;

use swell_chain::FollowerHandle;
use swell_core::units::{Gas, Share};
use swell_net::clock::RunClock;
use tokio::sync::Mutex;

/// How much of each block's gas funding and sweeping may use.
#[derive(Debug)]
pub struct GasBudget {
    follower: FollowerHandle,
    clock: RunClock,
    share: Share,
    block: Mutex<BlockUse>,
}

/// What has been taken of one block.
#[derive(Clone, Copy, Debug, Default)]
struct BlockUse {
    number: u64,
    used: Gas,
}

impl GasBudget {
    /// A chain that makes no blocks gets a block's worth all the same, so often.
    const BLOCK_PATIENCE: Duration = Duration::from_secs(15);

    /// A budget of `share` of each block's gas limit.
    #[must_use]
    pub fn new(follower: FollowerHandle, clock: RunClock, share: Share) -> Self {
        Self { follower, clock, share, block: Mutex::default() }
    }

    /// Gas a block allows, by the newest block's limit.
    #[must_use]
    pub fn per_block(&self) -> Gas {
        self.share.of(self.follower.head().gas_limit)
    }

    /// Waits until a block has room for `gas`. Who came first is served first. Cancel-safe.
    pub async fn take(&self, gas: Gas) {
        // Held while waiting: whoever comes later waits behind.
        let mut block = self.block.lock().await;
        loop {
            let number = self.follower.head().number;
            if block.take(number, gas, self.per_block()) {
                return;
            }
            tokio::select! {
                biased;
                next = self.follower.wait_for_block(number + 1) => if next.is_err() { return },
                () = self.clock.sleep(Self::BLOCK_PATIENCE) => *block = BlockUse::default(),
            }
        }
    }
}

impl BlockUse {
    /// Takes `gas` of block `number`, if its `allowance` has room. The first always fits: what is
    /// larger than a block's allowance must go on some day.
    fn take(&mut self, number: u64, gas: Gas, allowance: Gas) -> bool {
        if number != self.number {
            *self = Self { number, used: Gas(0) };
        }
        let fits = self.used == Gas(0) || self.used + gas <= allowance;
        if fits {
            self.used = self.used + gas;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_gives_its_allowance_and_the_next_one_gives_it_again() {
        let mut block = BlockUse::default();
        let mut take = |number| block.take(number, Gas::TRANSFER, Gas(50_000));
        assert_eq!([take(1), take(1), take(1), take(2)], [true, true, false, true]);
    }

    #[test]
    fn what_is_larger_than_an_allowance_has_a_block_to_itself() {
        let mut block = BlockUse::default();
        assert!(block.take(1, Gas(90_000), Gas(50_000)));
        assert!(!block.take(1, Gas(1), Gas(50_000)));
    }

    proptest! {
        #[test]
        fn no_block_gives_more_than_its_allowance_or_one_request(
            requests in prop::collection::vec((0_u64..4, 1_u64..60_000), 1..100),
        ) {
            let allowance = Gas(100_000);
            let mut block = BlockUse::default();
            let mut number = 1;
            let mut given = Vec::new();
            for (blocks, gas) in requests {
                if blocks > 2 {
                    number += 1;
                    given.clear();
                }
                if block.take(number, Gas(gas), allowance) {
                    given.push(gas);
                }
                let sum: u64 = given.iter().sum();
                prop_assert!(sum <= allowance.0 || given.len() == 1);
            }
        }
    }
}
