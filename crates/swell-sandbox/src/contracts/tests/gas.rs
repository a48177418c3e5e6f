//! Gas, against measurements of the original contracts.

use alloy_primitives::{Address, U256};

use super::evm::TestEvm;
use super::message::{
    Permission, SERVER, ServerFilesAndPermission, calldata, recorded_message, sign, signed_by_user,
    user,
};
use crate::contracts::PERMISSIONS;

/// Length of the file's URL and of the grant's, and the gas of the originals.
const MEASURED: [(usize, u64); 4] =
    [(60, 1_510_000), (240, 1_790_000), (578, 2_300_000), (859, 2_670_000)];
/// What the second call of the same user uses less.
const SECOND_CALL_LESS: u64 = 350_000;

fn url(length: usize, last: char) -> String {
    format!("{:x<width$}{last}", "https://", width = length - 1)
}

fn message(url_length: usize, nonce: u64) -> ServerFilesAndPermission {
    let last = if nonce == 0 { 'a' } else { 'b' };
    ServerFilesAndPermission {
        grant: url(url_length, last),
        fileUrls: vec![url(url_length, last)],
        ..recorded_message(nonce)
    }
}

/// A chain on which another user, with a server of its own, came first: its counters count.
fn used_chain() -> TestEvm {
    let mut evm = TestEvm::new();
    let other = ServerFilesAndPermission {
        serverAddress: Address::repeat_byte(0x77),
        fileUrls: vec![url(60, 'z')],
        ..recorded_message(0)
    };
    let signature = sign(&other, 14_800, &user(4));
    let result = evm.send(PERMISSIONS, calldata(other, signature), U256::ZERO);
    assert!(result.is_success(), "{result:?}");
    evm
}

fn gas(evm: &mut TestEvm, message: ServerFilesAndPermission) -> u64 {
    let result = evm.send(PERMISSIONS, signed_by_user(message), U256::ZERO);
    assert!(result.is_success(), "{result:?}");
    result.tx_gas_used()
}

#[test]
fn a_first_call_uses_within_a_fifth_of_what_the_originals_use() {
    for (url_length, expected) in MEASURED {
        let used = gas(&mut used_chain(), message(url_length, 0));
        let off_by = used.abs_diff(expected);
        assert!(off_by * 5 <= expected, "{url_length}: {used}, the originals {expected}");
    }
}

#[test]
fn a_second_call_is_cheaper_by_what_a_known_server_saves() {
    for (url_length, _) in MEASURED {
        let mut evm = used_chain();
        let first = gas(&mut evm, message(url_length, 0));
        let second = gas(&mut evm, message(url_length, 1));
        let less = first.saturating_sub(second);
        assert!(less.abs_diff(SECOND_CALL_LESS) * 5 <= SECOND_CALL_LESS, "{url_length}: {less}");
    }
}

#[test]
fn two_files_are_registered_under_one_permission() {
    let key = || Permission { account: SERVER, key: "k".to_owned() };
    let two = ServerFilesAndPermission {
        fileUrls: vec![url(60, 'a'), url(60, 'b')],
        schemaIds: vec![U256::ZERO; 2],
        filePermissions: vec![vec![key(), key()], Vec::new()],
        ..recorded_message(0)
    };
    let result = TestEvm::new().send(PERMISSIONS, signed_by_user(two), U256::ZERO);
    assert!(result.is_success(), "{result:?}");
    // The server's two, two of each file, two grants, one permission.
    assert_eq!(result.logs().len(), 2 + 4 + 2 + 1);
}
