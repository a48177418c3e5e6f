//! A user's own transactions. Authors meet no nonce and no fee.

use std::sync::atomic::Ordering;

use alloy_primitives::{Address, B256, Bytes, Log, LogData};
use swell_chain::{FeeTag, Inclusion, SendError, SendRequest, Submitted, TxSpec};
use swell_core::journey::FailureClass;
use swell_core::units::{Gas, Wei};

use super::JourneyContext;
use crate::error::{Causes, StepError};

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

/// A transaction that a node has accepted.
#[derive(Debug)]
pub struct Sent {
    submitted: Submitted,
    value: Wei,
}

impl Sent {
    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.submitted.hash()
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
        let spec = TxSpec {
            to: call.to,
            value: call.value,
            gas_limit: sizing.gas_limit(),
            data: call.data,
        };
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
                Ok(Sent { submitted, value: call.value })
            }
            Err(error) => {
                self.note_tx(error.tx());
                self.in_doubt.store(error.may_have_spent(), Ordering::Release);
                Err(error.into())
            }
        }
    }

    /// Waits until a transaction is included, and returns its logs.
    ///
    /// # Errors
    /// Class `reverted` when it was included and failed, `not-included` when it never was.
    pub async fn settle(&self, mut sent: Sent) -> Result<Vec<Log>, StepError> {
        let inclusion = sent.submitted.included(self.deadline()).await?;
        self.in_doubt.store(false, Ordering::Release);
        if !inclusion.success {
            return Err(self.reverted(&inclusion));
        }
        self.ports().books.pay(sent.value);
        Ok(inclusion.logs.iter().map(to_log).collect())
    }

    fn reverted(&self, inclusion: &Inclusion) -> StepError {
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
