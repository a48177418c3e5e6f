//! Cryptography, and what contracts return.

use std::sync::LazyLock;

use alloy_primitives::{Address, B256, Log, LogData};
use alloy_sol_types::SolInterface;
use swell_vana::addresses::ContractAddresses;
use swell_vana::ecies as sealing;
use swell_vana::encryption::decrypt_file;
use swell_vana::permissions::contracts::DataPortabilityPermissions::{
    self, DataPortabilityPermissionsCalls,
};
use swell_vana::permissions::contracts::{
    DataPortabilityGrantees, DataPortabilityServers, DataRefinerRegistry,
};
use swell_vana::permissions::{
    PermissionDomain, ProtocolEvent, RevertReason, decode_return, parse_signature, permission_added,
};
use swell_vana::server::{ServerKey, ServerKeys};

/// An encrypted file.
pub fn openpgp(data: &[u8]) {
    let _opened = decrypt_file("password", data);
}

/// The key that opens what is sealed.
static KEY: LazyLock<ServerKey> = LazyLock::new(|| {
    const MNEMONIC: &str = "test test test test test test test test test test test junk";
    let keys = ServerKeys::from_mnemonic(MNEMONIC).expect("twelve words");
    keys.for_user(Address::ZERO).expect("an index")
});

/// A sealed password, as octets and as text.
pub fn ecies(data: &[u8]) {
    let _opened = sealing::decrypt(data, KEY.secret());
    if let Ok(text) = std::str::from_utf8(data) {
        let _opened = sealing::decrypt_hex(text, KEY.secret());
    }
}

/// Why a contract refused.
pub fn revert(data: &[u8]) {
    let reason = RevertReason::decode(data);
    let _said = (reason.name(), reason.to_string());
}

/// What a contract emitted: so many topics, each of 32 octets, and data.
pub fn event(data: &[u8]) {
    const CONTRACTS: ContractAddresses = ContractAddresses::CANONICAL;
    let Some(([emitter, topics], mut rest)) = data.split_first_chunk::<2>() else { return };
    let mut read = Vec::new();
    for _ in 0..topics % 5 {
        let Some((topic, more)) = rest.split_first_chunk::<32>() else { return };
        read.push(B256::from(*topic));
        rest = more;
    }
    let address = match emitter % 4 {
        0 => CONTRACTS.permissions,
        1 => CONTRACTS.servers,
        2 => CONTRACTS.registry,
        _ => CONTRACTS.grantees,
    };
    let Some(data) = LogData::new(read, rest.to_vec().into()) else { return };
    let log = Log { address, data };
    let _event = ProtocolEvent::decode(&log, &CONTRACTS);
    let _added = permission_added([&log], CONTRACTS.permissions);
}

/// A call with what a user signed.
pub fn calldata(data: &[u8]) {
    let Ok(call) = DataPortabilityPermissionsCalls::abi_decode(data) else { return };
    if let DataPortabilityPermissionsCalls::addServerFilesAndPermissions(call) = call {
        let domain = PermissionDomain::new(14_800, ContractAddresses::CANONICAL.permissions);
        let _who = domain.recover(&call.serverFilesAndPermissionInput, &call.signature);
    }
}

/// What contracts return, and a signature.
pub fn contract_return(data: &[u8]) {
    let _nonce = decode_return::<DataPortabilityPermissions::userNonceCall>(data);
    let _servers = decode_return::<DataPortabilityPermissions::dataPortabilityServersCall>(data);
    let _record = decode_return::<DataPortabilityPermissions::permissionsCall>(data);
    let _grantee = decode_return::<DataPortabilityGrantees::granteesV2Call>(data);
    let _whole = decode_return::<DataPortabilityGrantees::granteesCall>(data);
    let _server = decode_return::<DataPortabilityServers::serversCall>(data);
    let _schema = decode_return::<DataRefinerRegistry::schemasCall>(data);
    let _signature = parse_signature(data);
}
