//! The recorded outcomes of twenty calls, the surprising successes among them.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use serde_json::Value;

use super::evm::TestEvm;
use super::message::{
    ServerFilesAndPermission, calldata, calldata_of, octets, recorded_message, sign,
    signed_by_user, user, vectors,
};
use crate::contracts::{GRANTEES, PERMISSIONS, SERVERS};

/// The order of secp256k1's group.
const ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

/// A good message, changed and then signed.
fn with(change: impl FnOnce(&mut ServerFilesAndPermission)) -> Bytes {
    let mut message = recorded_message(1);
    change(&mut message);
    signed_by_user(message)
}

/// A message that was changed after it was signed.
fn tampered(nonce: u64) -> Bytes {
    let mut message = recorded_message(nonce);
    let signature = sign(&message, 14_800, &user(1));
    message.fileUrls = vec!["https://example.org/changed".to_owned()];
    calldata(message, signature)
}

/// A good message with its signature changed.
fn with_signature(change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Bytes {
    let message = recorded_message(1);
    let signature = change(sign(&message, 14_800, &user(1)));
    calldata(message, signature)
}

fn high_s(mut signature: Vec<u8>) -> Vec<u8> {
    let order: U256 = ORDER.parse().unwrap();
    let s = order - U256::from_be_slice(&signature[32..64]);
    signature[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    signature[64] = 55 - signature[64];
    signature
}

fn by_another_user() -> Bytes {
    let message = recorded_message(0);
    let signature = sign(&message, 14_800, &user(4));
    calldata(message, signature)
}

fn for_another_chain() -> Bytes {
    let message = recorded_message(1);
    let signature = sign(&message, 1_480, &user(1));
    calldata(message, signature)
}

/// The call an item of `08-reverts.json` names.
fn calldata_of_case(name: &str) -> Bytes {
    let unknown_server = Address::repeat_byte(0x77);
    match name {
        "replay_same_nonce" => calldata_of("addServerFilesAndPermissions_flow_14800"),
        "nonce_ahead" => with(|m| m.nonce = U256::from(5)),
        "ok" => with(|m| m.fileUrls = vec!["https://example.org/another".to_owned()]),
        "grantee_zero" => with(|m| m.granteeId = U256::ZERO),
        "grantee_unknown" => with(|m| m.granteeId = U256::from(2)),
        "empty_grant" => with(|m| m.grant.clear()),
        "schema_ids_length" => with(|m| m.schemaIds.clear()),
        "file_permissions_length" => with(|m| m.filePermissions.clear()),
        "file_url_owned_by_another" => by_another_user(),
        "same_url_same_owner" => with(|_| {}),
        "server_zero_address" => with(|m| m.serverAddress = Address::ZERO),
        "new_server_empty_url" => with(|m| {
            m.serverAddress = unknown_server;
            m.serverUrl.clear();
        }),
        "new_server_empty_public_key" => with(|m| {
            m.serverAddress = unknown_server;
            m.serverPublicKey.clear();
        }),
        "known_server_empty_url" => with(|m| m.serverUrl.clear()),
        "tampered_after_signing" => tampered(0),
        "tampered_after_signing_nonzero_nonce" => tampered(1),
        "wrong_chain_id" => for_another_chain(),
        "v_0_or_1" => with_signature(|mut signature| {
            signature[64] -= 27;
            signature
        }),
        "high_s" => with_signature(high_s),
        "compact_64_octets" => with_signature(|signature| signature[..64].to_vec()),
        _ => panic!("a recorded outcome without a call: {name}"),
    }
}

fn assert_outcome(evm: &mut TestEvm, item: &Value) {
    let name = item["name"].as_str().unwrap();
    let data = calldata_of_case(name);
    let result = evm.call(PERMISSIONS, data.clone());
    let output = result.output().cloned().unwrap_or_default();
    if item["reverts"] == false {
        assert!(result.is_success(), "{name}: {result:?}");
        assert_eq!(output, octets(&item["returndata"]), "{name}");
        return;
    }
    assert!(!result.is_success(), "{name} succeeded");
    let expected = octets(&item["revert_data"]);
    if name == "high_s" {
        // Its argument is the s that was sent, which depends on the message.
        assert_eq!(output[..4], expected[..4], "{name}");
        assert!(data.windows(32).any(|octets| octets == &output[4..]), "{name}");
    } else {
        assert_eq!(output, expected, "{name}");
    }
}

#[test]
fn outcomes_equal_the_recording() {
    let mut evm = TestEvm::new();
    let first = calldata_of("addServerFilesAndPermissions_flow_14800");
    assert!(evm.send(PERMISSIONS, first, U256::ZERO).is_success());
    let recording = vectors(include_str!("../../../../swell-vana/vectors/08-reverts.json"));
    let items = recording["items"].as_array().unwrap();
    assert_eq!(items.len(), 20);
    for item in items {
        assert_outcome(&mut evm, item);
    }
}

#[test]
fn an_unknown_schema_is_refused() {
    let data = with(|m| {
        m.nonce = U256::ZERO;
        m.schemaIds = vec![U256::from(42)];
    });
    let output = TestEvm::new().call(PERMISSIONS, data).into_output().unwrap();
    assert_eq!(output[..4], [0xeb, 0xa6, 0xc7, 0x7a]);
    assert_eq!(output[35], 42);
}

#[test]
fn a_registered_schema_is_taken() {
    let data = with(|m| {
        m.nonce = U256::ZERO;
        m.schemaIds = vec![U256::ONE];
    });
    assert!(TestEvm::new().call(PERMISSIONS, data).is_success());
}

sol! {
    function trustServerByManager(address user, uint256 serverId) external;
    function addPermissionToGrantee(uint256 granteeId, uint256 permissionId) external;
}

#[test]
fn nobody_but_the_permissions_contract_manages_servers_and_grantees() {
    let one = U256::from(1);
    let trust = trustServerByManagerCall { user: Address::repeat_byte(1), serverId: one };
    let grant = addPermissionToGranteeCall { granteeId: one, permissionId: one };
    for (to, data) in [(SERVERS, trust.abi_encode()), (GRANTEES, grant.abi_encode())] {
        let output = TestEvm::new().call(to, data.into()).into_output().unwrap();
        assert_eq!(output[..4], [0xe2, 0x51, 0x7d, 0x3f]);
    }
}
