//! How much gas a transaction needs.

use std::ops::Range;

use alloy_consensus::Header;
use alloy_primitives::U256;
use revm::context::result::ExecutionResult;

use super::call::{CallError, CallRequest, failure, is_out_of_gas};
use super::config::TX_GAS_LIMIT_MAX;
use super::machine::Chain;

/// A plain transfer needs this much.
const TRANSFER_GAS: u64 = 21_000;

impl Chain {
    /// The least gas limit with which `request` succeeds in the next block, on the newest state.
    ///
    /// The block matters: a contract that stores its number stores zero in genesis, for less.
    /// Refunds come after the fact and do not lower the need, and code that hands on 63/64 of its
    /// gas needs more than it uses: so the figure is searched for, not read off.
    ///
    /// # Errors
    /// [`CallError`] if it fails with all the gas there is, or the sender cannot pay for enough.
    pub fn estimate_gas(&self, request: &CallRequest) -> Result<u64, CallError> {
        let most = self.gas_allowance(request)?;
        if most < TRANSFER_GAS {
            return Err(exceeds_allowance(most));
        }
        let header = self.header_after_newest();
        let result = self.simulate(request, most, &header)?;
        if is_out_of_gas(&result) {
            return Err(exceeds_allowance(most));
        }
        let ExecutionResult::Success { gas, .. } = &result else { return Err(failure(&result)) };
        let spent = gas.total_gas_spent().max(gas.floor_gas());
        if self.succeeds(request, spent, &header) {
            return Ok(spent);
        }
        Ok(self.search(request, &header, spent..most))
    }

    /// The least sufficient gas within `bounds`: the lower is too little, the upper is enough.
    fn search(&self, request: &CallRequest, header: &Header, bounds: Range<u64>) -> u64 {
        let Range { start: mut too_little, end: mut enough } = bounds;
        // Most need little more than they spend: look near it first.
        let near = too_little.saturating_mul(64) / 63 + TRANSFER_GAS;
        if near < enough && self.succeeds(request, near, header) {
            enough = near;
        }
        while too_little + 1 < enough {
            let middle = too_little + (enough - too_little) / 2;
            if self.succeeds(request, middle, header) {
                enough = middle;
            } else {
                too_little = middle;
            }
        }
        enough
    }

    /// The header of the next block, as far as it can be foreseen.
    fn header_after_newest(&self) -> Header {
        let unix = self.newest().header.timestamp + self.config.block_time.as_secs();
        self.next_header(unix, self.next_base_fee())
    }

    fn succeeds(&self, request: &CallRequest, gas: u64, header: &Header) -> bool {
        matches!(self.simulate(request, gas, header), Ok(ExecutionResult::Success { .. }))
    }

    /// The most gas the transaction could be given: by the caller, the chain and the balance.
    fn gas_allowance(&self, request: &CallRequest) -> Result<u64, CallError> {
        let asked = request.gas.filter(|&gas| gas >= TRANSFER_GAS).unwrap_or(u64::MAX);
        let most =
            asked.min(self.config.call_gas_cap).min(self.config.gas_limit).min(TX_GAS_LIMIT_MAX);
        let fee_cap = request.fee_cap.or(request.tip_cap).unwrap_or_default();
        if fee_cap == 0 {
            return Ok(most);
        }
        let balance = self.balance(request.from.unwrap_or_default());
        let Some(for_gas) = balance.checked_sub(request.value) else {
            return Err(CallError::Rejected("insufficient funds for transfer".to_owned()));
        };
        Ok(most.min((for_gas / U256::from(fee_cap)).saturating_to()))
    }
}

fn exceeds_allowance(most: u64) -> CallError {
    CallError::Rejected(format!("gas required exceeds allowance ({most})"))
}
