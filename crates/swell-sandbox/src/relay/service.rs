//! The relay without HTTP.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes, TxKind};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use http::StatusCode;
use serde_json::{Value, json};
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_vana::permissions::contracts::DataPortabilityPermissions::addServerFilesAndPermissionsCall;
use swell_vana::permissions::encode;

use super::answers::{Answer, RelayAnswers, confirmed, pending};
use super::failure::RelayFailure;
use super::request::{RelayRequest, Signed};
use crate::chain::{CallRequest, SharedChain, handle_rpc};
use crate::config::SandboxConfig;
use crate::contracts;
use crate::keys::PUBLISHED_RELAY_KEY;

/// The relay.
pub(crate) struct Relay {
    answers: RelayAnswers,
    chain: SharedChain,
    clock: RunClock,
    key: PrivateKeySigner,
    /// Held from taking a nonce to handing the transaction in: a nonce that the node refused is
    /// the next one's, and never left unused.
    sending: Mutex<()>,
    operations: Mutex<Operations>,
    /// How long an operation is remembered; `None` for ever.
    retention: Option<Duration>,
}

/// What a `status_check` may ask for.
#[derive(Default)]
struct Operations {
    count: u64,
    by_id: BTreeMap<String, B256>,
    /// In the order in which they are forgotten.
    ages: VecDeque<(RunOffset, String)>,
}

impl Relay {
    /// A relay that sends to `chain` from the account of [`PUBLISHED_RELAY_KEY`].
    ///
    /// # Errors
    /// Never: the key is a constant, and valid.
    pub(crate) fn new(
        config: &SandboxConfig,
        chain: SharedChain,
        clock: RunClock,
    ) -> Result<Self, alloy_signer::k256::ecdsa::Error> {
        Ok(Self {
            answers: config.relay_answers,
            chain,
            clock,
            key: PrivateKeySigner::from_bytes(&PUBLISHED_RELAY_KEY)?,
            sending: Mutex::default(),
            operations: Mutex::default(),
            retention: config.retention(),
        })
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, body: &[u8]) -> Answer {
        let answered = match RelayRequest::read(body) {
            Ok(RelayRequest::Submit(signed)) => self.submit(*signed),
            Ok(RelayRequest::Status(operation)) => self.status(&operation).await,
            Err(failure) => Err(failure),
        };
        answered.unwrap_or_else(|failure| self.answers.refused(&failure))
    }

    /// Sends what a user signed; does not wait for its block.
    fn submit(&self, signed: Signed) -> Result<Answer, RelayFailure> {
        let data = encode(&addServerFilesAndPermissionsCall {
            serverFilesAndPermissionInput: signed.message,
            signature: signed.signature.into(),
        });
        let request = CallRequest {
            from: Some(self.key.address()),
            to: Some(contracts::PERMISSIONS),
            data: data.clone(),
            ..CallRequest::default()
        };
        // What reverts is found here, before anything is sent.
        let gas_limit = self.chain.read(|chain| chain.estimate_gas(&request))?;
        let sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let raw = self.signed(gas_limit, data)?;
        let hash = self.chain.submit_raw(&raw)?;
        drop(sending);
        Ok(self.answers.accepted(hash, || self.remember(hash)))
    }

    fn signed(&self, gas_limit: u64, input: Bytes) -> Result<Vec<u8>, RelayFailure> {
        let who = self.key.address();
        let (nonce, base_fee, tip) = self.chain.read(|chain| {
            let base_fee = u128::from(chain.next_base_fee());
            (chain.pending_nonce(who), base_fee, chain.config().tip_suggested)
        });
        let tx = TxEip1559 {
            chain_id: self.chain.chain_id(),
            nonce,
            gas_limit,
            // The client library's: the base fee and a fifth, and the tip.
            max_fee_per_gas: base_fee + base_fee / 5 + tip,
            max_priority_fee_per_gas: tip,
            to: TxKind::Call(contracts::PERMISSIONS),
            input,
            ..TxEip1559::default()
        };
        let signature = self
            .key
            .sign_hash_sync(&tx.signature_hash())
            .map_err(|error| RelayFailure::Submission(error.to_string()))?;
        Ok(TxEnvelope::from(tx.into_signed(signature)).encoded_2718())
    }

    /// Notes a transaction for a later `status_check`, and gives the id to ask by.
    fn remember(&self, hash: B256) -> String {
        let mut operations = self.operations();
        let unix_ms = self.clock.unix_now().as_millis();
        let id = format!("relay_{unix_ms}_{}", operations.count);
        operations.count += 1;
        operations.by_id.insert(id.clone(), hash);
        if let Some(retention) = self.retention {
            operations.ages.push_back((self.clock.now() + retention, id.clone()));
        }
        id
    }

    async fn status(&self, operation: &str) -> Result<Answer, RelayFailure> {
        if !self.answers.has_store() {
            return Err(RelayFailure::UnknownOperation);
        }
        let hash = self.operations().by_id.get(operation).copied();
        let hash = hash.ok_or(RelayFailure::UnknownOperation)?;
        let receipt = self.receipt(hash).await;
        let answer = match receipt["status"].as_str() {
            None => pending(operation),
            Some("0x1") => confirmed(hash, &receipt),
            Some(_) => {
                let why = format!("Transaction {hash} reverted.");
                return Err(RelayFailure::Submission(why));
            }
        };
        Ok((StatusCode::OK, answer))
    }

    /// The transaction's receipt as the node gives it; null while there is none.
    async fn receipt(&self, hash: B256) -> Value {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionReceipt", "params": [hash],
        });
        let answer = handle_rpc(&self.chain, body.to_string().into()).await;
        let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        answer["result"].take()
    }

    /// Forgets operations that are older than they may be.
    pub(crate) fn prune(&self) {
        let now = self.clock.now();
        let mut operations = self.operations();
        while operations.ages.front().is_some_and(|(until, _)| *until <= now) {
            let Some((_, id)) = operations.ages.pop_front() else { break };
            operations.by_id.remove(&id);
        }
    }

    fn operations(&self) -> MutexGuard<'_, Operations> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
