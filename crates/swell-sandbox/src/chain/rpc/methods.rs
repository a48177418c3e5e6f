//! Which method is answered where.

use serde_json::{Value, json};

use super::error::RpcError;
use super::params::{Params, call_request};
use super::{blocks, dev, fees, format, logs, reads};
use crate::chain::machine::Chain;
use crate::chain::shared::SharedChain;

/// Answers one request.
pub(crate) fn dispatch(
    shared: &SharedChain,
    method: &str,
    params: &Value,
) -> Result<Value, RpcError> {
    let params = Params(params);
    match method {
        // The sender is recovered before the chain is locked.
        "eth_sendRawTransaction" => {
            let raw: alloy_primitives::Bytes = params.parsed(0)?;
            Ok(format::data(shared.submit_raw(&raw)?))
        }
        "eth_call" => call(shared, params),
        "eth_estimateGas" => {
            let request = call_request(params.required(0)?)?;
            let gas = shared.read(|chain| chain.estimate_gas(&request))?;
            Ok(format::quantity(gas))
        }
        _ if method.starts_with("anvil_") || method.starts_with("evm_") => {
            dev::dispatch(shared, method, params)
        }
        _ => shared.read(|chain| look(chain, method, params)),
    }
}

fn call(shared: &SharedChain, params: Params<'_>) -> Result<Value, RpcError> {
    let request = call_request(params.required(0)?)?;
    if params.get(2).is_some_and(|overrides| overrides.as_object().is_none_or(|o| !o.is_empty())) {
        return Err(RpcError::params("state overrides are not supported"));
    }
    shared.read(|chain| {
        reads::check_kept(chain, params.block(1)?)?;
        Ok(format::data(chain.call(&request)?))
    })
}

/// The methods that only look.
fn look(chain: &Chain, method: &str, params: Params<'_>) -> Result<Value, RpcError> {
    match method {
        "eth_chainId" => Ok(format::quantity(chain.config.chain_id)),
        "net_version" => Ok(json!(chain.config.chain_id.to_string())),
        "net_listening" => Ok(json!(true)),
        "net_peerCount" => Ok(json!("0x0")),
        "web3_clientVersion" => Ok(json!(concat!("swell-sandbox/", env!("CARGO_PKG_VERSION")))),
        "web3_sha3" => {
            let bytes: alloy_primitives::Bytes = params.parsed(0)?;
            Ok(format::data(alloy_primitives::keccak256(bytes)))
        }
        "eth_syncing" | "eth_mining" => Ok(json!(false)),
        "eth_accounts" => Ok(json!([])),
        "eth_coinbase" => Ok(format::data(chain.config.coinbase)),
        "eth_blockNumber" => Ok(format::quantity(chain.newest().header.number)),
        "eth_getBalance" => reads::balance(chain, params),
        "eth_getTransactionCount" => reads::transaction_count(chain, params),
        "eth_getCode" => reads::code(chain, params),
        "eth_getStorageAt" => reads::storage(chain, params),
        "eth_gasPrice" => Ok(fees::gas_price(chain)),
        "eth_maxPriorityFeePerGas" => Ok(format::quantity(chain.config.tip_suggested)),
        "eth_blobBaseFee" => Ok(json!("0x1")),
        "eth_feeHistory" => fees::fee_history(chain, params),
        "eth_getLogs" => logs::get_logs(chain, params),
        "txpool_status" => {
            let (pending, queued) = chain.pool.counts();
            Ok(json!({"pending": format::quantity(pending), "queued": format::quantity(queued)}))
        }
        _ => blocks::look(chain, method, params),
    }
}
