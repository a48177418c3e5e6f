//! The methods we call, typed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_primitives::{Address, B256, Bytes, U256};
use serde::Serialize;
use serde::de::DeserializeOwned;
use swell_core::time::RunOffset;
use swell_core::units::{Gas, Wei, WeiPerGas};
use swell_net::Endpoint;

use super::envelope;
use super::error::{ChainError, ChainErrorKind, RpcMethod};
use super::transport::{Repeat, Transport};
use super::types::{
    Block, BlockHeader, BlockTag, BlockWithReceipts, CallRequest, FeeHistory, Quantity, Receipt,
    TransactionView, Transfer, Transfers,
};
use crate::classify::classify;
use crate::submit::{RejectReason, SubmitOutcome};
use crate::tx::SignedTx;

/// JSON-RPC to the chain. Cheap to clone.
///
/// Questions are asked again when their answer is lost; submissions never are: see
/// [`SubmitOutcome`]. Requests carry the sender, so that a wallet's transactions can stick to one
/// endpoint where there are several.
#[derive(Clone)]
pub struct Rpc {
    transport: Transport,
    /// Whether the node turned out not to know `eth_getBlockReceipts`.
    receipts_one_by_one: Arc<AtomicBool>,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rpc({})", self.transport.id())
    }
}

impl Rpc {
    /// Requests that go into one batch; nodes refuse more than some limit (geth: 1,000).
    pub const BATCH_MAX: usize = 500;

