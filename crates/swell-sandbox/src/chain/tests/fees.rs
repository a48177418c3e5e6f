//! The base fee.

use proptest::prelude::*;

use super::{config, sign_1559, transfer};
use crate::chain::config::ChainConfig;
use crate::chain::fee::next_base_fee;
use crate::chain::machine::Chain;

#[test]
fn the_base_fee_follows_eip_1559() {
    // The cases of the EIP's own test vectors, at 1 gwei and a limit of 20M.
    let next = |gas_used| next_base_fee(1_000_000_000, gas_used, 20_000_000, 2, 0);
    assert_eq!(next(10_000_000), 1_000_000_000);
    assert_eq!(next(9_000_000), 987_500_000);
    assert_eq!(next(11_000_000), 1_012_500_000);
    assert_eq!(next(20_000_000), 1_125_000_000);
    assert_eq!(next(0), 875_000_000);
    assert_eq!(next_base_fee(1, 20_000_000, 20_000_000, 2, 0), 2);
}

#[test]
fn the_floor_holds_and_a_pinned_fee_stays() {
    let floor = ChainConfig { base_fee_initial: 1_000, base_fee_floor: 900, ..config() };
    let mut chain = Chain::new(floor);
    for unix in 0..5 {
        chain.produce_block(unix);
    }
    assert_eq!(chain.next_base_fee(), 900);

    let mut chain = Chain::new(ChainConfig { base_fee_pinned: Some(42), ..config() });
    chain.submit_raw(&sign_1559(0, transfer(0))).unwrap();
    assert_eq!(chain.produce_block(1).base_fee, 42);
    assert_eq!(chain.next_base_fee(), 42);
    chain.pin_base_fee(None);
    assert_ne!(chain.next_base_fee(), 42);
}

proptest! {
    #[test]
    fn the_base_fee_moves_at_most_an_eighth(
        fee in 8..1_000_000_000_000_u64, used in 0..=30_000_000_u64,
    ) {
        let next = next_base_fee(fee, used, 30_000_000, 2, 0);
        prop_assert!(next <= fee + (fee / 8).max(1));
        prop_assert!(next >= fee - fee / 8);
        prop_assert_eq!(next > fee, used > 15_000_000);
    }
}
