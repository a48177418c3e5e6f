//! Transactions: what to do, and the signed bytes that do it.

use alloy_consensus::transaction::RlpEcdsaEncodableTx;
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, TxKind};
use swell_core::units::{Gas, Wei};

use crate::fees::FeeQuote;
use crate::keys::AccountKey;

/// What a transaction does, before it has a nonce and a fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxSpec {
    /// Whom it calls or pays.
    pub to: Address,
    /// What it hands over.
    pub value: Wei,
    /// Gas limit.
    pub gas_limit: Gas,
    /// Call data; empty for a plain transfer.
    pub data: Bytes,
}

impl TxSpec {
    /// A plain transfer of 21,000 gas.
    #[must_use]
    pub const fn transfer(to: Address, value: Wei) -> Self {
        Self { to, value, gas_limit: Gas::TRANSFER, data: Bytes::new() }
    }

    /// A call without value.
    #[must_use]
    pub const fn call(to: Address, gas_limit: Gas, data: Bytes) -> Self {
        Self { to, value: Wei::ZERO, gas_limit, data }
    }

    /// The most this can cost: value and gas limit × fee cap.
    #[must_use]
    pub fn cost_max(&self, quote: &FeeQuote) -> Wei {
        self.value + quote.max_fee * self.gas_limit
    }

    /// Signs for one chain, nonce and fee. The same inputs give the same bytes.
    #[must_use]
    pub fn sign(&self, key: &AccountKey, chain_id: u64, nonce: u64, quote: &FeeQuote) -> SignedTx {
        let (hash, raw) = if quote.legacy {
            finish(
                key,
                TxLegacy {
                    chain_id: Some(chain_id),
                    nonce,
                    gas_price: quote.max_fee.0,
                    gas_limit: self.gas_limit.0,
                    to: TxKind::Call(self.to),
                    value: self.value.0,
                    input: self.data.clone(),
                },
            )
        } else {
            finish(
                key,
                TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit: self.gas_limit.0,
                    max_fee_per_gas: quote.max_fee.0,
                    max_priority_fee_per_gas: quote.tip.0,
                    to: TxKind::Call(self.to),
                    value: self.value.0,
                    access_list: alloy_eips::eip2930::AccessList::default(),
                    input: self.data.clone(),
                },
            )
        };
        SignedTx { from: key.address(), nonce, hash, raw }
    }
}

/// A transaction ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTx {
    /// The sender.
    pub from: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Its hash, by which the chain knows it.
    pub hash: B256,
    /// The bytes to send.
    pub raw: Bytes,
}

fn finish<T>(key: &AccountKey, tx: T) -> (B256, Bytes)
where
    T: SignableTransaction<alloy_primitives::Signature> + RlpEcdsaEncodableTx,
{
    let signature = key.sign_hash(&tx.signature_hash());
    let mut raw = Vec::with_capacity(tx.eip2718_encoded_length(&signature));
    tx.eip2718_encode(&signature, &mut raw);
    (alloy_primitives::keccak256(&raw), raw.into())
}
