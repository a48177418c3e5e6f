//! What is old is forgotten, what is written again is kept, and memory stays flat.

use std::collections::BTreeMap;

use alloy_consensus::TxEip1559;
use alloy_primitives::{TxKind, U256};

use super::{
    GWEI, STORE, STORE_CODE, call_tx, config, key, mine_one, sign_1559, store_input, transfer,
};
use crate::chain::config::{ChainConfig, GenesisAccount, Retain};
use crate::chain::machine::{Chain, ChainSizes};

/// A chain that remembers four blocks; slot 7 of the store is named in genesis.
fn forgetful() -> Chain {
    let mut config = ChainConfig { retain: Retain::Blocks(4), ..config() };
    config.accounts.retain(|account| account.address != STORE);
    config.accounts.push(GenesisAccount {
        address: STORE,
        code: STORE_CODE,
        storage: BTreeMap::from([(U256::from(7), U256::ZERO)]),
        ..GenesisAccount::default()
    });
    Chain::new(config)
}

fn store(chain: &mut Chain, slot: u64, value: u64) {
    let nonce = chain.nonce(key(0).address());
    let raw = sign_1559(0, call_tx(nonce, STORE, store_input(slot, value), 100_000));
    assert!(mine_one(chain, &raw));
}

fn pass_blocks(chain: &mut Chain, count: u64) {
    for _ in 0..count {
        chain.produce_block(0);
    }
}

#[test]
fn slots_not_written_again_are_forgotten() {
    let mut chain = forgetful();
    let slot = |chain: &Chain, slot: u64| chain.storage(STORE, U256::from(slot));
    store(&mut chain, 1, 11);
    store(&mut chain, 2, 22);
    store(&mut chain, 7, 77);
    pass_blocks(&mut chain, 1);
    assert_eq!(slot(&chain, 1), U256::from(11));
    store(&mut chain, 2, 23);
    assert_eq!(slot(&chain, 1), U256::ZERO);
    pass_blocks(&mut chain, 3);
    assert_eq!(slot(&chain, 2), U256::from(23));
    pass_blocks(&mut chain, 1);
    assert_eq!(slot(&chain, 2), U256::ZERO);
    assert_eq!(slot(&chain, 7), U256::from(77));
}

#[test]
fn a_contract_deployed_later_keeps_its_storage() {
    let mut chain = forgetful();
    // Returns the store's code, which stands behind these ten octets.
    let mut input = alloy_primitives::hex!("600c600a5f39600c5ff3").to_vec();
    input.extend_from_slice(&STORE_CODE);
    let deploy =
        TxEip1559 { to: TxKind::Create, input: input.into(), gas_limit: 200_000, ..transfer(0) };
    assert!(mine_one(&mut chain, &sign_1559(0, deploy)));
    let deployed = chain.newest().transactions[0].deployed.unwrap();
    assert_eq!(chain.code(deployed), STORE_CODE);
    let write = call_tx(1, deployed, store_input(1, 5), 100_000);
    assert!(mine_one(&mut chain, &sign_1559(0, write)));
    pass_blocks(&mut chain, 9);
    assert_eq!(chain.storage(deployed, U256::ONE), U256::from(5));
}

#[test]
fn emptied_accounts_are_forgotten_and_holders_are_not() {
    let mut chain = forgetful();
    let (spender, holder) = (key(50), key(51));
    chain.pin_base_fee(Some(GWEI as u64));
    let cost = U256::from(21_000 * 2 * GWEI);
    let fund = TxEip1559 { to: TxKind::Call(spender.address()), value: cost, ..transfer(0) };
    assert!(mine_one(&mut chain, &sign_1559(0, fund)));
    let fund = TxEip1559 { to: TxKind::Call(holder.address()), value: cost, ..transfer(1) };
    assert!(mine_one(&mut chain, &sign_1559(0, fund)));
    let spend = TxEip1559 { max_fee_per_gas: 2 * GWEI, ..transfer(0) };
    assert!(mine_one(&mut chain, &sign_1559(50, spend)));
    assert_eq!(chain.balance(spender.address()), U256::ZERO);
    let accounts = chain.sizes().accounts;
    pass_blocks(&mut chain, 3);
    assert_eq!((chain.sizes().accounts, chain.nonce(spender.address())), (accounts, 1));
    pass_blocks(&mut chain, 1);
    assert_eq!((chain.sizes().accounts, chain.nonce(spender.address())), (accounts - 1, 0));
    assert_eq!(chain.balance(holder.address()), cost);
}

#[test]
fn what_forgotten_dust_held_is_counted() {
    let (retain, dust) = (Retain::Blocks(1), U256::from(10));
    let mut chain = Chain::new(ChainConfig { retain, dust, ..config() });
    for (nonce, value) in [(0, 10), (1, 11)] {
        let to = TxKind::Call(key(60 + nonce).address());
        let fund = TxEip1559 { to, value: U256::from(value), ..transfer(nonce) };
        assert!(mine_one(&mut chain, &sign_1559(0, fund)));
    }
    pass_blocks(&mut chain, 3);
    assert_eq!(chain.forgotten(), U256::from(10));
    assert_eq!(chain.balance(key(60).address()), U256::ZERO);
    assert_eq!(chain.balance(key(61).address()), U256::from(11));
}

#[test]
fn memory_is_flat_however_many_users_come() {
    let mut chain = forgetful();
    chain.pin_base_fee(Some(GWEI as u64));
    let mut sizes = Vec::new();
    for round in 0..30_u64 {
        for user in 0..10 {
            let slot = round * 10 + user + 100;
            let nonce = chain.nonce(key(user).address());
            let write = call_tx(nonce, STORE, store_input(slot, 1), 100_000);
            chain.submit_raw(&sign_1559(user, write)).unwrap();
        }
        chain.produce_block(0);
        sizes.push(chain.sizes());
    }
    let steady = ChainSizes { blocks: 4, transactions: 40, slots: 41, pooled: 0, ..sizes[29] };
    assert_eq!(sizes[29], steady);
    assert!(sizes[6..].iter().all(|&size| size == steady));
}

#[test]
fn genesis_can_be_read_for_ever() {
    let mut chain = forgetful();
    let genesis = chain.newest().hash;
    pass_blocks(&mut chain, 10);
    assert_eq!(chain.archive.by_number(0).unwrap().hash, genesis);
    assert_eq!(chain.archive.by_hash(genesis).unwrap().hash, genesis);
    assert!(chain.archive.by_number(6).is_none());
    assert!(chain.archive.by_number(7).is_some());
}

#[test]
fn with_retain_all_nothing_is_forgotten() {
    let mut chain = Chain::new(ChainConfig { retain: Retain::All, ..config() });
    store(&mut chain, 1, 11);
    pass_blocks(&mut chain, 300);
    assert_eq!(chain.storage(STORE, U256::ONE), U256::from(11));
    assert_eq!(chain.archive.by_number(1).unwrap().transactions.len(), 1);
}
