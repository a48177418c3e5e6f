//! Knobs, named as anvil names them.

use serde_json::{Value, json};

use super::error::RpcError;
use super::format;
use super::params::Params;
use crate::chain::machine::Chain;
use crate::chain::shared::SharedChain;

/// The most blocks made by one `anvil_mine`.
const MINE_MAX: u64 = 10_000;

/// Answers the methods that change the chain from outside.
pub(crate) fn dispatch(
    shared: &SharedChain,
    method: &str,
    params: Params<'_>,
) -> Result<Value, RpcError> {
    match method {
        "evm_mine" => {
            mine(shared, 1);
            Ok(json!("0x0"))
        }
        "anvil_mine" => {
            let count = params
                .get(0)
                .map_or(Ok(1), |_| params.quantity(0).map(|count| count.saturating_to::<u64>()))?;
            mine(shared, count.min(MINE_MAX));
            Ok(Value::Null)
        }
        "anvil_nodeInfo" => {
            let head = shared.head();
            Ok(json!({"currentBlockNumber": format::quantity(head.number)}))
        }
        _ => shared.write(|chain| set(chain, method, params)),
    }
}

fn set(chain: &mut Chain, method: &str, params: Params<'_>) -> Result<Value, RpcError> {
    match method {
        "anvil_setBalance" => chain.set_balance(params.parsed(0)?, params.quantity(1)?),
        "anvil_setNonce" => {
            chain.set_nonce(params.parsed(0)?, params.quantity(1)?.saturating_to());
        }
        "anvil_setCode" => chain.set_code(params.parsed(0)?, params.parsed(1)?),
        "anvil_setStorageAt" => {
            chain.set_storage(params.parsed(0)?, params.quantity(1)?, params.quantity(2)?);
            return Ok(json!(true));
        }
        "anvil_setNextBlockBaseFeePerGas" => {
            chain.set_next_base_fee(params.quantity(0)?.saturating_to());
        }
        "anvil_dropAllTransactions" => chain.drop_pooled(),
        _ => return Err(RpcError::unknown_method(method)),
    }
    Ok(Value::Null)
}

/// Makes blocks a block time apart, whatever the clock says.
fn mine(shared: &SharedChain, count: u64) {
    let seconds = shared.block_time().as_secs().max(1);
    for _ in 0..count {
        shared.produce_block(shared.head().timestamp + seconds);
    }
}
