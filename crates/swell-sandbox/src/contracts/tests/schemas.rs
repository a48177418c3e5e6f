//! Schemas that the registry of files asks for.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolEvent};
use swell_vana::permissions::contracts::DataRefinerRegistry::{
    SchemaAdded, addSchemaCall, isValidSchemaIdCall, schemasCall, schemasCountCall,
};

use super::evm::TestEvm;
use crate::config::IN_PROCESS_URL;
use crate::contracts::{SCHEMAS, genesis_accounts_at};

fn schema(evm: &mut TestEvm, id: u64) -> [String; 3] {
    let call = schemasCall { schemaId: U256::from(id) };
    let output = evm.call(SCHEMAS, call.abi_encode().into()).into_output().unwrap();
    let record = schemasCall::abi_decode_returns(&output).unwrap();
    [record.name, record.dialect, record.definitionUrl]
}

fn is_valid(evm: &mut TestEvm, id: u64) -> bool {
    let call = isValidSchemaIdCall { schemaId: U256::from(id) };
    let output = evm.call(SCHEMAS, call.abi_encode().into()).into_output().unwrap();
    isValidSchemaIdCall::abi_decode_returns(&output).unwrap()
}

#[test]
fn one_schema_exists_from_genesis_and_others_can_be_added() {
    let mut evm = TestEvm::new();
    let url = format!("{IN_PROCESS_URL}/schemas/1");
    assert_eq!(schema(&mut evm, 1), ["Swell user profile", "json", &url]);
    assert_eq!(schema(&mut evm, 2), ["", "", ""]);
    assert_eq!([0, 1, 2].map(|id| is_valid(&mut evm, id)), [false, true, false]);
    let long = format!("ipfs://{}", "Q".repeat(60));
    let add =
        addSchemaCall { name: "n".into(), dialect: "sqlite".into(), definitionUrl: long.clone() };
    let result = evm.send(SCHEMAS, add.abi_encode().into(), U256::ZERO);
    let log = SchemaAdded::decode_log(&result.logs()[0]).unwrap();
    assert_eq!((log.schemaId, log.definitionUrl.as_str()), (U256::from(2), long.as_str()));
    assert_eq!(schema(&mut evm, 2), ["n", "sqlite", &long]);
    assert!(is_valid(&mut evm, 2));
    let output = evm.call(SCHEMAS, schemasCountCall {}.abi_encode().into()).into_output().unwrap();
    assert_eq!(schemasCountCall::abi_decode_returns(&output).unwrap(), U256::from(2));
}

#[test]
fn the_definition_is_where_the_sandbox_is_reached() {
    let slots = |base_url: &str| {
        let accounts = genesis_accounts_at(base_url, Address::ZERO, "");
        accounts.iter().find(|account| account.address == SCHEMAS).unwrap().storage.len()
    };
    // The count and three texts, and the rest of a text that is longer than 31 octets.
    assert_eq!(slots("http://127.0.0.1:4000"), 4);
    assert_eq!(slots("http://127.0.0.1:40000"), 5);
}
