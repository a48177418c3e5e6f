//! The chain as the engine and the journeys hold it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use swell_core::target::SafeUrl;
use swell_net::clock::RunClock;
use swell_net::socket::SocketService;
use tokio_util::sync::CancellationToken;

use crate::fees::{FeeOracle, FeePolicy};
use crate::follower::{Follower, FollowerHandle, HeadFeed};
use crate::rpc::{ChainError, Rpc};

/// What to expect of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainOptions {
    /// The id it must answer with.
    pub chain_id: u64,
    /// Blocks until a transaction counts as final, its own block counted; at least 1.
    pub finality_blocks: u64,
    /// What the run is willing to pay for gas.
    pub fees: FeePolicy,
}

/// Why a chain cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// It did not answer.
    #[error("the chain could not be read, after {attempts} attempt{}", if *attempts == 1 { "" } else { "s" })]
    Unreachable {
        /// How often it was asked, by all requests to all its endpoints.
        attempts: u64,
        /// Why the last one failed.
        #[source]
        source: Box<ChainError>,
    },
    /// One of its endpoints serves another chain.
    #[error(
        "RPC endpoint {position}, {url}, serves chain {found}, the target names chain {expected}"
    )]
    WrongChain {
        /// Its place in the target file, from 1.
        position: usize,
        /// Where it is; shown without credentials.
        url: SafeUrl,
        /// What the node says.
        found: u64,
        /// What the target says.
        expected: u64,
    },
}

/// The chain: RPC, follower, fees and clock. Cheap to clone.
#[derive(Clone)]
pub struct ChainHandle {
    inner: Arc<Inner>,
}

struct Inner {
    rpc: Rpc,
    clock: RunClock,
    options: ChainOptions,
    follower: FollowerHandle,
    fees: FeeOracle,
    unreached: Vec<ChainError>,
    /// Until [`ChainHandle::run`] takes it.
    task: Mutex<Option<Follower>>,
    /// The same.
    feed: Mutex<Option<HeadFeed>>,
}

impl ChainHandle {
    /// Checks the chain's id, at every endpoint that answers, and reads its newest block.
    /// [`Self::run`] must run for anything to be noticed after that.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(
        rpc: Rpc,
        clock: RunClock,
        options: ChainOptions,
    ) -> Result<Self, ConnectError> {
        let before = attempts(&rpc);
        let unreached = verify(&rpc, options.chain_id, before).await?;
        let latest =
            rpc.latest_block_header().await.map_err(|source| unreachable(&rpc, before, source))?;
        let (task, follower) =
            Follower::new(rpc.clone(), clock.clone(), &latest, options.finality_blocks);
        let (noting, sent_at) = (follower.clone(), clock.clone());
        let rpc = rpc.telling(move |tx| noting.note_sent(tx.from, tx.nonce, sent_at.now()));
        let fees = FeeOracle::new(rpc.clone(), follower.clone(), options.fees);
        let task = Mutex::new(Some(task));
        let inner =
            Inner { rpc, clock, options, follower, fees, unreached, task, feed: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Has new heads announced by the nodes at `urls`, over WebSockets, so that blocks are read when
    /// they come and not when they are asked for. To be called before [`Self::run`].
    pub fn listen(&self, sockets: SocketService, urls: Vec<SafeUrl>) {
        let mut task = self.inner.task.lock().unwrap_or_else(PoisonError::into_inner);
        let feed =
            task.as_mut().filter(|_| !urls.is_empty()).map(|task| task.listen(sockets, urls));
        *self.inner.feed.lock().unwrap_or_else(PoisonError::into_inner) = feed;
    }

    /// The same chain seen anew: with a follower, and fee totals, of its own.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn afresh(&self) -> Result<Self, ConnectError> {
        let Inner { rpc, clock, options, .. } = &*self.inner;
        Self::connect(rpc.clone(), clock.clone(), *options).await
    }

    /// Follows the chain until `shutdown`. Spawn it once; a second call returns at once.
    pub async fn run(&self, shutdown: CancellationToken) {
        let task = self.inner.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(task) = task else { return };
        let feed = self.inner.feed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let listening = async {
            if let Some(feed) = feed {
                feed.run(&shutdown).await;
            }
        };
        let watching = self.inner.rpc.watch_over(self.chain_id(), &shutdown);
        tokio::join!(biased; task.run(shutdown.clone()), listening, watching);
    }

    /// Endpoints that did not answer when the chain was connected. They are used once they do.
    #[must_use]
    pub fn unreached(&self) -> &[ChainError] {
        &self.inner.unreached
    }

    /// JSON-RPC to it.
    #[must_use]
    pub fn rpc(&self) -> &Rpc {
        &self.inner.rpc
    }

    /// Its block follower.
    #[must_use]
    pub fn follower(&self) -> &FollowerHandle {
        &self.inner.follower
    }

    /// What to pay for gas.
    #[must_use]
    pub fn fees(&self) -> &FeeOracle {
        &self.inner.fees
    }

    /// Its id.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.inner.options.chain_id
    }

    /// Blocks until a transaction counts as final, its own block counted.
    #[must_use]
    pub fn finality_blocks(&self) -> u64 {
        self.inner.options.finality_blocks.max(1)
    }

    /// The run's clock.
    #[must_use]
    pub fn clock(&self) -> &RunClock {
        &self.inner.clock
    }
}

/// Checks which chain the endpoints serve, and returns why some of them did not say.
async fn verify(rpc: &Rpc, expected: u64, before: u64) -> Result<Vec<ChainError>, ConnectError> {
    let answers = rpc.verify(expected).await;
    let count = answers.len();
    let mut unreached = Vec::new();
    for (at, (answer, endpoint)) in answers.into_iter().zip(rpc.endpoints()).enumerate() {
        match answer {
            Ok(found) if found == expected => {}
            Ok(found) => {
                let url = endpoint.url;
                return Err(ConnectError::WrongChain { position: at + 1, url, found, expected });
            }
            Err(error) => unreached.push(error),
        }
    }
    if unreached.len() == count
        && let Some(error) = unreached.pop()
    {
        return Err(unreachable(rpc, before, error));
    }
    Ok(unreached)
}

/// Requests sent so far, to all endpoints, each repetition counted.
fn attempts(rpc: &Rpc) -> u64 {
    rpc.endpoint_rows().iter().map(|row| row.requests).sum()
}

/// `before`: attempts that were made for another purpose.
fn unreachable(rpc: &Rpc, before: u64, source: ChainError) -> ConnectError {
    let attempts = attempts(rpc).saturating_sub(before);
    ConnectError::Unreachable { attempts, source: Box::new(source) }
}

impl fmt::Debug for ChainHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainHandle(chain {})", self.chain_id())
    }
}
