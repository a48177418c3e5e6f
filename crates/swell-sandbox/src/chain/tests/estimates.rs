//! An estimate is enough, and one less is not.

use alloy_primitives::{Bytes, U256, hex};

use super::{
    BURNER, CLOCK, FORWARDER, GWEI, REVERTER, STORE, call_tx, config, key, mine_one, sign_1559,
    store_input,
};
use crate::chain::call::{CallError, CallRequest};
use crate::chain::machine::Chain;

fn request(to: alloy_primitives::Address, data: Bytes) -> CallRequest {
    CallRequest { from: Some(key(0).address()), ..CallRequest::plain(to, data) }
}

#[test]
fn an_estimate_is_exactly_what_is_needed() {
    let plain = Bytes::new();
    let cases = [
        (key(5).address(), plain.clone()),
        (STORE, store_input(3, 9)),
        (BURNER, plain.clone()),
        // Hands on 63/64 of its gas, so it needs more than it spends.
        (FORWARDER, plain.clone()),
        // Stores the number of its block, which is not zero any more when it is mined.
        (CLOCK, plain),
        // Pays the floor for call data.
        (key(5).address(), Bytes::from(vec![1; 2_000])),
    ];
    for (to, data) in cases {
        let chain = Chain::new(config());
        let need = chain.estimate_gas(&request(to, data.clone())).unwrap();
        let mut chain = Chain::new(config());
        assert!(mine_one(&mut chain, &sign_1559(0, call_tx(0, to, data.clone(), need))));
        let one_less = sign_1559(1, call_tx(0, to, data, need - 1));
        // Refused at once if it cannot even begin, else it fails.
        let mut chain = Chain::new(config());
        assert!(
            chain.submit_raw(&one_less).is_err() || {
                chain.produce_block(1);
                !chain.newest().transactions[0].succeeded()
            }
        );
    }
}

#[test]
fn a_refund_does_not_lower_the_estimate() {
    let mut chain = Chain::new(config());
    assert!(mine_one(&mut chain, &sign_1559(0, call_tx(0, STORE, store_input(3, 9), 90_000))));
    let need = chain.estimate_gas(&request(STORE, store_input(3, 0))).unwrap();
    assert!(mine_one(&mut chain, &sign_1559(0, call_tx(1, STORE, store_input(3, 0), need))));
    assert!(chain.newest().transactions[0].gas_used < need);
}

#[test]
fn reverts_carry_their_data() {
    let chain = Chain::new(config());
    let data = Bytes::from(hex!("06427aeb0001"));
    let expected = Err(CallError::Revert(data.clone()));
    assert_eq!(chain.call(&request(REVERTER, data.clone())), expected);
    assert_eq!(chain.estimate_gas(&request(REVERTER, data)).map(|_| Bytes::new()), expected);
}

#[test]
fn the_senders_balance_bounds_the_estimate() {
    let chain = Chain::new(config());
    let poor = CallRequest {
        from: Some(key(99).address()),
        fee_cap: Some(GWEI),
        ..request(STORE, store_input(1, 1))
    };
    let error = chain.estimate_gas(&poor).unwrap_err().to_string();
    assert_eq!(error, "gas required exceeds allowance (0)");
    let sending = CallRequest { value: U256::ONE, ..poor };
    let error = chain.estimate_gas(&sending).unwrap_err().to_string();
    assert_eq!(error, "insufficient funds for transfer");
}

#[test]
fn a_contract_can_be_the_caller() {
    let chain = Chain::new(config());
    let from_contract = CallRequest { from: Some(BURNER), ..request(STORE, store_input(1, 1)) };
    assert_eq!(chain.call(&from_contract), Ok(Bytes::new()));
}
