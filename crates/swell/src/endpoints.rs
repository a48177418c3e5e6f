//! Endpoints made from what a target file names.

use swell_chain::{ChainHandle, ChainOptions, FeePolicy, Rpc};
use swell_core::seed::Seed;
use swell_core::target::{SafeUrl, Target};
use swell_engine::Causes;
use swell_net::clock::RunClock;
use swell_net::limit::Limiter;
use swell_net::socket::web_sockets;
use swell_net::transport::SocketConfig;
use swell_net::{Endpoint, EndpointId, EndpointSettings, HttpService};

use crate::connection::ConnectionError;

/// Makes endpoints that share one transport.
pub(crate) struct Endpoints {
    pub(crate) transport: HttpService,
    pub(crate) clock: RunClock,
    pub(crate) seed: Seed,
    /// One for all: what one user learns of a host, every endpoint at that host heeds.
    pub(crate) limiter: Limiter,
}

impl Endpoints {
    /// Endpoints over one transport, which share one limiter.
    pub(crate) fn new(transport: HttpService, clock: RunClock, seed: Seed) -> Self {
        Self { transport, clock, seed, limiter: Limiter::default() }
    }

    /// One endpoint.
    ///
    /// # Errors
    /// [`ConnectionError::Net`] if `url` is none that can be reached.
    pub(crate) fn at(&self, name: &str, url: &SafeUrl) -> Result<Endpoint, ConnectionError> {
        Endpoint::new(
            EndpointId::new(name.to_owned()),
            url,
            self.transport.clone(),
            EndpointSettings { limiter: Some(self.limiter.clone()), ..EndpointSettings::default() },
            self.clock.clone(),
            self.seed,
        )
        .map_err(|source| ConnectionError::Net { what: format!("the {name} at {url}"), source })
    }

    /// The chain over all its endpoints: `rpc`, or `rpc-1` and on where there are several.
    ///
    /// # Errors
    /// [`ConnectionError`].
    pub(crate) async fn chain(
        &self,
        target: &Target,
        fees: FeePolicy,
    ) -> Result<ChainHandle, ConnectionError> {
        let urls = &target.chain.rpc;
        let name = |at: usize| match urls.len() {
            1 => "rpc".to_owned(),
            _ => format!("rpc-{}", at + 1),
        };
        let endpoints = urls.iter().enumerate().map(|(at, url)| self.at(&name(at), url));
        let mut endpoints = endpoints.collect::<Result<Vec<_>, _>>()?.into_iter();
        let first = endpoints.next().ok_or(ConnectionError::NoRpc)?;
        let rpc = Rpc::over(first, endpoints);
        let options = ChainOptions {
            chain_id: target.chain.id,
            finality_blocks: target.chain.finality_blocks,
            fees,
        };
        let chain = ChainHandle::connect(rpc, self.clock.clone(), options)
            .await
            .map_err(|source| ConnectionError::Chain { url: joined(urls), source })?;
        self.listen(&chain, &target.chain.ws)?;
        Ok(chain)
    }

    /// Has blocks announced where the target says who does. Virtual time knows no sockets.
    fn listen(&self, chain: &ChainHandle, urls: &[SafeUrl]) -> Result<(), ConnectionError> {
        if urls.is_empty() || self.clock.is_virtual() {
            return Ok(());
        }
        let sockets = web_sockets(&SocketConfig::default())
            .map_err(|source| ConnectionError::Net { what: joined(urls), source })?;
        chain.listen(sockets, urls.to_vec());
        Ok(())
    }
}

/// Shows them without credentials.
fn joined(urls: &[SafeUrl]) -> String {
    urls.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// One sentence for each endpoint that did not answer, while others did.
pub(crate) fn unreached(chain: &ChainHandle) -> Vec<String> {
    let endpoints = chain.rpc().endpoints();
    let url = |name: &str| {
        let endpoint = endpoints.iter().find(|endpoint| endpoint.name == name);
        endpoint.map(|endpoint| endpoint.url.to_string()).unwrap_or_default()
    };
    let sentences = chain.unreached().iter().map(|error| {
        let name = error.endpoint.as_str();
        format!(
            "{name}, {}, does not answer ({}); it is used once it does",
            url(name),
            Causes(&error.kind)
        )
    });
    sentences.collect()
}
