//! Calls that change nothing.

use alloy_consensus::Header;
use alloy_eips::eip2930::AccessList;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_sol_types::{Panic, Revert, SolError};
use revm::context::TxEnv;
use revm::context::result::{
    EVMError, ExecutionResult, HaltReason, InvalidTransaction, OutOfGasError,
};

use super::execute::{ExecuteError, simulate};
use super::machine::Chain;

/// A call, or a transaction to be estimated. What is not given is as in `eth_call`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRequest {
    /// Who calls; the zero address if not given.
    pub from: Option<Address>,
    /// Who is called; `None` deploys `data`.
    pub to: Option<Address>,
    /// Gas limit; the chain's call gas cap if not given.
    pub gas: Option<u64>,
    /// Fee cap in wei per gas; no fee is charged if it is not given.
    pub fee_cap: Option<u128>,
    /// Tip in wei per gas.
    pub tip_cap: Option<u128>,
    /// What is sent along, in wei.
    pub value: U256,
    /// Call data.
    pub data: Bytes,
    /// EIP-2930 access list.
    pub access_list: AccessList,
}

/// Why a call has no result. The texts are those of geth.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The contract reverted, with this data.
    #[error("{}", revert_text(.0))]
    Revert(Bytes),
    /// The code failed, or ran out of gas.
    #[error("{0}")]
    Halt(String),
    /// It could not even begin.
    #[error("{0}")]
    Rejected(String),
}

impl CallRequest {
    /// A plain call of `to` with `data`, from nobody.
    #[must_use]
    pub fn plain(to: Address, data: Bytes) -> Self {
        Self { to: Some(to), data, ..Self::default() }
    }
}

impl Chain {
    /// Calls on the newest state and returns the output.
    ///
    /// # Errors
    /// [`CallError`] if the contract reverts, halts, or the call cannot begin.
    pub fn call(&self, request: &CallRequest) -> Result<Bytes, CallError> {
        let gas = request.gas.unwrap_or(u64::MAX).min(self.config.call_gas_cap);
        match self.simulate(request, gas, &self.newest().header)? {
            ExecutionResult::Success { output, .. } => Ok(output.into_data()),
            failed => Err(failure(&failed)),
        }
    }

    /// Runs `request` with exactly `gas` on the newest state, as if in the block of `header`.
    pub(crate) fn simulate(
        &self,
        request: &CallRequest,
        gas: u64,
        header: &Header,
    ) -> Result<ExecutionResult, CallError> {
        let mut env = self.block_env(header);
        // Calls may spend more than a block has.
        env.gas_limit = env.gas_limit.max(gas);
        let fee_cap = request.fee_cap.or(request.tip_cap).unwrap_or_default();
        if fee_cap == 0 {
            env.basefee = 0;
        }
        let base_fee = env.basefee;
        let from = request.from.unwrap_or_default();
        let tx = TxEnv {
            tx_type: if request.tip_cap.is_some() { 2 } else { 1 },
            caller: from,
            gas_limit: gas,
            gas_price: fee_cap,
            gas_priority_fee: request.tip_cap,
            kind: request.to.map_or(TxKind::Create, TxKind::Call),
            value: request.value,
            data: request.data.clone(),
            nonce: self.state.nonce(from),
            chain_id: Some(self.config.chain_id),
            access_list: request.access_list.clone(),
            ..TxEnv::default()
        };
        simulate(&self.state, self.config.chain_id, env, tx)
            .map_err(|error| rejected(&error, from, fee_cap, base_fee))
    }
}

/// What a failed run means for its caller.
pub(crate) fn failure(result: &ExecutionResult) -> CallError {
    match result {
        ExecutionResult::Revert { output, .. } => CallError::Revert(output.clone()),
        ExecutionResult::Halt { reason, .. } => CallError::Halt(halt_text(reason)),
        ExecutionResult::Success { .. } => CallError::Halt("execution succeeded".to_owned()),
    }
}

/// Whether more gas could help.
pub(crate) fn is_out_of_gas(result: &ExecutionResult) -> bool {
    matches!(result, ExecutionResult::Halt { reason: HaltReason::OutOfGas(_), .. })
}

fn halt_text(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(OutOfGasError::Basic | OutOfGasError::Memory) => "out of gas".into(),
        HaltReason::OutOfGas(other) => format!("out of gas: {other}"),
        HaltReason::InvalidFEOpcode => "invalid opcode: INVALID".into(),
        HaltReason::OpcodeNotFound => "invalid opcode".into(),
        other => other.to_string(),
    }
}

fn rejected(error: &ExecuteError, from: Address, fee_cap: u128, base_fee: u64) -> CallError {
    let text = match error {
        EVMError::Transaction(InvalidTransaction::LackOfFundForMaxFee { fee, balance }) => {
            if fee_cap == 0 {
                format!("insufficient funds for transfer: address {from}")
            } else {
                format!(
                    "insufficient funds for gas * price + value: address {from} have {balance} want {fee}"
                )
            }
        }
        EVMError::Transaction(InvalidTransaction::GasPriceLessThanBasefee) => format!(
            "max fee per gas less than block base fee: address {from}, maxFeePerGas: {fee_cap}, baseFee: {base_fee}"
        ),
        EVMError::Transaction(InvalidTransaction::PriorityFeeGreaterThanMaxFee) => format!(
            "max priority fee per gas higher than max fee per gas: address {from}, maxFeePerGas: {fee_cap}"
        ),
        EVMError::Transaction(InvalidTransaction::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit,
        }) => {
            format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}")
        }
        EVMError::Transaction(InvalidTransaction::GasFloorMoreThanGasLimit {
            gas_floor,
            gas_limit,
        }) => format!(
            "insufficient gas for floor data gas cost: gas {gas_limit}, minimum needed {gas_floor}"
        ),
        other => other.to_string(),
    };
    CallError::Rejected(text)
}

/// As geth says it: with the reason, if the data is `Error(string)` or `Panic(uint256)`.
fn revert_text(data: &Bytes) -> String {
    if let Ok(revert) = Revert::abi_decode(data) {
        return format!("execution reverted: {}", revert.reason);
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return panic.kind().map_or_else(
            || format!("execution reverted: unknown panic code: {:#x}", panic.code),
            |kind| format!("execution reverted: {}", kind.as_str()),
        );
    }
    "execution reverted".to_owned()
}
