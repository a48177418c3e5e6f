//! Sees what the chain was asked to take, and what it took.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::Value;
use swell_engine::ledger::read_ledger;
use swell_net::exchange::Exchange;
use swell_net::{NetError, Request, Response};

use crate::accounts::{Account, Accounts};
use crate::payees::payees;

/// A transaction that the chain took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Its hash.
    pub hash: B256,
    /// Who signed it.
    pub from: Address,
    /// Its nonce.
    pub nonce: u64,
    /// Whom it pays or calls.
    pub to: Option<Address>,
    /// What it pays.
    pub value: U256,
    /// Call data.
    pub input: Bytes,
}

/// What the witness saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Everything the chain took, in order.
    pub(crate) accepted: Vec<Accepted>,
    /// Accounts that were paid although the ledger on disk did not know of them.
    pub(crate) unreserved: Vec<Account>,
}

pub(crate) type Testimony = Arc<Mutex<Seen>>;

/// Stands directly before the sandbox: no fault comes between them.
#[derive(Debug)]
pub(crate) struct Witness<E> {
    inner: E,
    testimony: Testimony,
    accounts: Accounts,
    ledger: PathBuf,
}

impl<E> Witness<E> {
    pub(crate) const fn new(
        inner: E,
        testimony: Testimony,
        accounts: Accounts,
        ledger: PathBuf,
    ) -> Self {
        Self { inner, testimony, accounts, ledger }
    }

    fn note(&self, taken: Vec<Accepted>) {
        let mut seen = self.testimony.lock().unwrap_or_else(PoisonError::into_inner);
        for accepted in &taken {
            let paid: Vec<Account> = payees(accepted.to, &accepted.input)
                .into_iter()
                .filter_map(|payee| self.accounts.of(payee))
                .collect();
            let from = self.accounts.of(accepted.from);
            let Accepted { hash, nonce, value, .. } = accepted;
            tracing::debug!(%hash, nonce, ?from, to = ?paid, %value, "taken");
            seen.unreserved.extend(paid.into_iter().filter(|account| !self.is_reserved(*account)));
        }
        seen.accepted.extend(taken);
    }

    /// Whether the ledger on disk knows, at this very moment, that the account may hold money.
    fn is_reserved(&self, account: Account) -> bool {
        let marks = || read_ledger(&self.ledger).map(|record| record.marks).unwrap_or_default();
        match account {
            Account::Relayer => true,
            Account::Lane(index) => u64::from(index) < marks().lanes,
            Account::Wallet(index) => u64::from(index) < marks().wallets,
        }
    }
}

impl<E: Exchange> Exchange for Witness<E> {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let calls = submissions(request.body());
        let response = self.inner.exchange(request).await?;
        if !calls.is_empty() {
            self.note(taken(&calls, response.body()));
        }
        Ok(response)
    }
}

/// Ids and transactions of the submissions in a request.
fn submissions(body: &[u8]) -> Vec<(Value, Bytes)> {
    const METHOD: &[u8] = b"eth_sendRawTransaction";
    if !body.windows(METHOD.len()).any(|window| window == METHOD) {
        return Vec::new();
    }
    let calls: Value = serde_json::from_slice(body).unwrap_or_default();
    let calls = calls.as_array().cloned().unwrap_or_else(|| vec![calls]);
    let raw = |call: &Value| call["params"][0].as_str()?.parse().ok();
    calls.iter().filter_map(|call| Some((call["id"].clone(), raw(call)?))).collect()
}

fn taken(calls: &[(Value, Bytes)], body: &[u8]) -> Vec<Accepted> {
    let answers: Value = serde_json::from_slice(body).unwrap_or_default();
    let answers = answers.as_array().cloned().unwrap_or_else(|| vec![answers]);
    let is_taken = |id: &Value| {
        answers.iter().any(|answer| answer["id"] == *id && answer["result"].is_string())
    };
    calls.iter().filter(|(id, _)| is_taken(id)).filter_map(|(_, raw)| decode(raw)).collect()
}

fn decode(raw: &Bytes) -> Option<Accepted> {
    let tx = TxEnvelope::decode_2718(&mut raw.as_ref()).ok()?;
    Some(Accepted {
        hash: *tx.tx_hash(),
        from: tx.recover_signer().ok()?,
        nonce: tx.nonce(),
        to: tx.to(),
        value: tx.value(),
        input: tx.input().clone(),
    })
}
