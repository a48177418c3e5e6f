//! The personal server without HTTP.

use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::Address;
use swell_net::clock::RunClock;
use swell_vana::server::{
    CreateOperation, ErrorCode, Identity, MnemonicError, OperationCreated, ServerGeneration,
    ServerKey, ServerKeys,
};
use tokio::sync::Semaphore;

use super::download::Downloads;
use super::inference;
use super::operations::{OperationCounts, Operations, Throttled};
use super::rate_limit::{Limited, RateLimiter};
use super::records::{ContractCalls, Records};
use super::refusal::Refusal;
use crate::config::{Grantees, SandboxConfig};
use crate::keys::PUBLISHED_MNEMONIC;

/// The personal server of every user.
pub(crate) struct PersonalServer {
    generation: ServerGeneration,
    grantees: Grantees,
    keys: ServerKeys,
    chain: Box<dyn ContractCalls>,
    downloads: Downloads,
    limiter: RateLimiter,
    limited: AtomicU64,
    pub(crate) operations: Operations,
    /// One permit per file that is decrypted at once.
    decryptions: Semaphore,
    clock: RunClock,
}

impl PersonalServer {
    pub(crate) fn new(
        config: &SandboxConfig,
        chain: Box<dyn ContractCalls>,
        downloads: Downloads,
        clock: RunClock,
    ) -> Result<Self, MnemonicError> {
        Ok(Self {
            generation: config.generation,
            grantees: config.grantees,
            keys: ServerKeys::from_mnemonic(PUBLISHED_MNEMONIC)?,
            chain,
            downloads,
            limiter: RateLimiter::new(config.rate_limits),
            limited: AtomicU64::new(0),
            operations: Operations::new(config, clock.clone()),
            decryptions: Semaphore::new(config.decryptions_max.max(1)),
            clock,
        })
    }

    pub(crate) const fn generation(&self) -> ServerGeneration {
        self.generation
    }

    pub(crate) const fn downloads(&self) -> &Downloads {
        &self.downloads
    }

    pub(crate) const fn clock(&self) -> &RunClock {
        &self.clock
    }

    pub(crate) fn records(&self) -> Records<'_> {
        Records { calls: self.chain.as_ref(), grantees: self.grantees }
    }

    /// The key of the server that serves `user`.
    pub(crate) fn key_of(&self, user: Address) -> Result<ServerKey, Refusal> {
        self.keys.for_user(user).map_err(|_| Refusal::internal())
    }

    /// Counts a request against the rate limits.
    pub(crate) fn admit(&self, asked: Limited<'_>, ip: &str) -> Result<(), Refusal> {
        self.limiter.check(asked, ip, self.clock.unix_now()).map_err(|limited| {
            self.limited.fetch_add(1, Ordering::Relaxed);
            Refusal::Limited(limited)
        })
    }

    /// The server that serves the user at `address`, whose text is repeated as it was given.
    pub(crate) fn identity(&self, user: Address, address: &str) -> Result<Identity, Refusal> {
        Ok(self.key_of(user)?.identity(address))
    }

    /// Verifies `request` and hands it to the inference.
    pub(crate) async fn create(
        &self,
        request: &CreateOperation,
    ) -> Result<OperationCreated, Refusal> {
        let (grant, files) = self.verify(request).await?;
        let answer = inference::answer(&grant, &files, self.generation);
        let is_inference = grant.operation == swell_vana::grant::LLM_INFERENCE;
        let named = (!is_inference).then_some(grant.operation.as_str());
        self.operations.create(answer, named).map_err(|Throttled| {
            let detail = "Compute operation failed: Failed to create prediction: ReplicateError \
                          Details:\ntitle: err\nstatus: 429\ndetail: Request was throttled.";
            Refusal::new(ErrorCode::Compute, detail)
        })
    }

    /// Requests refused by a rate limit so far.
    pub(crate) fn limited(&self) -> u64 {
        self.limited.load(Ordering::Relaxed)
    }

    /// Counts of all operations so far.
    pub(crate) fn operation_counts(&self) -> OperationCounts {
        self.operations.counts()
    }

    /// Forgets what is older than it may be.
    pub(crate) fn prune(&self) {
        self.operations.prune();
    }

    /// Does the CPU work of a decryption: in real time on the runtime's threads for blocking work,
    /// a few at once, so that neither blocks nor answers wait for it; in virtual time right here.
    pub(crate) async fn decryption<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        if self.clock.is_virtual() {
            return work();
        }
        let permit = self.decryptions.acquire().await.map_err(|_| Refusal::internal())?;
        let done = tokio::task::spawn_blocking(work).await;
        drop(permit);
        done.unwrap_or_else(|_| Err(Refusal::internal()))
    }
}
