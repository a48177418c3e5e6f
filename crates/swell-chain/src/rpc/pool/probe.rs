//! Asks every endpoint now and then how it is, so that what is left alone can come back.

use std::time::Duration;

use futures_util::future::join_all;
use swell_net::CallOptions;
use tokio_util::sync::CancellationToken;

use super::{Pool, Reading};
use crate::rpc::envelope;
use crate::rpc::error::{ChainErrorKind, RpcMethod};
use crate::rpc::types::Quantity;
use swell_core::report::EndpointState;

impl Pool {
    /// Between two rounds of probes.
    const PROBE_EVERY: Duration = Duration::from_secs(2);
    /// The longest a probe may take.
    const PROBE_LIMIT: Duration = Duration::from_secs(5);
    /// The longest that an endpoint may take to say which chain it serves, and how often it is asked
    /// again. Whoever waits for it learns within ten seconds that no answer comes.
    const VERIFY_LIMIT: Duration = Duration::from_secs(3);
    const VERIFY_RETRIES: u32 = 2;

    /// Asks each endpoint for its newest block every two seconds, until `shutdown`. With a single
    /// endpoint there is nothing to choose, and nobody is asked.
    pub(in crate::rpc) async fn watch_over(&self, chain_id: u64, shutdown: &CancellationToken) {
        while self.len() > 1 {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = self.clock().sleep(Self::PROBE_EVERY) => {}
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = self.probe_all(chain_id) => {}
            }
        }
    }

    /// One round.
    async fn probe_all(&self, chain_id: u64) {
        let states: Vec<EndpointState> = self.views().into_iter().map(|view| view.state).collect();
        join_all(states.into_iter().enumerate().map(|(member, state)| async move {
            match state {
                EndpointState::OtherChain => {}
                EndpointState::Unverified => {
                    // An error leaves it as it is.
                    let _verified = self.verify(member, chain_id).await;
                }
                _ => self.probe(member).await,
            }
        }))
        .await;
    }

    /// Asks one endpoint which chain it serves, and for its newest block. `Ok` is the id.
    pub(in crate::rpc) async fn verify(
        &self,
        member: usize,
        chain_id: u64,
    ) -> Result<u64, ChainErrorKind> {
        // Where there are others, they may do.
        let retries = if self.len() > 1 { 1 } else { Self::VERIFY_RETRIES };
        let options = CallOptions::idempotent().timeout(Self::VERIFY_LIMIT).retries(retries);
        let body = envelope::single(RpcMethod::CHAIN_ID, &[(); 0]);
        let found = self.post(member, body.into(), options, read_quantity).await;
        let found = found.map(|reading| reading.value);
        self.note_chain_id(member, found.as_ref().ok().map(|found| *found == chain_id));
        if found == Ok(chain_id) {
            self.probe(member).await;
        }
        found
    }

    async fn probe(&self, member: usize) {
        let options = CallOptions::idempotent().retries(0).timeout(Self::PROBE_LIMIT);
        let body = envelope::single(RpcMethod::BLOCK_NUMBER, &[(); 0]);
        let head = self.post(member, body.into(), options, |body| {
            read_quantity(body).map(|Reading { value, .. }| Reading { value, head: Some(value) })
        });
        // Health has taken note of it, whatever it is.
        let _noted = head.await;
    }
}

fn read_quantity(body: &[u8]) -> Result<Reading<u64>, ChainErrorKind> {
    let outcome = envelope::read_single::<Quantity>(body)?;
    let quantity = outcome.map_err(ChainErrorKind::Refused)?;
    let value = quantity.and_then(|quantity| u64::try_from(quantity.0).ok());
    let value = value.ok_or_else(|| ChainErrorKind::Malformed("no number".into()))?;
    Ok(Reading { value, head: None })
}
