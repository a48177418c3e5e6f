//! Not a wei is made or lost.

use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy};
use alloy_primitives::{Bytes, TxKind, U256};
use proptest::prelude::*;

use super::{
    BURNER, CHAIN_ID, FORWARDER, GWEI, REVERTER, STORE, call_tx, config, key, mine_one, sign_1559,
    sign_2930, sign_legacy, store_input, token, transfer,
};
use crate::chain::config::{ChainConfig, Retain};
use crate::chain::machine::Chain;

#[test]
fn a_transfer_burns_the_base_fee_and_pays_the_tip() {
    let mut chain = Chain::new(config());
    let to = key(77).address();
    let value = U256::from(12_345);
    let base_fee = u128::from(chain.next_base_fee());
    let tx = TxEip1559 { to: TxKind::Call(to), value, ..transfer(0) };

    assert!(mine_one(&mut chain, &sign_1559(0, tx)));

    let fee = U256::from(21_000 * (base_fee + GWEI));
    assert_eq!(chain.balance(to), value);
    assert_eq!(chain.balance(key(0).address()), token() * U256::from(100) - value - fee);
    assert_eq!(chain.balance(chain.config().coinbase), U256::from(21_000 * GWEI));
    assert_eq!(chain.burnt(), U256::from(21_000 * base_fee));
    assert_eq!(chain.nonce(key(0).address()), 1);
}

#[test]
fn a_fee_cap_near_the_base_fee_cuts_the_tip() {
    let mut chain = Chain::new(config());
    let base_fee = u128::from(chain.next_base_fee());
    let tx = TxEip1559 {
        max_fee_per_gas: base_fee + 5,
        max_priority_fee_per_gas: base_fee,
        ..transfer(0)
    };

    assert!(mine_one(&mut chain, &sign_1559(0, tx)));

    assert_eq!(chain.balance(chain.config().coinbase), U256::from(21_000 * 5));
    assert_eq!(chain.newest().transactions[0].gas_price, base_fee + 5);
}

#[test]
fn legacy_and_access_list_transactions_pay_their_gas_price() {
    let mut chain = Chain::new(config());
    let to = TxKind::Call(key(77).address());
    let legacy = TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_price: 3 * GWEI,
        gas_limit: 21_000,
        to,
        ..TxLegacy::default()
    };
    assert!(mine_one(&mut chain, &sign_legacy(0, legacy)));
    assert_eq!(chain.newest().transactions[0].gas_price, 3 * GWEI);

    let listed = TxEip2930 {
        chain_id: CHAIN_ID,
        gas_price: 4 * GWEI,
        gas_limit: 21_000,
        to,
        ..TxEip2930::default()
    };
    assert!(mine_one(&mut chain, &sign_2930(1, listed)));
    assert_eq!(chain.newest().transactions[0].gas_price, 4 * GWEI);
}

#[test]
fn balances_and_nonces_of_older_blocks_stay_true() {
    let mut chain = Chain::new(config());
    let who = key(0).address();
    let mut balances = vec![chain.balance(who)];
    for nonce in 0..5 {
        assert!(mine_one(&mut chain, &sign_1559(0, transfer(nonce))));
        balances.push(chain.balance(who));
    }
    for (number, balance) in (0..).zip(balances) {
        let then = chain.state.account_after(who, number);
        assert_eq!((then.balance, then.nonce), (balance, number));
    }
}

/// A random transaction of a random user: transfers, writes, reverts, and running out of gas.
fn any_tx() -> impl Strategy<Value = (u64, u8, u64, u64)> {
    (0..10_u64, 0..6_u8, 1..20_u64, 0..1_000_u64)
}

fn build(kind: u8, nonce: u64, fee: u64, value: u64) -> TxEip1559 {
    let mut tx = match kind {
        0 | 1 => {
            TxEip1559 { value: U256::from(value) * token() / U256::from(50), ..transfer(nonce) }
        }
        2 => call_tx(nonce, STORE, store_input(value, fee), 100_000),
        3 => call_tx(nonce, REVERTER, Bytes::from(vec![1; 40]), 60_000),
        4 => call_tx(nonce, BURNER, Bytes::new(), 100_000),
        _ => call_tx(nonce, FORWARDER, Bytes::new(), 400_000),
    };
    tx.max_fee_per_gas = u128::from(fee) * GWEI / 2;
    tx.max_priority_fee_per_gas = tx.max_fee_per_gas / 3;
    tx
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn supply_burnt_and_forgotten_are_constant(blocks in prop::collection::vec(
        prop::collection::vec(any_tx(), 0..12), 1..8,
    )) {
        // Old accounts are forgotten within the run, and with them what they hold.
        let (retain, dust) = (Retain::Blocks(1), token() * U256::from(5));
        let mut chain = Chain::new(ChainConfig { retain, dust, ..config() });
        let start = chain.supply();
        for txs in blocks {
            for (user, kind, fee, value) in txs {
                let nonce = chain.pending_nonce(key(user).address());
                // What the pool refuses is no matter here.
                let _taken = chain.submit_raw(&sign_1559(user, build(kind, nonce, fee, value)));
            }
            chain.produce_block(0);
            prop_assert_eq!(chain.supply() + chain.burnt() + chain.forgotten(), start);
            let mined = chain.newest().transactions.iter();
            let gas: u64 = mined.map(|mined| mined.gas_used).sum();
            prop_assert_eq!(gas, chain.newest().header.gas_used);
        }
    }
}
