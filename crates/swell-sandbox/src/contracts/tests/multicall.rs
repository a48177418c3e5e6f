//! Batched transfers.

use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::{SolCall, sol};

use super::evm::TestEvm;
use super::message::calldata_of;
use crate::contracts::{GRANTEES, MULTICALL};

sol! {
    struct Call3Value {
        address target;
        bool allowFailure;
        uint256 value;
        bytes callData;
    }

    struct CallResult {
        bool success;
        bytes returnData;
    }

    function aggregate3Value(Call3Value[] calls) external payable returns (CallResult[]);
}

/// Seven wei to each.
fn transfers(targets: impl Iterator<Item = Address>, may_fail: bool) -> Bytes {
    let calls = targets.map(|target| Call3Value {
        target,
        allowFailure: may_fail,
        value: U256::from(7),
        callData: Bytes::new(),
    });
    aggregate3ValueCall { calls: calls.collect() }.abi_encode().into()
}

/// Addresses nobody has used, precompiles included.
fn fresh(count: u16) -> impl Iterator<Item = Address> {
    (1..=count).map(|n| Address::left_padding_from(&(0x1_0000 + u32::from(n)).to_be_bytes()))
}

#[test]
fn the_recorded_call_pays_both_targets() {
    let mut evm = TestEvm::new();
    let sent = U256::from(1_500_000_000_000_000_000_u64);
    let result = evm.send(MULTICALL, calldata_of("aggregate3Value"), sent);
    assert!(result.is_success(), "{result:?}");
    for target in [
        address!("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
        address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    ] {
        assert_eq!(evm.balance(target), sent / U256::from(2));
    }
}

#[test]
fn a_fresh_account_costs_about_what_the_original_charges() {
    let result = TestEvm::new().send(MULTICALL, transfers(fresh(100), false), U256::from(700));
    assert!(result.is_success(), "{result:?}");
    let each = result.tx_gas_used() / 100;
    assert!(each.abs_diff(36_750) * 20 <= 36_750, "{each}");
}

#[test]
fn a_failing_transfer_fails_all_unless_it_may() {
    let mut evm = TestEvm::new();
    // The grantees contract takes no money.
    let targets = || fresh(1).chain([GRANTEES]);
    let result = evm.send(MULTICALL, transfers(targets(), false), U256::from(14));
    assert!(!result.is_success());
    assert_eq!(evm.balance(fresh(1).next().unwrap()), U256::ZERO);

    let result = evm.send(MULTICALL, transfers(targets(), true), U256::from(14));
    let results = aggregate3ValueCall::abi_decode_returns(result.output().unwrap()).unwrap();
    let succeeded: Vec<bool> = results.iter().map(|result| result.success).collect();
    assert_eq!(succeeded, [true, false]);
    assert_eq!(evm.balance(MULTICALL), U256::from(7));
}

#[test]
fn values_that_do_not_add_up_are_refused() {
    for sent in [13_u64, 15] {
        let result = TestEvm::new().send(MULTICALL, transfers(fresh(2), true), U256::from(sent));
        assert!(!result.is_success(), "{sent}");
    }
}
