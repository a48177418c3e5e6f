//! How the personal server gets files: from the sandbox's own store, or over the network where it
//! was given one.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use swell_net::HttpService;
use swell_net::clock::RunClock;
use tower::ServiceExt;

use crate::store::{FetchError, ObjectStore};

/// How long one file may take.
///
/// # Source
/// The real server's.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How the personal server gets files.
pub(crate) struct Downloads {
    store: Arc<ObjectStore>,
    network: Option<HttpService>,
    clock: RunClock,
}

/// Why a file was not got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DownloadError {
    /// It lies elsewhere, and this sandbox opens no connections.
    Foreign,
    /// Status 403.
    Denied,
    /// Status 404.
    NotFound,
    /// Another status.
    Status(u16),
    /// No answer.
    Lost(String),
}

impl From<FetchError> for DownloadError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Foreign => Self::Foreign,
            FetchError::Denied => Self::Denied,
            FetchError::NotFound => Self::NotFound,
        }
    }
}

impl Downloads {
    pub(crate) const fn new(
        store: Arc<ObjectStore>,
        network: Option<HttpService>,
        clock: RunClock,
    ) -> Self {
        Self { store, network, clock }
    }

    /// The file behind `url`, as if by a plain GET.
    pub(crate) async fn get(&self, url: &str) -> Result<Bytes, DownloadError> {
        match (self.store.fetch(url), &self.network) {
            (Ok(object), _) => Ok(object.content),
            (Err(FetchError::Foreign), Some(network)) => {
                tokio::select! {
                    biased;
                    file = from_network(network.clone(), url) => file,
                    () = self.clock.sleep(TIMEOUT) => {
                        Err(DownloadError::Lost(format!("timed out after {} s", TIMEOUT.as_secs())))
                    }
                }
            }
            (Err(error), _) => Err(error.into()),
        }
    }
}

async fn from_network(network: HttpService, url: &str) -> Result<Bytes, DownloadError> {
    let lost = |why: &str| DownloadError::Lost(why.to_owned());
    let request =
        http::Request::get(url).body(Bytes::new()).map_err(|_| lost("the URL is not valid"))?;
    if request.uri().host().is_none() {
        return Err(lost("the URL names no host"));
    }
    let answer = network.oneshot(request).await.map_err(|error| lost(&error.to_string()))?;
    match answer.status() {
        status if status.is_success() => Ok(answer.into_body()),
        StatusCode::FORBIDDEN => Err(DownloadError::Denied),
        StatusCode::NOT_FOUND => Err(DownloadError::NotFound),
        status => Err(DownloadError::Status(status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use swell_core::seed::Seed;
    use tower::util::BoxCloneSyncService;

    use super::*;
    use crate::{Profile, SandboxConfig};

    fn downloads(network: Option<HttpService>) -> Downloads {
        let clock = RunClock::virtual_time();
        let config = SandboxConfig::of(Profile::Fast, Seed(1));
        let store = Arc::new(ObjectStore::new(&config, clock.clone()));
        Downloads::new(store, network, clock)
    }

    fn answers(status: u16) -> HttpService {
        BoxCloneSyncService::new(tower::service_fn(move |request: swell_net::Request| async move {
            let body = Bytes::from(request.uri().to_string());
            Ok(http::Response::builder().status(status).body(body).unwrap())
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_elsewhere_is_fetched_where_there_is_a_network() {
        let url = "http://store.example/a?signature=x";
        assert_eq!(downloads(None).get(url).await, Err(DownloadError::Foreign));
        assert_eq!(downloads(Some(answers(200))).get(url).await, Ok(Bytes::from(url)));
        for (status, error) in [
            (403, DownloadError::Denied),
            (404, DownloadError::NotFound),
            (503, DownloadError::Status(503)),
        ] {
            assert_eq!(downloads(Some(answers(status))).get(url).await, Err(error));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_answers_is_given_up() {
        let never = tower::service_fn(|_| std::future::pending());
        let error = downloads(Some(BoxCloneSyncService::new(never))).get("http://h/a").await;
        assert!(matches!(error, Err(DownloadError::Lost(_))), "{error:?}");
        let none = downloads(Some(answers(200))).get("not a url").await;
        assert!(matches!(none, Err(DownloadError::Lost(_))), "{none:?}");
    }
}
