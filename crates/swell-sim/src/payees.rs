//! Whom a transaction pays: its recipient, or each of a batch.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use swell_sandbox::contracts::MULTICALL;
use swell_vana::permissions::contracts::Multicall3::aggregate3ValueCall;

/// Whom a transaction to `to` with this call data pays.
pub(crate) fn payees(to: Option<Address>, input: &[u8]) -> Vec<Address> {
    if to != Some(MULTICALL) {
        return to.into_iter().collect();
    }
    let batch = aggregate3ValueCall::abi_decode(input);
    batch.map(|batch| batch.calls.iter().map(|call| call.target).collect()).unwrap_or_default()
}
