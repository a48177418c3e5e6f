//! One recorded transaction, and what could be read before and after it.

use alloy_primitives::{Address, B256, Bytes, U256, b256, keccak256};
use revm::context::result::ExecutionResult;
use serde_json::{Value, json};

use super::evm::TestEvm;
use super::message::{calldata_of, octets, recorded_message, signed_by_user, vectors};
use crate::contracts::{GRANTEES, PERMISSIONS, REGISTRY, SERVERS};

const SERVER_TRUSTED: B256 =
    b256!("0x87c4ec2c999f8f02975055f9b959c97108d5a6ab8742d9e2c8a94e9f46fda0ef");
const PERMISSION_GRANTED: B256 =
    b256!("0x6e0403ef2b13328247bf9260ad8dd9c18fb5a18b95ea25de817ca991da05929b");
const PERMISSION_ADDED: B256 =
    b256!("0x2cff87230608e71ec991ee7212c0cc861c08b275ecc30716cdc7681cc0fdc288");

fn recording() -> Value {
    vectors(include_str!("../../../../swell-vana/vectors/07-execution.json"))
}

fn send_recorded(evm: &mut TestEvm) -> ExecutionResult {
    let calldata = calldata_of("addServerFilesAndPermissions_flow_14800");
    let result = evm.send(PERMISSIONS, calldata, U256::ZERO);
    assert!(result.is_success(), "{result:?}");
    result
}

fn assert_views(evm: &mut TestEvm, views: &Value) {
    for view in views.as_array().unwrap() {
        let to: Address = view["to"].as_str().unwrap().parse().unwrap();
        let result = evm.call(to, octets(&view["calldata"]));
        let expected = octets(&view["returndata"]);
        assert_eq!(result.output(), Some(&expected), "{}", view["call"]);
    }
}

#[test]
fn logs_of_a_first_call_equal_the_recording_in_order() {
    let result = send_recorded(&mut TestEvm::new());
    let recording = recording();
    let expected = recording["logs"].as_array().unwrap();
    assert_eq!(result.logs().len(), expected.len());
    for (log, expected) in result.logs().iter().zip(expected) {
        let topics: Vec<String> = log.topics().iter().map(ToString::to_string).collect();
        assert_eq!(log.address.to_string().to_lowercase(), expected["address"].as_str().unwrap());
        assert_eq!(json!(topics), expected["topics"], "{}", expected["event"]);
        assert_eq!(log.data.data, octets(&expected["data"]), "{}", expected["event"]);
    }
}

#[test]
fn views_equal_the_recording_before_and_after() {
    let mut evm = TestEvm::new();
    let recording = recording();
    assert_views(&mut evm, &recording["views_before"]);
    send_recorded(&mut evm);
    assert_views(&mut evm, &recording["views_after"]);
}

#[test]
fn a_known_server_and_file_are_neither_registered_again_nor_announced() {
    let mut evm = TestEvm::new();
    send_recorded(&mut evm);
    let result = evm.send(PERMISSIONS, signed_by_user(recorded_message(1)), U256::ZERO);
    let seen: Vec<(Address, B256)> =
        result.logs().iter().map(|log| (log.address, log.topics()[0])).collect();
    let expected = [
        (SERVERS, SERVER_TRUSTED),
        (REGISTRY, PERMISSION_GRANTED),
        (PERMISSIONS, PERMISSION_ADDED),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn every_permission_of_a_grantee_is_listed_at_growing_cost() {
    let mut evm = TestEvm::new();
    let cost = |evm: &mut TestEvm| evm.call(GRANTEES, calldata_of("grantees")).tx_gas_used();
    send_recorded(&mut evm);
    let first = cost(&mut evm);
    for nonce in 1..=10 {
        let data = signed_by_user(recorded_message(nonce));
        assert!(evm.send(PERMISSIONS, data, U256::ZERO).is_success());
    }
    let per_permission = (cost(&mut evm) - first) / 10;
    assert!((2_100..2_500).contains(&per_permission), "{per_permission}");
    let listed = evm.call(GRANTEES, calldata_of("grantees")).into_output().unwrap();
    let ids: Vec<u8> = listed.chunks(32).rev().take(11).map(|word| word[31]).collect();
    assert_eq!(ids, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
}

#[test]
fn the_permissions_contract_names_the_servers_contract() {
    let getter = Bytes::copy_from_slice(&keccak256("dataPortabilityServers()")[..4]);
    let output = TestEvm::new().call(PERMISSIONS, getter).into_output().unwrap();
    assert_eq!(output[12..], SERVERS[..]);
}
