//! The data portability contracts, as accounts that exist from genesis.
//!
//! They are our own Solidity (`contracts/` beside `src/`) with the behaviour of the originals: the
//! same functions, events, errors, order of checks, and gas within a fifth. They sit at the
//! originals' addresses and know each other by them, so neither a constructor nor a set-up
//! transaction is needed: a chain of our own takes them as genesis, anvil through
//! `anvil_setCode` and `anvil_setStorageAt`.

use crate::config::IN_PROCESS_URL;
use crate::schema;
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};

#[cfg(test)]
mod tests;

/// `DataPortabilityPermissions`.
pub const PERMISSIONS: Address = address!("0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF");
/// `DataPortabilityGrantees`.
pub const GRANTEES: Address = address!("0x8325C0A0948483EdA023A1A2Fd895e62C5131234");
/// `DataPortabilityServers`.
pub const SERVERS: Address = address!("0x1483B1F634DBA75AeaE60da7f01A679aabd5ee2c");
/// `DataRegistry`.
pub const REGISTRY: Address = address!("0x8C8788f98385F6ba1adD4234e551ABba0f82Cb7C");
/// `DataRefinerRegistry`, which knows schemas.
pub const SCHEMAS: Address = address!("0x93c3EF89369fDcf08Be159D9DeF0F18AB6Be008c");
/// `Multicall3`; not at the address where most chains have it.
pub const MULTICALL: Address = address!("0xD8d2dFca27E8797fd779F8547166A2d3B29d360E");

const PERMISSIONS_HEX: &str = include_str!("../contracts/bytecode/DataPortabilityPermissions.hex");
const GRANTEES_HEX: &str = include_str!("../contracts/bytecode/DataPortabilityGrantees.hex");
const SERVERS_HEX: &str = include_str!("../contracts/bytecode/DataPortabilityServers.hex");
const REGISTRY_HEX: &str = include_str!("../contracts/bytecode/DataRegistry.hex");
const SCHEMAS_HEX: &str = include_str!("../contracts/bytecode/DataRefinerRegistry.hex");
const MULTICALL_HEX: &str = include_str!("../contracts/bytecode/Multicall3.hex");

/// Every counter (permissions, servers, files, grantees) is the first slot of its contract.
const COUNTER: U256 = U256::ZERO;
/// `_grantees` in `DataPortabilityGrantees.sol`.
const GRANTEES_SLOT: U256 = U256::from_limbs([1, 0, 0, 0]);
/// `granteeAddressToId` in `DataPortabilityGrantees.sol`.
const GRANTEE_ID_BY_ADDRESS_SLOT: U256 = U256::from_limbs([2, 0, 0, 0]);

/// `_schemas` in `DataRefinerRegistry.sol`.
const SCHEMAS_SLOT: U256 = U256::from_limbs([1, 0, 0, 0]);

/// A contract that exists from genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisContract {
    /// Where it is.
    pub address: Address,
    /// Its runtime code.
    pub code: Bytes,
    /// Its storage. Counters are named even while they are zero: a chain that forgets old state
    /// keeps what genesis names, and an id must never be given out twice.
    pub storage: Vec<(U256, U256)>,
}

/// The six contracts, with the application registered as grantee 1, and schema 1 defined where a
/// sandbox in the same process serves it.
///
/// `public_key` is the text `grantees(1)` returns; nothing in the protocol reads it.
#[must_use]
pub fn genesis_accounts(application: Address, public_key: &str) -> Vec<GenesisContract> {
    genesis_accounts_at(IN_PROCESS_URL, application, public_key)
}

/// [`genesis_accounts`] of a sandbox that is reached at `base_url`.
#[must_use]
pub fn genesis_accounts_at(
    base_url: &str,
    application: Address,
    public_key: &str,
) -> Vec<GenesisContract> {
    let counter = vec![(COUNTER, U256::ZERO)];
    vec![
        contract(PERMISSIONS, PERMISSIONS_HEX, counter.clone()),
        contract(GRANTEES, GRANTEES_HEX, grantees_storage(application, public_key)),
        contract(SERVERS, SERVERS_HEX, counter.clone()),
        contract(REGISTRY, REGISTRY_HEX, counter),
        contract(SCHEMAS, SCHEMAS_HEX, schemas_storage(&schema::url(base_url))),
        contract(MULTICALL, MULTICALL_HEX, Vec::new()),
    ]
}

fn contract(address: Address, code_hex: &str, storage: Vec<(U256, U256)>) -> GenesisContract {
    let code = hex::decode(code_hex.trim_end()).expect("committed bytecode is hex");
    GenesisContract { address, code: code.into(), storage }
}

/// What `registerGrantee(application, application, public_key)` would leave as its first call.
fn grantees_storage(application: Address, public_key: &str) -> Vec<(U256, U256)> {
    let one = U256::from(1);
    let grantee = mapping_slot(one, GRANTEES_SLOT);
    let mut storage = vec![
        (COUNTER, one),
        (grantee, word(application)),
        (grantee + one, word(application)),
        (grantee + U256::from(3), U256::ZERO), // The number of its permissions, a counter too.
        (mapping_slot(word(application), GRANTEE_ID_BY_ADDRESS_SLOT), one),
    ];
    storage.extend(text_storage(grantee + U256::from(2), public_key));
    storage
}

/// What `addSchema(NAME, DIALECT, definition_url)` would leave as its first call.
fn schemas_storage(definition_url: &str) -> Vec<(U256, U256)> {
    let one = U256::from(1);
    let mut storage = vec![(COUNTER, one)];
    let mut slot = mapping_slot(one, SCHEMAS_SLOT);
    for text in [schema::NAME, schema::DIALECT, definition_url] {
        storage.extend(text_storage(slot, text));
        slot += one;
    }
    storage
}

fn word(address: Address) -> U256 {
    address.into_word().into()
}

/// Where Solidity keeps the value of `key` in the mapping at `slot`.
fn mapping_slot(key: U256, slot: U256) -> U256 {
    let place = [B256::from(key), B256::from(slot)].concat();
    keccak256(place).into()
}

/// A string as Solidity stores it at `slot`: up to 31 octets with twice the length in the last
/// octet; a longer one elsewhere, and twice the length plus one here.
fn text_storage(slot: U256, text: &str) -> Vec<(U256, U256)> {
    let length = U256::from(text.len());
    if text.len() < 32 {
        return vec![(slot, left_aligned(text.as_bytes()) | (length << 1))];
    }
    let data: U256 = keccak256(B256::from(slot)).into();
    let words = text.as_bytes().chunks(32).zip(0u64..);
    let mut storage = vec![(slot, (length << 1) | U256::from(1))];
    storage.extend(words.map(|(chunk, index)| (data + U256::from(index), left_aligned(chunk))));
    storage
}

fn left_aligned(octets: &[u8]) -> U256 {
    B256::right_padding_from(octets).into()
}
