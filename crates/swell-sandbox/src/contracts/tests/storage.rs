//! Genesis storage, as the contracts read it.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue, sol};

use super::evm::{APPLICATION, TestEvm};
use crate::contracts::{GRANTEES, genesis_accounts, text_storage};

sol! {
    struct GranteeInfo {
        address owner;
        address granteeAddress;
        string publicKey;
        uint256[] permissionIds;
    }

    function registerGrantee(address owner, address granteeAddress, string publicKey)
        external
        returns (uint256);
    function grantees(uint256 id) external view returns (GranteeInfo memory);
    function granteeAddressToId(address granteeAddress) external view returns (uint256);
}

#[test]
fn grantee_one_is_the_application() {
    let call = granteeAddressToIdCall { granteeAddress: APPLICATION };
    let output = TestEvm::new().call(GRANTEES, call.abi_encode().into()).into_output().unwrap();
    assert_eq!(U256::abi_decode(&output).unwrap(), U256::from(1));
}

#[test]
fn other_grantees_can_be_registered_beside_it_once_each() {
    let mut evm = TestEvm::new();
    for number in [31_u8, 32, 132] {
        let address = Address::repeat_byte(number);
        let key = "k".repeat(usize::from(number));
        let register =
            registerGranteeCall { owner: address, granteeAddress: address, publicKey: key.clone() };
        let data: Bytes = register.abi_encode().into();
        let result = evm.send(GRANTEES, data.clone(), U256::ZERO);
        let id = U256::abi_decode(result.output().unwrap()).unwrap();
        let output = evm.call(GRANTEES, granteesCall { id }.abi_encode().into());
        let info = granteesCall::abi_decode_returns(output.output().unwrap()).unwrap();
        assert_eq!((info.granteeAddress, info.publicKey), (address, key));
        let again = evm.call(GRANTEES, data).into_output().unwrap();
        assert_eq!(again[..4], [0xfd, 0x9e, 0xa5, 0xe8]);
    }
}

#[test]
fn genesis_keys_of_every_length_read_back() {
    for length in [0, 1, 31, 32, 33, 132] {
        let key = "k".repeat(length);
        let mut evm = TestEvm::with_key(&key);
        let call = granteesCall { id: U256::from(1) };
        let output = evm.call(GRANTEES, call.abi_encode().into()).into_output().unwrap();
        let info = granteesCall::abi_decode_returns(&output).unwrap();
        assert_eq!(info.publicKey, key);
    }
}

#[test]
fn texts_take_as_many_slots_as_solidity_gives_them() {
    let slots = |length: usize| text_storage(U256::from(5), &"k".repeat(length)).len();
    assert_eq!([0, 31, 32, 33, 132].map(slots), [1, 1, 2, 3, 6]);
}

#[test]
fn no_slot_is_named_twice() {
    for contract in genesis_accounts(APPLICATION, "key") {
        let mut slots: Vec<U256> = contract.storage.iter().map(|(slot, _)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), contract.storage.len(), "{}", contract.address);
    }
}
