//! Reads balances and nonces of many accounts with few requests.

use alloy_primitives::Address;
use swell_chain::{ChainError, Rpc};
use swell_core::units::Wei;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// What the chain says of an account at its latest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// Its balance.
    pub balance: Wei,
    /// Its next nonce.
    pub nonce: u64,
}

/// Asks for accounts. Requests made while another is under way travel together in the next one.
#[derive(Clone, Debug)]
pub struct AccountReader {
    requests: mpsc::Sender<Request>,
}

#[derive(Debug)]
struct Request {
    account: Address,
    answer: oneshot::Sender<Option<AccountState>>,
}

impl AccountReader {
    /// Accounts read by one request.
    const BATCH_MAX: usize = 100;

    /// A reader, and the task that does its work.
    pub fn new(rpc: Rpc) -> (Self, ReaderTask) {
        let (requests, incoming) = mpsc::channel(Self::BATCH_MAX);
        (Self { requests }, ReaderTask { rpc, incoming })
    }

    /// The state of `account`, or `None` when it could not be read.
    pub async fn read(&self, account: Address) -> Option<AccountState> {
        let (answer, state) = oneshot::channel();
        self.requests.send(Request { account, answer }).await.ok()?;
        state.await.ok().flatten()
    }
}

/// The work of an [`AccountReader`].
#[derive(Debug)]
pub struct ReaderTask {
    rpc: Rpc,
    incoming: mpsc::Receiver<Request>,
}

impl ReaderTask {
    /// Serves requests until `stop`, or until nobody can ask any more.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(AccountReader::BATCH_MAX);
        loop {
            let count = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                count = self.incoming.recv_many(&mut batch, AccountReader::BATCH_MAX) => count,
            };
            if count == 0 {
                return;
            }
            self.answer(&mut batch).await;
        }
    }

    async fn answer(&self, batch: &mut Vec<Request>) {
        let accounts: Vec<Address> = batch.iter().map(|request| request.account).collect();
        let states = self.ask(&accounts).await;
        if let Err(error) = &states {
            tracing::warn!(%error, accounts = accounts.len(), "accounts could not be read");
        }
        let states = states.unwrap_or_default();
        for (position, request) in batch.drain(..).enumerate() {
            // Whoever asked may have gone.
            let _gone = request.answer.send(states.get(position).copied());
        }
    }

    async fn ask(&self, accounts: &[Address]) -> Result<Vec<AccountState>, ChainError> {
        let states = self.rpc.accounts(accounts).await?.into_iter();
        Ok(states.map(|(nonce, balance)| AccountState { balance, nonce }).collect())
    }
}
