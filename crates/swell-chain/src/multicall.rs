//! Paying many accounts in one transaction, through Multicall3.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use swell_core::funding::BatchGas;
use swell_core::units::{Gas, Wei};

use crate::rpc::{CallRequest, ChainError, Rpc};
use crate::tx::TxSpec;

sol! {
    /// One call of [`aggregate3ValueCall`].
    struct Call3Value {
        address target;
        bool allowFailure;
        uint256 value;
        bytes callData;
    }

    /// How one of its calls ended.
    struct CallResult {
        bool success;
        bytes returnData;
    }

    function aggregate3Value(Call3Value[] calls) external payable returns (CallResult[]);
}

/// Pays many accounts at once, or none: a payment that fails fails all, as the value of one that
/// were allowed to fail would stay in the contract.
#[must_use]
pub fn pay_many(
    multicall: Address,
    payments: impl IntoIterator<Item = (Address, Wei)>,
    gas_limit: Gas,
) -> TxSpec {
    let (data, value) = encode(payments, false);
    TxSpec { to: multicall, value, gas_limit, data }
}

/// What a batch costs on this chain, by two of the node's estimates. Sends nothing.
///
/// Accounts nobody has used are paid, as creating an account is most of the cost. `payer` must hold
/// a few wei.
///
/// # Errors
/// [`ChainError`]; a contract that is no Multicall3 reverts.
pub async fn estimate_batch(
    rpc: &Rpc,
    multicall: Address,
    payer: Address,
) -> Result<BatchGas, ChainError> {
    /// Apart enough for the difference to tell the cost of one wallet.
    const MANY: u64 = 21;
    let one = estimate(rpc, multicall, payer, 1).await?;
    let many = estimate(rpc, multicall, payer, MANY).await?;
    let per_wallet = many.0.saturating_sub(one.0).div_ceil(MANY - 1);
    let base = one.0.saturating_sub(per_wallet).max(Gas::TRANSFER.0);
    Ok(BatchGas { base: Gas(base).scaled(MARGIN), per_wallet: Gas(per_wallet).scaled(MARGIN) })
}

/// Room above the estimates: addresses and amounts have more or fewer octets that are zero, and a
/// long batch needs a little more memory a wallet than a short one.
const MARGIN: f64 = 1.02;

async fn estimate(
    rpc: &Rpc,
    multicall: Address,
    payer: Address,
    wallets: u64,
) -> Result<Gas, ChainError> {
    let (data, value) = encode((0..wallets).map(|n| (stranger(n), Wei::new(1))), false);
    let request = CallRequest { from: Some(payer), to: multicall, value, data };
    rpc.estimate_gas(&request).await
}

/// An account that nobody uses, the same every time.
fn stranger(number: u64) -> Address {
    let hash = alloy_primitives::keccak256(format!("swell estimate wallet {number}"));
    Address::from_slice(&hash[12..])
}

fn encode(payments: impl IntoIterator<Item = (Address, Wei)>, allow_failure: bool) -> (Bytes, Wei) {
    let mut total = Wei::ZERO;
    let calls = payments.into_iter().map(|(target, amount)| {
        total += amount;
        let value: U256 = amount.0;
        Call3Value { target, allowFailure: allow_failure, value, callData: Bytes::new() }
    });
    let data = aggregate3ValueCall { calls: calls.collect() }.abi_encode();
    (data.into(), total)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::address;

    use super::*;

    /// The recorded encoding of a payment of 0.75 tokens to each of two accounts.
    const RECORDED: &str = include_str!("../../swell-vana/vectors/06-calldata.json");

    #[test]
    fn the_encoding_is_the_recorded_one() {
        let file: serde_json::Value = serde_json::from_str(RECORDED).unwrap();
        let items = file["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["function"] == "aggregate3Value").unwrap();
        let each = Wei::new(750_000_000_000_000_000);
        let payments = [
            (address!("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"), each),
            (address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"), each),
        ];
        let (data, value) = encode(payments, true);
        assert_eq!(data.to_string(), item["calldata"].as_str().unwrap());
        assert_eq!(value.to_string(), item["value"].as_str().unwrap());
    }

    #[test]
    fn a_payment_that_fails_fails_all() {
        let payments = [(Address::with_last_byte(7), Wei::new(5)); 3];
        let spec = pay_many(Address::ZERO, payments, Gas(200_000));
        assert_eq!(spec.value, Wei::new(15));
        let call = aggregate3ValueCall::abi_decode(&spec.data).unwrap();
        assert_eq!(call.calls.len(), 3);
        assert!(call.calls.iter().all(|call| !call.allowFailure && call.callData.is_empty()));
    }
}
