//! Reads balances and nonces of many accounts with few requests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::Address;
use swell_chain::{ChainError, Rpc};
use swell_core::time::RunOffset;
use swell_core::units::Wei;
use swell_net::clock::RunClock;
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
    silence: Arc<Silence>,
}

/// Since when the chain has not answered.
#[derive(Debug)]
struct Silence {
    clock: RunClock,
    since: Mutex<Option<RunOffset>>,
}

#[derive(Debug)]
struct Request {
    account: Address,
    answer: oneshot::Sender<Option<AccountState>>,
}

impl AccountReader {
    /// Accounts read by one request.
    const BATCH_MAX: usize = 100;

    /// The longest one question may take, repetitions included.
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// The same for a chain that has been silent for longer than that.
    const TIMEOUT_SILENT: Duration = Duration::from_secs(3);

    /// A reader, and the task that does its work.
    pub fn new(rpc: Rpc, clock: RunClock) -> (Self, ReaderTask) {
        let (requests, incoming) = mpsc::channel(Self::BATCH_MAX);
        let silence = Arc::new(Silence { clock, since: Mutex::default() });
        let task = ReaderTask { rpc, incoming, silence: Arc::clone(&silence) };
        (Self { requests, silence }, task)
    }

    /// For how long the chain has answered none of the questions; nothing while it does.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        let since = *self.silence.since();
        since.map_or(Duration::ZERO, |since| self.silence.clock.now().saturating_since(since))
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
    silence: Arc<Silence>,
}

impl Silence {
    /// Never held across an await.
    fn since(&self) -> std::sync::MutexGuard<'_, Option<RunOffset>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait for an answer: less long for a chain that has long been silent.
    fn patience(&self) -> Duration {
        let since = *self.since();
        let silent = since.map(|since| self.clock.now().saturating_since(since));
        if silent.is_some_and(|silent| silent >= AccountReader::TIMEOUT) {
            AccountReader::TIMEOUT_SILENT
        } else {
            AccountReader::TIMEOUT
        }
    }

    fn hear(&self, answered: bool) {
        let mut since = self.since();
        if answered {
            *since = None;
        } else {
            since.get_or_insert(self.clock.now());
        }
    }
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
        self.silence.hear(states.is_ok());
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
        let rpc = self.rpc.by(self.silence.clock.now() + self.silence.patience());
        let states = rpc.accounts(accounts).await?.into_iter();
        Ok(states.map(|(nonce, balance)| AccountState { balance, nonce }).collect())
    }
}
