//! Tests of the whole chain, and what they share.

mod estimates;
mod fees;
mod forgetting;
mod mempool;
mod money;
mod pace;
mod reorgs;
mod rpc;
mod socket;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, bytes};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;

use super::config::{ChainConfig, GenesisAccount};
use super::machine::Chain;

pub(super) const CHAIN_ID: u64 = 14_800;
pub(super) const GWEI: u128 = 1_000_000_000;
pub(super) const GENESIS_UNIX: u64 = 1_767_225_600;
pub(super) const STORE: Address = address!("00000000000000000000000000000000000000a1");
pub(super) const REVERTER: Address = address!("00000000000000000000000000000000000000a2");
pub(super) const BURNER: Address = address!("00000000000000000000000000000000000000a3");
pub(super) const FORWARDER: Address = address!("00000000000000000000000000000000000000a4");
pub(super) const CLOCK: Address = address!("00000000000000000000000000000000000000a5");

/// Writes its second word to the slot of its first, and logs the slot as a topic.
pub(super) const STORE_CODE: Bytes = bytes!("6020355f35555f355f5fa100");
/// Reverts with its call data.
const REVERTER_CODE: Bytes = bytes!("365f5f37365ffd");
/// Writes 1 to ten slots.
const BURNER_CODE: Bytes = bytes!(
    "600160005560016001556001600255600160035560016004556001600555600160065560016007556001600855600160095500"
);
/// Hands all gas to the burner, and reverts if that fails.
const FORWARDER_CODE: Bytes =
    bytes!("5f5f5f5f5f7300000000000000000000000000000000000000a35af115602157005b5f5ffd");
/// Writes the number of the block to slot 0.
const CLOCK_CODE: Bytes = bytes!("435f5500");

/// One whole token, in wei.
pub(super) fn token() -> U256 {
    U256::from(10).pow(U256::from(18))
}

/// The key of test user `index`.
pub(super) fn key(index: u64) -> PrivateKeySigner {
    let secret = B256::from(U256::from(0xbeef_0000 + index + 1));
    PrivateKeySigner::from_bytes(&secret).unwrap()
}

/// A chain on which users 0 to 9 hold 100 tokens each, with the test contracts.
pub(super) fn config() -> ChainConfig {
    let users = (0..10).map(|index| GenesisAccount {
        address: key(index).address(),
        balance: token() * U256::from(100),
        ..GenesisAccount::default()
    });
    let codes = [
        (STORE, STORE_CODE),
        (REVERTER, REVERTER_CODE),
        (BURNER, BURNER_CODE),
        (FORWARDER, FORWARDER_CODE),
        (CLOCK, CLOCK_CODE),
    ];
    let contracts =
        codes.map(|(address, code)| GenesisAccount { address, code, ..GenesisAccount::default() });
    let accounts = users.chain(contracts).collect();
    ChainConfig {
        accounts,
        gas_limit: 30_000_000,
        genesis_unix: GENESIS_UNIX,
        ..ChainConfig::default()
    }
}

/// A transfer of nothing to [`STORE`]'s neighbour, to be changed with struct update syntax.
pub(super) fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 10 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(address!("00000000000000000000000000000000000000b0")),
        ..TxEip1559::default()
    }
}

/// A call of `to`.
pub(super) fn call_tx(nonce: u64, to: Address, input: Bytes, gas_limit: u64) -> TxEip1559 {
    TxEip1559 { to: TxKind::Call(to), input, gas_limit, ..transfer(nonce) }
}

/// Call data for [`STORE`].
pub(super) fn store_input(slot: u64, value: u64) -> Bytes {
    [U256::from(slot).to_be_bytes::<32>(), U256::from(value).to_be_bytes::<32>()].concat().into()
}

pub(super) fn sign_1559(user: u64, tx: TxEip1559) -> Vec<u8> {
    let signature = key(user).sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
}

pub(super) fn sign_2930(user: u64, tx: TxEip2930) -> Vec<u8> {
    let signature = key(user).sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
}

pub(super) fn sign_legacy(user: u64, tx: TxLegacy) -> Vec<u8> {
    let signature = key(user).sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
}

/// Submits, makes a block, and says whether the transaction succeeded.
pub(super) fn mine_one(chain: &mut Chain, raw: &[u8]) -> bool {
    let hash = chain.submit_raw(raw).unwrap();
    let unix = chain.head().timestamp + 1;
    chain.produce_block(unix);
    let block = chain.newest();
    block.transactions.iter().find(|mined| mined.hash() == hash).unwrap().succeeded()
}
