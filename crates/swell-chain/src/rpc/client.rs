//! The methods we call, typed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_primitives::{Address, B256, Bytes};
use futures_util::future::join_all;
use swell_core::report::EndpointRow;
use swell_core::time::RunOffset;
use swell_core::units::{Gas, WeiPerGas};
use swell_net::Endpoint;
use tokio_util::sync::CancellationToken;

use super::error::{ChainError, ChainErrorKind, RpcMethod};
use super::pool::Pool;
use super::transport::Transport;
use super::types::{
    Block, BlockHeader, BlockTag, BlockWithReceipts, CallRequest, EndpointView, FeeHistory,
    Quantity, Receipt, Transfer, Transfers,
};
use crate::tx::SignedTx;

/// JSON-RPC to the chain. Cheap to clone.
///
/// Where there are several endpoints, questions are spread over the healthy ones and asked of
/// another when one fails. A sender's transactions stick to one endpoint and move on when it fails;
/// submissions are never repeated while their fate is unknown: see
/// [`SubmitOutcome`](crate::SubmitOutcome). What is asked about money is answered by a node that has
/// read at least as far as [`Self::require_block`] says.
#[derive(Clone)]
pub struct Rpc {
    pub(super) transport: Transport,
    /// Whether the node turned out not to know `eth_getBlockReceipts`.
    receipts_one_by_one: Arc<AtomicBool>,
    /// Told of each transaction before it leaves.
    pub(super) on_send: Option<OnSend>,
}

/// Told of each transaction before it leaves.
pub(super) type OnSend = Arc<dyn Fn(&SignedTx) + Send + Sync>;

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rpc({:?})", self.transport.pool)
    }
}

impl Rpc {
    /// Requests that go into one batch; nodes refuse more than some limit (geth: 1,000).
    pub const BATCH_MAX: usize = 500;

    /// A client of one endpoint. The endpoint's base is the node's URL.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self::over(endpoint, [])
    }

    /// A client of several endpoints of the same chain.
    #[must_use]
    pub fn over(first: Endpoint, others: impl IntoIterator<Item = Endpoint>) -> Self {
        let transport = Transport::new(Pool::new(first, others));
        Self { transport, receipts_one_by_one: Arc::default(), on_send: None }
    }

    /// The same, whose requests are over at `deadline`: attempts, waits and repetitions.
    #[must_use]
    pub fn by(&self, deadline: RunOffset) -> Self {
        Self { transport: self.transport.by(deadline), ..self.clone() }
    }

    /// The same, all of whose questions go to one endpoint, the healthy one that has read furthest:
    /// answers of different nodes need not fit together.
    #[must_use]
    pub fn on_one(&self) -> Self {
        Self { transport: self.transport.on_one(), ..self.clone() }
    }

    /// The same, which tells `on_send` of each transaction before it leaves.
    #[must_use]
    pub(crate) fn telling(self, on_send: impl Fn(&SignedTx) + Send + Sync + 'static) -> Self {
        Self { on_send: Some(Arc::new(on_send)), ..self }
    }

    /// From now on, questions about money need a node that has block `number`: it has been acted
    /// upon. Lower than before when the chain became shorter.
    pub fn require_block(&self, number: u64) {
        self.transport.pool.set_floor(number);
    }

    /// What is known of each endpoint, in the order given.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointView> {
        self.transport.pool.views()
    }

    /// A row for each endpoint, for the report.
    #[must_use]
    pub fn endpoint_rows(&self) -> Vec<EndpointRow> {
        self.transport.pool.rows()
    }

    /// Asks every endpoint which chain it serves: only those that answer with `chain_id` are used
    /// from here on. One answer each, in the order given.
    pub async fn verify(&self, chain_id: u64) -> Vec<Result<u64, ChainError>> {
        let pool = &self.transport.pool;
        let asked = (0..pool.len()).map(|member| async move {
            let found = pool.verify(member, chain_id).await;
            found.map_err(|kind| ChainError {
                method: RpcMethod::CHAIN_ID,
                endpoint: pool.id(member).clone(),
                kind,
            })
        });
        join_all(asked).await
    }

    /// Asks endpoints that are left alone how they are, until `shutdown`; `chain_id` is what those
    /// must answer that have never been reached.
    pub async fn watch_over(&self, chain_id: u64, shutdown: &CancellationToken) {
        self.transport.pool.watch_over(chain_id, shutdown).await;
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
        let method = RpcMethod::BLOCK_NUMBER;
        let number: Quantity = self
            .ask_head(method, &[(); 0], |number: &Quantity| {
                u64::try_from(number.0).unwrap_or(u64::MAX)
            })
            .await?;
        self.fit(method, number)
    }

    /// Header of the newest block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn latest_block_header(&self) -> Result<BlockHeader, ChainError> {
        let params = ("latest", false);
        self.ask_head(RpcMethod::BLOCK_BY_NUMBER, &params, |header: &BlockHeader| header.number)
            .await
    }

    /// A block and its transactions' hashes; `None` when the node does not have it.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn block(&self, number: u64) -> Result<Option<Block>, ChainError> {
        let params = (BlockTag::Number(number).to_param(), false);
        self.ask_opt(RpcMethod::BLOCK_BY_NUMBER, &params).await
    }

    /// What a block's transactions move; empty when no endpoint has the block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn transfers(&self, number: u64) -> Result<Vec<Transfer>, ChainError> {
        let method = RpcMethod::BLOCK_BY_NUMBER;
        let params = (BlockTag::Number(number).to_param(), true);
        let mut block: Option<Transfers> = self.ask_opt(method, &params).await?;
        if block.is_none() {
            // That one may lag behind.
            block = self.ask_any(method, &params).await;
        }
        Ok(block.map(|block| block.transactions).unwrap_or_default())
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
}

#[cfg(test)]
mod tests;
