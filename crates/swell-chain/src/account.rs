//! Sending one transaction of an account that is used by nobody else at the time.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use swell_core::time::RunOffset;
use swell_core::units::WeiPerGas;

use crate::fees::{FeeQuote, replacement};
use crate::follower::{FeeTag, Inclusion, TxRegistration, TxState, TxWatch, WatchError};
use crate::handle::ChainHandle;
use crate::keys::AccountKey;
use crate::rpc::ChainError;
use crate::submit::{RejectReason, SubmitOutcome};
use crate::tx::{SignedTx, TxSpec};

/// Why a transaction did not get into a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The node refused it: nothing was spent.
    #[error("the node refused transaction {tx}")]
    Rejected {
        /// Its hash.
        tx: B256,
        /// Why.
        #[source]
        reason: RejectReason,
    },
    /// The deadline came before it was known whether a node has it: the nonce may be spent.
    #[error("it is not known whether transaction {tx} was taken")]
    Unknown {
        /// Its hash.
        tx: B256,
        /// What came instead of an answer.
        #[source]
        source: ChainError,
    },
    /// A node took it, and the deadline came before a block did.
    #[error("transaction {tx} was accepted and not included in time")]
    NotIncluded {
        /// Its hash.
        tx: B256,
    },
    /// Nothing will be noticed any more.
    #[error("transaction {tx} is no longer followed")]
    Stopped {
        /// Its hash.
        tx: B256,
        /// Why.
        #[source]
        source: WatchError,
    },
}

impl SendError {
    /// The transaction's hash.
    #[must_use]
    pub const fn tx(&self) -> B256 {
        match self {
            Self::Rejected { tx, .. }
            | Self::Unknown { tx, .. }
            | Self::NotIncluded { tx }
            | Self::Stopped { tx, .. } => *tx,
        }
    }

    /// Whether the account's nonce and money may be spent.
    #[must_use]
    pub const fn may_have_spent(&self) -> bool {
        !matches!(self, Self::Rejected { .. })
    }

    /// The class reports count it under.
    #[must_use]
    pub fn class(&self) -> swell_core::journey::FailureClass {
        use swell_core::journey::FailureClass;
        match self {
            Self::Rejected { reason: RejectReason::Reverted { .. }, .. } => FailureClass::Reverted,
            Self::Rejected { reason: RejectReason::RateLimited, .. } => FailureClass::RateLimited,
            Self::Rejected { reason: RejectReason::Unreachable, .. } => FailureClass::Transport,
            Self::Rejected { .. } => FailureClass::Rejected,
            Self::Unknown { source, .. } => source.class(),
            Self::NotIncluded { .. } => FailureClass::NotIncluded,
            Self::Stopped { .. } => FailureClass::Stopped,
        }
    }
}

/// What to send, in whose name, and until when.
#[derive(Clone, Copy, Debug)]
pub struct SendRequest<'a> {
    /// The sender.
    pub key: &'a AccountKey,
    /// Its nonce.
    pub nonce: u64,
    /// What to do.
    pub spec: &'a TxSpec,
    /// What to pay for gas.
    pub quote: FeeQuote,
    /// The most a unit of gas may cost, should the transaction have to be replaced.
    pub fee_max: WeiPerGas,
    /// Where the fee belongs.
    pub tag: FeeTag,
    /// When to give up asking.
    pub deadline: RunOffset,
}

/// A transaction that a node has. Dropping it ends the waiting, not the book-keeping.
#[derive(Debug)]
#[must_use]
pub struct Submitted {
    chain: ChainHandle,
    key: AccountKey,
    spec: TxSpec,
    /// What the newest version offers.
    quote: FeeQuote,
    fee_max: WeiPerGas,
    /// The newest version; older ones differ in their fees only.
    tx: SignedTx,
    watch: TxWatch,
}

impl ChainHandle {
    /// Announces, signs and sends one transaction, until a node has it.
    ///
    /// Without an answer it looks the transaction up and sends the same bytes again; a full pool is
    /// asked again. The hash is known when this returns.
    ///
    /// # Errors
    /// [`SendError::Rejected`]: nothing was spent. [`SendError::Unknown`]: something may have been.
    pub async fn submit(&self, request: SendRequest<'_>) -> Result<Submitted, SendError> {
        let SendRequest { key, nonce, spec, quote, fee_max, tag, deadline } = request;
        let tx = spec.sign(key, self.chain_id(), nonce, &quote);
        let registration = TxRegistration { from: tx.from, nonce, hash: tx.hash, tag };
        let watch = self.follower().watch_tx(&registration);
        match self.deliver(&tx, &watch, deadline).await {
            Ok(()) => {
                let (chain, key, spec) = (self.clone(), key.clone(), spec.clone());
                Ok(Submitted { chain, key, spec, quote, fee_max, tx, watch })
            }
            Err(error) => {
                if !error.may_have_spent() {
                    watch.cancel();
                }
                Err(error)
            }
        }
    }

