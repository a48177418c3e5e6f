//! A block in the making.

use std::sync::Arc;

use alloy_consensus::{Header, Receipt, ReceiptEnvelope, Transaction};
use alloy_primitives::Address;
use revm::context::result::ExecutionResult;

use super::block::MinedTx;
use super::incoming::Incoming;

/// The transactions of the block in the making.
pub(crate) struct Filling {
    pub(crate) gas_left: u64,
    gas_used: u64,
    base_fee: u64,
    logs: u64,
    done: Vec<(Arc<Incoming>, MinedParts)>,
}

struct MinedParts {
    receipt: ReceiptEnvelope,
    gas_used: u64,
    gas_price: u128,
    deployed: Option<Address>,
    log_index_first: u64,
}

impl Filling {
    pub(crate) fn new(header: &Header) -> Self {
        Self {
            gas_left: header.gas_limit,
            gas_used: 0,
            base_fee: header.base_fee_per_gas.unwrap_or_default(),
            logs: 0,
            done: Vec::new(),
        }
    }

    /// Adds a transaction that has run.
    pub(crate) fn add(&mut self, incoming: Arc<Incoming>, result: ExecutionResult) {
        let gas_used = result.tx_gas_used();
        self.gas_left = self.gas_left.saturating_sub(gas_used);
        self.gas_used += gas_used;
        let succeeded = result.is_success();
        let deployed = incoming.tx.is_create() && succeeded;
        let deployed = deployed.then(|| incoming.sender.create(incoming.nonce()));
        let logs = if succeeded { result.into_logs() } else { Vec::new() };
        let log_index_first = self.logs;
        self.logs += logs.len() as u64;
        let receipt =
            Receipt { status: succeeded.into(), cumulative_gas_used: self.gas_used, logs };
        let receipt = ReceiptEnvelope::from_typed(incoming.tx.tx_type(), receipt);
        let gas_price = incoming.tx.effective_gas_price(Some(self.base_fee));
        self.done.push((
            incoming,
            MinedParts { receipt, gas_used, gas_price, deployed, log_index_first },
        ));
    }

    /// The pool has let go of the transactions by now, so none is copied.
    pub(crate) fn into_mined(self) -> Vec<MinedTx> {
        let mined = self.done.into_iter().map(|(incoming, parts)| {
            let Incoming { tx, sender, .. } = Arc::unwrap_or_clone(incoming);
            let MinedParts { receipt, gas_used, gas_price, deployed, log_index_first } = parts;
            MinedTx { tx, sender, receipt, gas_used, gas_price, deployed, log_index_first }
        });
        mined.collect()
    }
}
