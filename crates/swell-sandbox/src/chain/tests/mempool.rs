//! What the mempool takes, keeps, refuses and hands out.

use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Bytes, TxKind, U256};

use super::{GWEI, config, key, sign_1559, sign_legacy, token, transfer};
use crate::chain::config::{ChainConfig, PoolLimits};
use crate::chain::machine::Chain;
use crate::chain::pool_error::PoolError;

fn fees(nonce: u64, cap: u128, tip: u128) -> TxEip1559 {
    TxEip1559 { max_fee_per_gas: cap, max_priority_fee_per_gas: tip, ..transfer(nonce) }
}

fn mined_nonces(chain: &Chain) -> Vec<u64> {
    use alloy_consensus::Transaction;
    chain.newest().transactions.iter().map(|mined| mined.tx.nonce()).collect()
}

#[test]
fn a_gap_waits_until_it_is_filled() {
    let mut chain = Chain::new(config());
    chain.submit_raw(&sign_1559(0, transfer(0))).unwrap();
    chain.submit_raw(&sign_1559(0, transfer(2))).unwrap();
    assert_eq!(chain.pool.counts(), (1, 1));
    assert_eq!(chain.pending_nonce(key(0).address()), 1);

    chain.produce_block(1);
    assert_eq!(mined_nonces(&chain), [0]);
    assert_eq!(chain.pool.counts(), (0, 1));

    chain.submit_raw(&sign_1559(0, transfer(1))).unwrap();
    assert_eq!(chain.pending_nonce(key(0).address()), 3);
    chain.produce_block(2);
    assert_eq!(mined_nonces(&chain), [1, 2]);
    assert_eq!(chain.pool.counts(), (0, 0));
}

#[test]
fn a_used_nonce_is_too_low() {
    let mut chain = Chain::new(config());
    chain.submit_raw(&sign_1559(0, transfer(0))).unwrap();
    chain.produce_block(1);
    let again = chain.submit_raw(&sign_1559(0, fees(0, 20 * GWEI, GWEI)));
    assert_eq!(again, Err(PoolError::NonceTooLow { next: 1, nonce: 0 }));
    assert_eq!(again.unwrap_err().to_string(), "nonce too low: next nonce 1, tx nonce 0");
}

#[test]
fn a_replacement_needs_ten_percent_more_on_both_fees() {
    let mut chain = Chain::new(config());
    let first = sign_1559(0, fees(0, 10 * GWEI, GWEI));
    chain.submit_raw(&first).unwrap();
    assert_eq!(chain.submit_raw(&first), Err(PoolError::AlreadyKnown));
    let refused = [
        fees(0, 10 * GWEI, GWEI * 11 / 10),
        fees(0, 11 * GWEI, GWEI),
        fees(0, 11 * GWEI, GWEI * 11 / 10 - 1),
        fees(0, 11 * GWEI - 1, GWEI * 11 / 10),
    ];
    for tx in refused {
        assert_eq!(chain.submit_raw(&sign_1559(0, tx)), Err(PoolError::ReplacementUnderpriced));
    }
    let second = chain.submit_raw(&sign_1559(0, fees(0, 11 * GWEI, GWEI * 11 / 10))).unwrap();
    assert_eq!(chain.pool.len(), 1);
    chain.produce_block(1);
    assert_eq!(chain.newest().transactions[0].hash(), second);
}

#[test]
fn limits_hold_per_sender_and_in_all() {
    let pool = PoolLimits {
        executable_per_sender_max: 2,
        queued_per_sender_max: 1,
        total_max: 4,
        tip_min: 0,
    };
    let mut chain = Chain::new(ChainConfig { pool, ..config() });
    chain.submit_raw(&sign_1559(0, transfer(0))).unwrap();
    chain.submit_raw(&sign_1559(0, transfer(1))).unwrap();
    assert_eq!(chain.submit_raw(&sign_1559(0, transfer(2))), Err(PoolError::AccountLimit));
    chain.submit_raw(&sign_1559(0, transfer(5))).unwrap();
    assert_eq!(chain.submit_raw(&sign_1559(0, transfer(7))), Err(PoolError::AccountLimit));
    chain.submit_raw(&sign_1559(1, transfer(0))).unwrap();
    assert_eq!(chain.submit_raw(&sign_1559(2, transfer(1))), Err(PoolError::Full));
    // What could be mined takes the place of what could not.
    chain.submit_raw(&sign_1559(2, transfer(0))).unwrap();
    assert_eq!(chain.pool.counts(), (4, 0));
    assert_eq!(chain.submit_raw(&sign_1559(3, transfer(0))), Err(PoolError::Full));
    // A replacement needs no room.
    chain.submit_raw(&sign_1559(1, fees(0, 20 * GWEI, 2 * GWEI))).unwrap();
}

