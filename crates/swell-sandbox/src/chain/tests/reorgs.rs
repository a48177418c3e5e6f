//! What a reorganisation takes back, and what it leaves.

use alloy_primitives::{Address, TxKind, U256};

use super::{STORE, call_tx, config, key, mine_one, sign_1559, store_input, transfer};
use crate::chain::config::ChainConfig;
use crate::chain::machine::Chain;

/// A chain that can take three blocks back.
fn chain() -> Chain {
    Chain::new(ChainConfig { undo_blocks_max: 3, ..config() })
}

fn pay(nonce: u64, to: Address) -> Vec<u8> {
    let tx = alloy_consensus::TxEip1559 {
        to: TxKind::Call(to),
        value: U256::from(5),
        ..transfer(nonce)
    };
    sign_1559(0, tx)
}

#[test]
fn blocks_taken_back_leave_state_fees_and_supply_as_they_were() {
    let (mut chain, payee) = (chain(), Address::with_last_byte(0xd0));
    mine_one(&mut chain, &pay(0, payee));
    let before = (chain.head(), chain.supply(), chain.burnt(), chain.next_base_fee());
    mine_one(&mut chain, &sign_1559(1, call_tx(0, STORE, store_input(1, 7), 100_000)));
    mine_one(&mut chain, &pay(1, payee));
    assert_eq!(chain.storage(STORE, U256::from(1)), U256::from(7));
    assert_eq!(chain.reorganise(2, |_| false), 2);
    assert_eq!(before, (chain.head(), chain.supply(), chain.burnt(), chain.next_base_fee()));
    assert_eq!(chain.storage(STORE, U256::from(1)), U256::ZERO);
    assert_eq!((chain.balance(payee), chain.nonce(key(0).address())), (U256::from(5), 1));
    assert_eq!(chain.pooled(), (0, 0));
}

#[test]
fn kept_transactions_wait_again_and_land_once_in_a_block_of_another_hash() {
    let (mut chain, payee) = (chain(), Address::with_last_byte(0xd0));
    mine_one(&mut chain, &pay(0, payee));
    mine_one(&mut chain, &pay(1, payee));
    let (old, unix) = (chain.head(), chain.head().timestamp);
    let orphan = chain.newest().transactions[0].hash();
    assert_eq!(chain.reorganise(1, |_| true), 1);
    assert_eq!((chain.pooled(), chain.block(old.number).is_none()), ((1, 0), true));
    assert!(
        chain.archive.transaction(orphan).is_none() && chain.archive.by_hash(old.hash).is_none()
    );
    let new = chain.produce_block(unix);
    assert_eq!(new.number, old.number);
    assert_ne!(new.hash, old.hash);
    assert_eq!(chain.newest().transactions[0].hash(), orphan);
    assert_eq!(chain.balance(payee), U256::from(10));
}

#[test]
fn what_waits_behind_a_dropped_transaction_waits_for_its_nonce() {
    let (mut chain, payee) = (chain(), Address::with_last_byte(0xd0));
    mine_one(&mut chain, &pay(0, payee));
    chain.submit_raw(&pay(1, payee)).unwrap();
    chain.reorganise(1, |_| false);
    assert_eq!((chain.pooled(), chain.pending_nonce(key(0).address())), ((0, 1), 0));
    chain.submit_raw(&pay(0, payee)).unwrap();
    chain.produce_block(1);
    assert_eq!((chain.nonce(key(0).address()), chain.balance(payee)), (2, U256::from(10)));
}

#[test]
fn no_more_is_taken_back_than_is_kept() {
    let mut chain = chain();
    (0..5).for_each(|_| _ = chain.produce_block(1));
    assert_eq!((chain.reorganise(9, |_| true), chain.head().number), (3, 2));
    assert_eq!(chain.reorganise(1, |_| true), 0);
    let mut forgets = Chain::new(config());
    forgets.produce_block(1);
    assert_eq!((forgets.reorganise(1, |_| true), forgets.head().number), (0, 1));
}
