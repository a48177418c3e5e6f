//! What gas costs and has cost.

use serde_json::{Value, json};

use super::blocks::find;
use super::error::RpcError;
use super::format;
use super::params::{Params, block_id};
use crate::chain::block::Block;
use crate::chain::machine::Chain;

/// The most blocks one `eth_feeHistory` covers.
///
/// # Source
/// geth's limit (`eth/gasprice/feehistory.go`).
const HISTORY_MAX: u64 = 1_024;

/// Next base fee plus the suggested tip.
pub(crate) fn gas_price(chain: &Chain) -> Value {
    format::quantity(u128::from(chain.next_base_fee()) + chain.config.tip_suggested)
}

pub(crate) fn fee_history(chain: &Chain, params: Params<'_>) -> Result<Value, RpcError> {
    let count: u64 = params.quantity(0)?.saturating_to();
    let newest = find(chain, block_id(params.required(1)?)?);
    let newest = newest.ok_or_else(|| RpcError::server("request beyond head block"))?;
    let percentiles = percentiles(params.get(2))?;
    let last = newest.header.number;
    // Genesis outlives the blocks after it, and would leave a gap.
    let oldest_kept = chain.archive.oldest_number().min(last);
    let first = (last + 1).saturating_sub(count.min(HISTORY_MAX)).max(oldest_kept);
    let blocks: Vec<&Block> = (first..=last)
        .filter_map(|number| chain.archive.by_number(number).map(|block| &**block))
        .collect();
    let blocks = if count == 0 { &[][..] } else { &blocks[..] };
    let after = chain.archive.by_number(last + 1).map(|block| block.base_fee());
    let after = after.unwrap_or_else(|| chain.next_base_fee());
    let base_fees = blocks.iter().map(|block| block.base_fee()).chain([after]);
    let base_fees: Vec<Value> = base_fees.map(format::quantity).collect();
    let ratios: Vec<f64> = blocks.iter().map(|block| gas_used_ratio(block)).collect();
    let mut json = json!({
        "oldestBlock": format::quantity(first),
        "baseFeePerGas": base_fees,
        "gasUsedRatio": ratios,
        "baseFeePerBlobGas": vec!["0x1"; blocks.len() + 1],
        "blobGasUsedRatio": vec![0.0; blocks.len()],
    });
    if !percentiles.is_empty() {
        json["reward"] = blocks.iter().map(|block| rewards(block, &percentiles)).collect();
    }
    Ok(json)
}

fn percentiles(value: Option<&Value>) -> Result<Vec<f64>, RpcError> {
    let given = value.and_then(Value::as_array).into_iter().flatten();
    let percentiles: Option<Vec<f64>> = given.map(Value::as_f64).collect();
    let percentiles = percentiles.unwrap_or_else(|| vec![f64::NAN]);
    let in_range = percentiles.iter().all(|percent| (0.0..=100.0).contains(percent));
    if in_range && percentiles.is_sorted() {
        return Ok(percentiles);
    }
    Err(RpcError::server("invalid reward percentile"))
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for display")]
fn gas_used_ratio(block: &Block) -> f64 {
    block.header.gas_used as f64 / (block.header.gas_limit as f64).max(1.0)
}

/// The tips paid at each percentile of the gas used, in wei per gas.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "gas is far below 2^53"
)]
fn rewards(block: &Block, percentiles: &[f64]) -> Value {
    let base_fee = u128::from(block.base_fee());
    let tip_and_gas = block.transactions.iter();
    let mut tips: Vec<(u128, u64)> = tip_and_gas
        .map(|mined| (mined.gas_price.saturating_sub(base_fee), mined.gas_used))
        .collect();
    tips.sort_unstable();
    let at = |percent: &f64| {
        let threshold = (block.header.gas_used as f64 * percent / 100.0) as u64;
        let mut gas = 0;
        let reached = tips.iter().find(|(_, used)| {
            gas += used;
            gas >= threshold
        });
        format::quantity(reached.or(tips.last()).map_or(0, |(tip, _)| *tip))
    };
    percentiles.iter().map(at).collect()
}