#[test]
fn the_worst_case_of_all_that_waits_must_be_covered() {
    let mut chain = Chain::new(config());
    let half = TxEip1559 { value: token() * U256::from(60), ..transfer(0) };
    chain.submit_raw(&sign_1559(0, half.clone())).unwrap();
    let refused = chain.submit_raw(&sign_1559(0, TxEip1559 { nonce: 1, ..half }));
    let error = refused.unwrap_err();
    assert!(matches!(error, PoolError::InsufficientFunds { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("insufficient funds for gas * price + value: balance"), "{text}");
}

#[test]
fn a_gap_can_be_filled_with_what_a_later_transaction_would_spend() {
    let mut chain = Chain::new(config());
    let most = TxEip1559 { value: token() * U256::from(60), ..transfer(0) };
    chain.submit_raw(&sign_1559(0, TxEip1559 { nonce: 1, ..most.clone() })).unwrap();
    chain.submit_raw(&sign_1559(0, most)).unwrap();
    chain.produce_block(1);
    assert_eq!(mined_nonces(&chain), [0]);
    assert_eq!(chain.pool.counts(), (0, 0), "what can no longer be paid does not wait for ever");
}

#[test]
fn blocks_take_the_best_tip_first_then_the_earliest() {
    let mut chain = Chain::new(config());
    chain.submit_raw(&sign_1559(0, fees(0, 10 * GWEI, GWEI))).unwrap();
    chain.submit_raw(&sign_1559(1, fees(0, 10 * GWEI, GWEI))).unwrap();
    chain.submit_raw(&sign_1559(2, fees(0, 10 * GWEI, 3 * GWEI))).unwrap();
    // Behind its own nonce 0, however much it offers.
    chain.submit_raw(&sign_1559(1, fees(1, 100 * GWEI, 50 * GWEI))).unwrap();
    chain.produce_block(1);
    let senders: Vec<_> = chain.newest().transactions.iter().map(|mined| mined.sender).collect();
    assert_eq!(senders, [2, 0, 1, 1].map(|user| key(user).address()));
}

#[test]
fn transactions_under_the_base_fee_wait_for_it_to_fall() {
    let mut chain = Chain::new(config());
    chain.set_next_base_fee(5 * GWEI as u64);
    chain.submit_raw(&sign_1559(0, fees(0, 2 * GWEI, 1))).unwrap();
    chain.produce_block(1);
    assert!(chain.newest().transactions.is_empty());
    chain.set_next_base_fee(GWEI as u64);
    chain.produce_block(2);
    assert_eq!(mined_nonces(&chain), [0]);
}

#[test]
fn what_does_not_fit_waits_for_the_next_block() {
    let mut chain = Chain::new(ChainConfig { gas_limit: 50_000, ..config() });
    for user in 0..3 {
        chain.submit_raw(&sign_1559(user, transfer(0))).unwrap();
    }
    chain.produce_block(1);
    assert_eq!(chain.newest().transactions.len(), 2);
    chain.produce_block(2);
    assert_eq!(chain.newest().transactions.len(), 1);
}

#[test]
fn malformed_and_foreign_transactions_are_refused_in_geths_words() {
    let mut chain = Chain::new(config());
    let cases = [
        (TxEip1559 { chain_id: 1, ..transfer(0) }, "invalid sender: invalid chain id for signer"),
        (TxEip1559 { gas_limit: 20_999, ..transfer(0) }, "intrinsic gas too low"),
        (TxEip1559 { gas_limit: 16_777_217, ..transfer(0) }, "transaction gas limit too high"),
        (fees(0, GWEI, 2 * GWEI), "max priority fee per gas higher than max fee per gas"),
        (
            TxEip1559 { input: Bytes::from(vec![1; 140_000]), gas_limit: 9_000_000, ..transfer(0) },
            "oversized data",
        ),
        (
            TxEip1559 { input: Bytes::from(vec![1; 1_000]), gas_limit: 40_000, ..transfer(0) },
            "insufficient gas for floor data gas cost",
        ),
        (
            TxEip1559 {
                to: TxKind::Create,
                input: Bytes::from(vec![1; 50_000]),
                gas_limit: 9_000_000,
                ..transfer(0)
            },
            "max initcode size exceeded",
        ),
    ];
    for (tx, start) in cases {
        let error = chain.submit_raw(&sign_1559(0, tx)).unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }
    let unprotected = TxLegacy { gas_limit: 21_000, ..TxLegacy::default() };
    assert_eq!(chain.submit_raw(&sign_legacy(0, unprotected)), Err(PoolError::Unprotected));
    assert!(matches!(chain.submit_raw(&[2, 0xc0]), Err(PoolError::Undecodable(_))));

    let mut small = Chain::new(ChainConfig { gas_limit: 100_000, ..config() });
    let greedy = TxEip1559 { gas_limit: 100_001, ..transfer(0) };
    assert_eq!(small.submit_raw(&sign_1559(0, greedy)), Err(PoolError::ExceedsBlockGasLimit));
}