    /// A client of one endpoint. The endpoint's base is the node's URL.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { transport: Transport::new(endpoint), receipts_one_by_one: Arc::default() }
    }

    /// The same, whose requests are over at `deadline`: attempts, waits and repetitions.
    #[must_use]
    pub fn by(&self, deadline: RunOffset) -> Self {
        Self { transport: self.transport.by(deadline), ..self.clone() }
    }

    /// The chain's id.
    ///
    /// # Errors
    /// [`ChainError`] when no usable answer came; so have all methods below.
    pub async fn chain_id(&self) -> Result<u64, ChainError> {
        self.ask_u64(RpcMethod::CHAIN_ID, &[(); 0]).await
    }

    /// What the node calls itself.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn client_version(&self) -> Result<String, ChainError> {
        self.ask(RpcMethod::CLIENT_VERSION, &[(); 0]).await
    }

    /// Height of the newest block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn block_number(&self) -> Result<u64, ChainError> {
        self.ask_u64(RpcMethod::BLOCK_NUMBER, &[(); 0]).await
    }

    /// Header of the newest block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn latest_block_header(&self) -> Result<BlockHeader, ChainError> {
        self.ask(RpcMethod::BLOCK_BY_NUMBER, &("latest", false)).await
    }

    /// A block and its transactions' hashes; `None` when the node does not have it.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn block(&self, number: u64) -> Result<Option<Block>, ChainError> {
        let params = (BlockTag::Number(number).to_param(), false);
        self.ask_opt(RpcMethod::BLOCK_BY_NUMBER, &params).await
    }

    /// What a block's transactions move; empty when the node does not have the block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn transfers(&self, number: u64) -> Result<Vec<Transfer>, ChainError> {
        let params = (BlockTag::Number(number).to_param(), true);
        let block: Option<Transfers> = self.ask_opt(RpcMethod::BLOCK_BY_NUMBER, &params).await?;
        Ok(block.map(|block| block.transactions).unwrap_or_default())
    }

    /// An account's balance.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn balance(&self, account: Address, tag: BlockTag) -> Result<Wei, ChainError> {
        self.ask(RpcMethod::BALANCE, &(account, tag.to_param())).await.map(Wei)
    }

    /// The newest balances of many accounts, in their order, in one batch per
    /// [`Self::BATCH_MAX`].
    ///
    /// # Errors
    /// [`ChainError`] when any of them is missing.
    pub async fn balances(&self, accounts: &[Address]) -> Result<Vec<Wei>, ChainError> {
        let params: Vec<_> = accounts.iter().map(|account| (account, "latest")).collect();
        let balances: Vec<U256> = self.ask_batch(RpcMethod::BALANCE, &params).await?;
        Ok(balances.into_iter().map(Wei).collect())
    }

    /// An account's next nonce.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn nonce(&self, account: Address, tag: BlockTag) -> Result<u64, ChainError> {
        self.ask_u64(RpcMethod::NONCE, &(account, tag.to_param())).await
    }

    /// The newest nonces of many accounts, in their order, batched like [`Self::balances`].
    ///
    /// # Errors
    /// [`ChainError`] when any of them is missing.
    pub async fn nonces(&self, accounts: &[Address]) -> Result<Vec<u64>, ChainError> {
        let params: Vec<_> = accounts.iter().map(|account| (account, "latest")).collect();
        let nonces: Vec<Quantity> = self.ask_batch(RpcMethod::NONCE, &params).await?;
        nonces.into_iter().map(|nonce| self.fit(RpcMethod::NONCE, nonce)).collect()
    }

    /// An account's code; empty when it has none.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn code(&self, account: Address) -> Result<Bytes, ChainError> {
        self.ask(RpcMethod::CODE, &(account, "latest")).await
    }

    /// Executes a call without sending it, and returns what the contract returns.
    ///
    /// # Errors
    /// [`ChainError`]; when the call reverts, [`ChainError::revert_data`] says with what.
    pub async fn call(&self, to: Address, data: Bytes) -> Result<Bytes, ChainError> {
        let request = CallRequest { to, data, ..CallRequest::default() };
        self.call_with(&request).await
    }

    /// [`Self::call`] with a sender and a value.
    ///
    /// # Errors
    /// [`ChainError`]; when the call reverts, [`ChainError::revert_data`] says with what.
    pub async fn call_with(&self, request: &CallRequest) -> Result<Bytes, ChainError> {
        self.ask(RpcMethod::CALL, &(request.to_param(), "latest")).await
    }

    /// The gas limit a transaction needs, by the node's estimate.
    ///
    /// # Errors
    /// [`ChainError`]; when it reverts, [`ChainError::revert_data`] says with what.
    pub async fn estimate_gas(&self, request: &CallRequest) -> Result<Gas, ChainError> {
        self.ask_u64(RpcMethod::ESTIMATE_GAS, &[request.to_param()]).await.map(Gas)
    }

    /// The gas price a node suggests on chains without a base fee.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn gas_price(&self) -> Result<WeiPerGas, ChainError> {
        let price: Quantity = self.ask(RpcMethod::GAS_PRICE, &[(); 0]).await?;
        Ok(WeiPerGas(price.0))
    }

    /// Fees of the last `blocks` blocks, with each block's median tip.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn fee_history(&self, blocks: u64) -> Result<FeeHistory, ChainError> {
        self.ask(RpcMethod::FEE_HISTORY, &(format!("{blocks:#x}"), "latest", [50])).await
    }

    /// The tip a node suggests.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn max_priority_fee(&self) -> Result<WeiPerGas, ChainError> {
        let tip: Quantity = self.ask(RpcMethod::MAX_PRIORITY_FEE, &[(); 0]).await?;
        Ok(WeiPerGas(tip.0))
    }

    /// A transaction, mined or waiting; `None` when the node does not know it.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn transaction_by_hash(
        &self,
        tx: B256,
    ) -> Result<Option<TransactionView>, ChainError> {
        self.ask_opt(RpcMethod::TRANSACTION, &[tx]).await
    }

    /// A transaction's receipt; `None` while it is in no block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn receipt(&self, tx: B256) -> Result<Option<Receipt>, ChainError> {
        self.ask_opt(RpcMethod::RECEIPT, &[tx]).await
    }

    /// Receipts of many transactions, in one batch per [`Self::BATCH_MAX`]; those in no block are
    /// left out.
    ///
    /// # Errors
    /// [`ChainError`] when the node refuses any of the questions.
    pub async fn receipts(&self, txs: &[B256]) -> Result<Vec<Receipt>, ChainError> {
        let params: Vec<_> = txs.iter().map(|tx| [tx]).collect();
        let receipts = self.ask_batch_opt(RpcMethod::RECEIPT, &params).await?;
        Ok(receipts.into_iter().flatten().collect())
    }

    /// A block with the receipts of those of its transactions that `is_ours` names; receipts of
    /// others may be among them. `None` when the node does not have the block.
    ///
    /// Costs one request when nothing in the block is ours, else two. A node without
    /// `eth_getBlockReceipts` is remembered, and asked for our receipts in one batch.
    ///
    /// # Errors
    /// [`ChainError`]; also when the block was replaced between the two questions.
    pub async fn block_with_receipts(
        &self,
        number: u64,
        is_ours: impl Fn(&B256) -> bool,
    ) -> Result<Option<BlockWithReceipts>, ChainError> {
        let Some(block) = self.block(number).await? else { return Ok(None) };
        let ours: Vec<B256> = block.transactions.iter().copied().filter(is_ours).collect();
        let receipts = if ours.is_empty() {
            Vec::new()
        } else {
            self.receipts_in(&block.header, &ours).await?
        };
        let found = |tx: &B256| {
            receipts.iter().any(|r: &Receipt| r.tx == *tx && r.block_hash == block.header.hash)
        };
        if ours.iter().all(found) {
            return Ok(Some(BlockWithReceipts { block, receipts }));
        }
        let kind = ChainErrorKind::Malformed(format!("receipts of block {number} do not match it"));
        Err(self.error(RpcMethod::BLOCK_RECEIPTS, kind))
    }

    async fn receipts_in(
        &self,
        header: &BlockHeader,
        ours: &[B256],
    ) -> Result<Vec<Receipt>, ChainError> {
        if !self.receipts_one_by_one.load(Ordering::Relaxed) {
            let params = [BlockTag::Number(header.number).to_param()];
            match self.ask_opt(RpcMethod::BLOCK_RECEIPTS, &params).await {
                Ok(receipts) => return Ok(receipts.unwrap_or_default()),
                Err(error) if error.is_unsupported() => {
                    tracing::info!("the node has no eth_getBlockReceipts; asking one by one");
                    self.receipts_one_by_one.store(true, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
            }
        }
        self.receipts(ours).await
    }

    /// Sends a transaction, once. See [`SubmitOutcome`] for what the answer means.
    pub async fn send_raw(&self, tx: &SignedTx) -> SubmitOutcome {
        let body = envelope::single(RpcMethod::SEND_RAW, &[&tx.raw]);
        let answer = self.transport.post(body, Repeat::UntilSent).await;
        let answer = answer
            .and_then(|body| envelope::read_single::<B256>(&body))
            .map_err(|kind| self.error(RpcMethod::SEND_RAW, kind));
        self.outcome(tx, answer)
    }

    /// Sends several transactions in one request, in their order; one outcome for each.
    pub async fn send_raw_batch(&self, txs: &[SignedTx]) -> Vec<SubmitOutcome> {
        if let [tx] = txs {
            return vec![self.send_raw(tx).await];
        }
        let params: Vec<_> = txs.iter().map(|tx| [&tx.raw]).collect();
        let body = envelope::batch(RpcMethod::SEND_RAW, &params);
        let answer = self.transport.post(body, Repeat::UntilSent).await;
        let answers = answer
            .and_then(|body| envelope::read_batch::<B256>(&body, txs.len()))
            .map_err(|kind| self.error(RpcMethod::SEND_RAW, kind));
        match answers {
            Ok(answers) => {
                txs.iter().zip(answers).map(|(tx, answer)| self.outcome(tx, Ok(answer))).collect()
            }
            Err(error) => txs.iter().map(|tx| self.outcome(tx, Err(error.clone()))).collect(),
        }
    }

    fn outcome(
        &self,
        tx: &SignedTx,
        answer: Result<envelope::Outcome<B256>, ChainError>,
    ) -> SubmitOutcome {
        let failure = match answer {
            Ok(Ok(_)) => return SubmitOutcome::Accepted { tx: tx.hash },
            Ok(Err(failure)) => failure,
            Err(error) => match error.kind {
                ChainErrorKind::Refused(failure) => failure,
                _ if error.may_have_acted() => {
                    return SubmitOutcome::Unknown { tx: tx.hash, source: error };
                }
                _ => return SubmitOutcome::Rejected { reason: RejectReason::unsent(&error) },
            },
        };
        match classify(&failure) {
            Some(RejectReason::AlreadyKnown) => SubmitOutcome::Accepted { tx: tx.hash },
            Some(reason) => SubmitOutcome::Rejected { reason },
            // The node itself does not know what became of it.
            None => SubmitOutcome::Unknown {
                tx: tx.hash,
                source: self.error(RpcMethod::SEND_RAW, ChainErrorKind::Refused(failure)),
            },
        }
    }

    async fn ask_u64(&self, method: RpcMethod, params: &impl Serialize) -> Result<u64, ChainError> {
        let number: Quantity = self.ask(method, params).await?;
        self.fit(method, number)
    }

    fn fit(&self, method: RpcMethod, number: Quantity) -> Result<u64, ChainError> {
        u64::try_from(number.0).map_err(|_| {
            self.error(method, ChainErrorKind::Malformed(format!("{} is too large", number.0)))
        })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
    ) -> Result<T, ChainError> {
        self.ask_opt(method, params)
            .await?
            .ok_or_else(|| self.error(method, ChainErrorKind::Malformed("null".into())))
    }

    async fn ask_opt<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
    ) -> Result<Option<T>, ChainError> {
        let body = envelope::single(method, params);
        let answer = self.transport.post(body, Repeat::Safe).await;
        answer
            .and_then(|body| envelope::read_single(&body))
            .and_then(|outcome| outcome.map_err(ChainErrorKind::Refused))
            .map_err(|kind| self.error(method, kind))
    }

    async fn ask_batch<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &[impl Serialize],
    ) -> Result<Vec<T>, ChainError> {
        let answers = self.ask_batch_opt(method, params).await?;
        answers
            .into_iter()
            .collect::<Option<_>>()
            .ok_or_else(|| self.error(method, ChainErrorKind::Malformed("null".into())))
    }

    async fn ask_batch_opt<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &[impl Serialize],
    ) -> Result<Vec<Option<T>>, ChainError> {
        let mut answers = Vec::with_capacity(params.len());
        for chunk in params.chunks(Self::BATCH_MAX) {
            let body = envelope::batch(method, chunk);
            let answer = self.transport.post(body, Repeat::Safe).await;
            let outcomes = answer
                .and_then(|body| envelope::read_batch(&body, chunk.len()))
                .map_err(|kind| self.error(method, kind))?;
            for outcome in outcomes {
                answers.push(
                    outcome
                        .map_err(|failure| self.error(method, ChainErrorKind::Refused(failure)))?,
                );
            }
        }
        Ok(answers)
    }

    fn error(&self, method: RpcMethod, kind: ChainErrorKind) -> ChainError {
        ChainError { method, endpoint: self.transport.id().clone(), kind }
    }
}

#[cfg(test)]
mod tests;
