//! The users' signed messages, encoded and signed without the crate that does so under load.

use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{Eip712Domain, SolCall, SolStruct, eip712_domain, sol};
use serde_json::Value;

use crate::contracts::PERMISSIONS;

sol! {
    struct Permission {
        address account;
        string key;
    }

    struct ServerFilesAndPermission {
        uint256 nonce;
        uint256 granteeId;
        string grant;
        string[] fileUrls;
        uint256[] schemaIds;
        address serverAddress;
        string serverUrl;
        string serverPublicKey;
        Permission[][] filePermissions;
    }

    function addServerFilesAndPermissions(ServerFilesAndPermission input, bytes signature)
        external
        returns (uint256);
}

pub(super) const SERVER: Address = address!("0x8f139a2F2c5a7e99B096c9Ca61AB3029D0386365");

/// What the recording's user signs, with another nonce.
pub(super) fn recorded_message(nonce: u64) -> ServerFilesAndPermission {
    let calldata = calldata_of("addServerFilesAndPermissions_flow_14800");
    let call = addServerFilesAndPermissionsCall::abi_decode(&calldata).unwrap();
    ServerFilesAndPermission { nonce: U256::from(nonce), ..call.input }
}

/// The account of this number in the mnemonic every dev chain knows: 1 is the user, 4 another.
pub(super) fn user(number: u8) -> PrivateKeySigner {
    let key = match number {
        1 => "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        4 => "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
        _ => panic!("no user {number}"),
    };
    key.parse().unwrap()
}

pub(super) fn sign(
    message: &ServerFilesAndPermission,
    chain_id: u64,
    signer: &PrivateKeySigner,
) -> Vec<u8> {
    let domain: Eip712Domain = eip712_domain! {
        name: "VanaDataPortabilityPermissions",
        version: "1",
        chain_id: chain_id,
        verifying_contract: PERMISSIONS,
    };
    let hash: B256 = message.eip712_signing_hash(&domain);
    signer.sign_hash_sync(&hash).unwrap().as_bytes().to_vec()
}

pub(super) fn calldata(message: ServerFilesAndPermission, signature: Vec<u8>) -> Bytes {
    let call = addServerFilesAndPermissionsCall { input: message, signature: signature.into() };
    call.abi_encode().into()
}

pub(super) fn signed_by_user(message: ServerFilesAndPermission) -> Bytes {
    let signature = sign(&message, 14_800, &user(1));
    calldata(message, signature)
}

/// The call data of an item of `06-calldata.json`.
pub(super) fn calldata_of(name: &str) -> Bytes {
    let vectors = vectors(include_str!("../../../../swell-vana/vectors/06-calldata.json"));
    let items = vectors["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["name"] == name).unwrap();
    octets(&item["calldata"])
}

pub(super) fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(super) fn octets(value: &Value) -> Bytes {
    value.as_str().unwrap().parse().unwrap()
}
