//! A user's call to a contract, whoever sends it. Authors meet no nonce and no fee.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use alloy_primitives::{Address, B256, Bytes, Log, LogData};
use swell_chain::{
    FeeTag, Inclusion, LaneError, SendError, SendRequest, Submitted, TxSpec, TxWatch,
};
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_core::units::{Gas, Wei};

use super::JourneyContext;
use crate::error::{Causes, StepError};
use crate::treasury::{RelayDebt, UserCall};

/// What a user wants a contract to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The contract.
    pub to: Address,
    /// What is paid along.
    pub value: Wei,
    /// Call data.
    pub data: Bytes,
}

/// A transaction that a node has, or that a relay says it has.
#[derive(Debug)]
pub struct Sent {
    hash: B256,
    way: Way,
}

/// Who sent it, and so who waits for it.
#[derive(Debug)]
enum Way {
    Own { submitted: Box<Submitted>, value: Wei },
    Lane(UserCall),
    Relay { watch: TxWatch, at: RunOffset, height: u64, debt: RelayDebt },
}

impl Sent {
    /// Its hash.
    #[must_use]
    pub const fn hash(&self) -> B256 {
        self.hash
    }
}

impl JourneyContext {
    /// Signs and submits `call` from the user's wallet. Returns once a node has accepted it.
    ///
    /// # Errors
    /// Class `rejected` when the node refused it, and the classes of the chain's answers.
    pub async fn send(&self, call: Call) -> Result<Sent, StepError> {
        let lease = self.wallet()?;
        let sizing = &self.ports().sizing;
        let value = call.value;
        let spec = self.spec(call);
        let nonce = self.nonce.load(Ordering::Acquire);
        let request = SendRequest {
            key: &lease.key,
            nonce,
            spec: &spec,
            quote: sizing.quote_within(self.held(lease)),
            fee_max: sizing.fee_max_within(self.held(lease)),
            tag: FeeTag::Journey,
            deadline: self.deadline(),
        };
        // Before anything leaves: from here on, whoever ends this step leaves a doubt behind.
        self.in_doubt.store(true, Ordering::Release);
        match self.chain().submit(request).await {
            Ok(submitted) => {
                self.note_tx(submitted.hash());
                self.nonce.store(nonce + 1, Ordering::Release);
                Ok(Sent {
                    hash: submitted.hash(),
                    way: Way::Own { submitted: Box::new(submitted), value },
                })
            }
            Err(error) => {
                self.note_tx(error.tx());
                self.in_doubt.store(error.may_have_spent(), Ordering::Release);
                Err(error.into())
            }
        }
    }

    /// Has a lane of the relayer send `call`, which must say by itself in whose name it is. Returns
    /// once a node has accepted it.
    ///
    /// # Errors
    /// Class `rejected` when the node refused it, `funding` when the lane has no money for it, and
    /// the classes of the chain's answers.
    pub async fn relay(&self, call: Call) -> Result<Sent, StepError> {
        let mut call = self.ports().calls.send(self.spec(call));
        let accepted = call.accepted().await?;
        self.note_tx(accepted.tx);
        Ok(Sent { hash: accepted.tx, way: Way::Lane(call) })
    }

    /// What the target's relay may pay for this user's call, from before it is asked.
    #[must_use]
    pub fn relay_debt(&self) -> RelayDebt {
        self.ports().calls.relay_debt()
    }

    /// Follows a transaction that the target's relay was asked for at `asked_at`, and has answered
    /// with this hash.
    #[must_use]
    pub fn follow(&self, hash: B256, asked_at: RunOffset, debt: RelayDebt) -> Sent {
        let (at, follower) = (self.clock().now(), self.chain().follower());
        self.note_tx(hash);
        self.ports().calls.stats().record_hash(at.saturating_since(asked_at));
        let (watch, height) = (follower.watch_foreign(hash), follower.head().number);
        Sent { hash, way: Way::Relay { watch, at, height, debt } }
    }

    /// Takes note that the target's relay is asked how a call is.
    pub fn note_relay_poll(&self) {
        self.ports().calls.stats().record_poll();
    }

    /// Waits until a transaction is included, and returns its logs.
    ///
    /// # Errors
    /// Class `reverted` when it was included and failed, `not-included` when it never was.
    pub async fn settle(&self, sent: Sent) -> Result<Vec<Log>, StepError> {
        let inclusion = match sent.way {
            Way::Own { mut submitted, value } => {
                let inclusion = submitted.included(self.deadline()).await?;
                self.in_doubt.store(false, Ordering::Release);
                if inclusion.success {
                    self.ports().books.pay(value);
                }
                inclusion
            }
            Way::Lane(call) => self.in_time(sent.hash, call.included()).await??,
            Way::Relay { mut watch, at, height, debt } => {
                let waiting = self.in_time(sent.hash, watch.included()).await?;
                let inclusion = waiting
                    .map_err(|error| StepError::new(FailureClass::Stopped, Causes(&error)))?;
                let took = self.clock().now().saturating_since(at);
                let mut stats = self.ports().calls.stats();
                stats.record_inclusion(took, inclusion.block.saturating_sub(height));
                stats.record_cost(inclusion.gas_used, inclusion.fee);
                drop(stats);
                debt.settle();
                inclusion
            }
        };
        if !inclusion.success {
            return Err(self.reverted(&inclusion));
        }
        Ok(inclusion.logs.iter().map(to_log).collect())
    }

    /// Waits for a block, and not longer than the journey lasts.
    async fn in_time<T>(&self, tx: B256, waiting: impl Future<Output = T>) -> Result<T, StepError> {
        tokio::select! {
            biased;
            done = waiting => Ok(done),
            () = self.clock().sleep_until(self.deadline()) => {
                Err(SendError::NotIncluded { tx }.into())
            }
        }
    }

    fn spec(&self, call: Call) -> TxSpec {
        let gas_limit = self.ports().sizing.gas_limit();
        TxSpec { to: call.to, value: call.value, gas_limit, data: call.data }
    }

    fn reverted(&self, inclusion: &Arc<Inclusion>) -> StepError {
        let out_of_gas = inclusion.gas_used >= self.ports().sizing.gas_limit();
        let why = if out_of_gas { ": it used all its gas" } else { "" };
        let Gas(used) = inclusion.gas_used;
        let words = format!("reverted in block {} after {used} gas{why}", inclusion.block);
        StepError::new(FailureClass::Reverted, words)
    }
}

fn to_log(log: &swell_chain::Log) -> Log {
    Log { address: log.address, data: LogData::new_unchecked(log.topics.clone(), log.data.clone()) }
}

impl From<SendError> for StepError {
    fn from(error: SendError) -> Self {
        Self::new(error.class(), Causes(&error))
    }
}

impl From<LaneError> for StepError {
    fn from(error: LaneError) -> Self {
        Self::new(error.class(), Causes(&error))
    }
}
