//! The shape every layer has.

use std::future::Future;
use std::sync::Arc;

use tower::util::{BoxCloneSyncService, ServiceExt};

use crate::call::{CallOptions, Reading};
use crate::{HttpService, NetError, Request, Response};

/// One request in, one answer out: the shape of a layer.
///
/// It is `tower::Service` without readiness, which no layer of ours needs (a wait is part of the
/// exchange, so that it counts as time), and without a box a layer.
/// Exchanges are cancel-safe: dropping the future ends the attempt and leaves no state behind.
pub trait Exchange: Send + Sync + 'static {
    /// Answers `request`, or says why it cannot.
    fn exchange(&self, request: Request)
    -> impl Future<Output = Result<Response, NetError>> + Send;
}

/// The innermost exchange: hands the request to the transport.
#[derive(Clone, Debug)]
pub struct Transport(HttpService);

impl Transport {
    /// Hands requests to `service`.
    #[must_use]
    pub const fn new(service: HttpService) -> Self {
        Self(service)
    }
}

impl Exchange for Transport {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let CallOptions { body_max_bytes: limit, reading, .. } = CallOptions::of(&request);
        let response = self.0.clone().oneshot(request).await?;
        // Sockets stop reading there; what answers in the same process has its answer whole.
        match limit.filter(|limit| response.body().len() > *limit) {
            Some(limit) => Err(NetError::TooLarge { limit }),
            None => Ok(match reading {
                Some(Reading(read)) => read(response),
                None => response,
            }),
        }
    }
}

/// The same exchange as a `tower` service, to stand where a transport stands.
#[must_use]
pub fn into_service<E: Exchange>(exchange: E) -> HttpService {
    let exchange = Arc::new(exchange);
    BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
        let exchange = Arc::clone(&exchange);
        async move { exchange.exchange(request).await }
    }))
}
