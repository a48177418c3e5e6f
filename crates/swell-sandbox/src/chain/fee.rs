//! The base fee of EIP-1559.

use alloy_primitives::U256;

/// The base fee moves by at most one part in this many a block.
const CHANGE_DENOMINATOR: u64 = 8;

/// The base fee after a block of `base_fee` that used `gas_used` of `gas_limit`.
///
/// All fees are wei per gas. Never below `floor`, and at least 1 higher after a block above target.
///
/// # Source
/// EIP-1559, with its denominator of 8; `elasticity` is 2 there.
#[must_use]
pub fn next_base_fee(
    base_fee: u64,
    gas_used: u64,
    gas_limit: u64,
    elasticity: u64,
    floor: u64,
) -> u64 {
    let target = (gas_limit / elasticity.max(1)).max(1);
    let change = |distance: u64| -> u64 {
        let scaled = U256::from(base_fee) * U256::from(distance)
            / U256::from(target)
            / U256::from(CHANGE_DENOMINATOR);
        scaled.saturating_to()
    };
    let next = if gas_used > target {
        base_fee.saturating_add(change(gas_used - target).max(1))
    } else {
        base_fee.saturating_sub(change(target - gas_used))
    };
    next.max(floor)
}
