//! A transaction as it comes in: decoded, its sender recovered, and checked as far as possible
//! without looking at the chain.

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Transaction, TxEnvelope, Typed2718};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, U256};
use revm::context_interface::cfg::GasParams;
use revm::context_interface::cfg::gas_params::Eip2780TxInfo;
use revm::primitives::eip3860::MAX_INITCODE_SIZE;

use super::config::TX_GAS_LIMIT_MAX;
use super::execute::SPEC;
use super::pool_error::PoolError;

/// The largest transaction taken, in bytes.
///
/// # Source
/// geth's `txMaxSize` (`core/txpool/legacypool`): 4 × 32 KiB.
const SIZE_MAX: usize = 128 * 1024;

/// A well-formed transaction with a valid signature for this chain.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    /// The signed transaction.
    pub(crate) tx: TxEnvelope,
    /// Who signed it.
    pub(crate) sender: Address,
}

impl Incoming {
    /// Decodes and checks `raw`. This is where the time goes (sender recovery), so no lock is held.
    pub(crate) fn decode(raw: &[u8], chain_id: u64) -> Result<Self, PoolError> {
        if raw.len() > SIZE_MAX {
            return Err(PoolError::Oversized { size: raw.len(), limit: SIZE_MAX });
        }
        let mut rest = raw;
        let tx = TxEnvelope::decode_2718(&mut rest)
            .map_err(|error| PoolError::Undecodable(error.to_string()))?;
        if !rest.is_empty() {
            return Err(PoolError::Undecodable("input contains more than one value".to_owned()));
        }
        if tx.ty() > 2 {
            return Err(PoolError::TypeNotSupported);
        }
        match tx.chain_id() {
            None => return Err(PoolError::Unprotected),
            Some(have) if have != chain_id => {
                return Err(PoolError::WrongChain { have, want: chain_id });
            }
            Some(_) => {}
        }
        check_stateless(&tx)?;
        let sender =
            tx.recover_signer().map_err(|error| PoolError::InvalidSender(error.to_string()))?;
        Ok(Self { tx, sender })
    }

    pub(crate) fn hash(&self) -> B256 {
        *self.tx.tx_hash()
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.tx.nonce()
    }

    /// The most this transaction can take from its sender, in wei.
    pub(crate) fn cost_max(&self) -> U256 {
        let gas = U256::from(self.tx.gas_limit());
        U256::from(self.tx.max_fee_per_gas()).saturating_mul(gas).saturating_add(self.tx.value())
    }

    /// The tip per gas on top of `base_fee`, or `None` when the fee cap is below it.
    pub(crate) fn effective_tip(&self, base_fee: u64) -> Option<u128> {
        self.tx.effective_tip_per_gas(base_fee)
    }

    /// The tip it offers at most, in wei per gas.
    pub(crate) fn tip_cap(&self) -> u128 {
        self.tx.priority_fee_or_price()
    }
}

fn check_stateless(tx: &TxEnvelope) -> Result<(), PoolError> {
    let (gas, cap, tip) = (tx.gas_limit(), tx.max_fee_per_gas(), tx.priority_fee_or_price());
    if tx.is_create() && tx.input().len() > MAX_INITCODE_SIZE {
        let size = tx.input().len();
        return Err(PoolError::InitcodeTooLarge { size, limit: MAX_INITCODE_SIZE });
    }
    if gas > TX_GAS_LIMIT_MAX {
        return Err(PoolError::GasLimitTooHigh { cap: TX_GAS_LIMIT_MAX, gas });
    }
    if tip > cap {
        return Err(PoolError::TipAboveFeeCap { tip, cap });
    }
    if tx.nonce() == u64::MAX {
        return Err(PoolError::NonceMax);
    }
    let needed = intrinsic_gas(tx);
    if gas < needed.0 {
        return Err(PoolError::IntrinsicGasTooLow { gas, needed: needed.0 });
    }
    if gas < needed.1 {
        return Err(PoolError::FloorGasTooLow { gas, needed: needed.1 });
    }
    Ok(())
}

/// Intrinsic gas, and the floor for call data.
fn intrinsic_gas(tx: &TxEnvelope) -> (u64, u64) {
    let (accounts, slots) = tx.access_list().map_or((0, 0), |list| {
        (list.len() as u64, list.iter().map(|item| item.storage_keys.len() as u64).sum())
    });
    let params = GasParams::new_spec(SPEC);
    let no_eip2780: Option<Eip2780TxInfo> = None;
    let gas = params.initial_tx_gas(tx.input(), tx.is_create(), accounts, slots, 0, no_eip2780);
    (gas.initial_regular_gas, gas.floor_gas)
}