    /// [`Self::submit`], then [`Submitted::included`].
    ///
    /// # Errors
    /// [`SendError`]. A transaction that was included and reverted is no error here.
    pub async fn send(&self, request: SendRequest<'_>) -> Result<Arc<Inclusion>, SendError> {
        let deadline = request.deadline;
        self.submit(request).await?.included(deadline).await
    }

    async fn deliver(
        &self,
        tx: &SignedTx,
        watch: &TxWatch,
        deadline: RunOffset,
    ) -> Result<(), SendError> {
        let mut pause = Duration::from_millis(250);
        // What the last doubtful answer was. From the first one on, the nonce may be spent.
        let mut doubt: Option<ChainError> = None;
        loop {
            let failed = match self.rpc().by(deadline).send_raw(tx).await {
                SubmitOutcome::Accepted { .. } => return Ok(()),
                SubmitOutcome::Rejected { reason } => match doubt.clone() {
                    None if reason.is_passing() => SendError::Rejected { tx: tx.hash, reason },
                    None => return Err(SendError::Rejected { tx: tx.hash, reason }),
                    // An earlier attempt may have got through, and be why this one did not.
                    Some(source) => {
                        if self.is_known(tx, watch).await.unwrap_or(false) {
                            return Ok(());
                        }
                        if !reason.is_passing() && self.is_unspent(tx).await.unwrap_or(false) {
                            return Err(SendError::Rejected { tx: tx.hash, reason });
                        }
                        SendError::Unknown { tx: tx.hash, source }
                    }
                },
                SubmitOutcome::Unknown { source, .. } => {
                    doubt = Some(source.clone());
                    if self.is_known(tx, watch).await.unwrap_or(false) {
                        return Ok(());
                    }
                    SendError::Unknown { tx: tx.hash, source }
                }
            };
            if self.clock().now() + pause >= deadline {
                return Err(failed);
            }
            self.clock().sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(4));
        }
    }

    /// Whether the node has the transaction, waiting or mined.
    async fn is_known(&self, tx: &SignedTx, watch: &TxWatch) -> Result<bool, ChainError> {
        let view = self.rpc().transaction_by_hash(tx.hash).await?;
        if view.is_some_and(|view| view.block_number.is_some()) {
            watch.look_up();
        }
        Ok(view.is_some())
    }

    /// Whether no block has spent the nonce, and no node's pool holds anything that would.
    async fn is_unspent(&self, tx: &SignedTx) -> Result<bool, ChainError> {
        Ok(self.rpc().nonce_everywhere(tx.from).await? <= tx.nonce)
    }
}

impl Submitted {
    /// Blocks without inclusion after which it is replaced at a higher fee, or, where that is not
    /// allowed, sent again: pools forget.
    const STUCK_BLOCKS: u64 = 5;

    /// The hash of its newest version.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.tx.hash
    }

    /// Waits until a block includes it. Cancel-safe.
    ///
    /// # Errors
    /// [`SendError::NotIncluded`] at the deadline, [`SendError::Stopped`].
    pub async fn included(&mut self, deadline: RunOffset) -> Result<Arc<Inclusion>, SendError> {
        self.confirmed(1, deadline).await
    }

    /// Waits until it is `depth` blocks deep, its own block counted. Cancel-safe.
    ///
    /// # Errors
    /// [`SendError::NotIncluded`] at the deadline, [`SendError::Stopped`].
    pub async fn confirmed(
        &mut self,
        depth: u64,
        deadline: RunOffset,
    ) -> Result<Arc<Inclusion>, SendError> {
        let clock = self.chain.clock().clone();
        let follower = self.chain.follower().clone();
        let mut stuck_at = follower.head().number + Self::STUCK_BLOCKS;
        loop {
            let tx = self.tx.hash;
            tokio::select! {
                biased;
                inclusion = self.watch.confirmed(depth) => {
                    return inclusion.map_err(|source| SendError::Stopped { tx, source });
                }
                () = clock.sleep_until(deadline) => return Err(SendError::NotIncluded { tx }),
                _ = follower.wait_for_block(stuck_at) => {
                    stuck_at = follower.head().number + Self::STUCK_BLOCKS;
                    if self.watch.state() == TxState::Pending {
                        self.send_again(deadline).await;
                    }
                }
            }
        }
    }

    /// Offers a tenth more for gas, within the means; beyond them, sends the same bytes again.
    ///
    /// Whatever the node answers: every version is out, and watched as one with the others.
    async fn send_again(&mut self, deadline: RunOffset) {
        if let Ok(quote) = replacement(self.quote, self.fee_max) {
            let chain_id = self.chain.chain_id();
            self.tx = self.spec.sign(&self.key, chain_id, self.tx.nonce, &quote);
            self.quote = quote;
            self.watch.add_replacement(self.tx.hash);
        }
        let _again = self.chain.rpc().by(deadline).send_raw(&self.tx).await;
        self.watch.look_up();
    }
}

#[cfg(test)]
mod tests;
