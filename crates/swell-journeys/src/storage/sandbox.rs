//! The sandbox's object store.

use serde::Deserialize;
use swell_core::journey::FailureClass;
use swell_engine::StepError;
use swell_net::{CallOptions, Endpoint, request};

use super::object::Object;

/// The sandbox's object store.
#[derive(Clone, Debug)]
pub struct SandboxStore {
    endpoint: Endpoint,
}

#[derive(Debug, Deserialize)]
struct Stored {
    url: String,
}

impl SandboxStore {
    /// The store behind `endpoint`.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Uploads one object and returns its signed URL.
    pub(super) async fn upload(
        &self,
        object: &Object<'_>,
        options: CallOptions,
    ) -> Result<String, StepError> {
        let path = format!("/objects/{}", object.name);
        let request = request::put_bytes(&path, object.content_type, object.content.clone())?;
        let response = self.endpoint.send(request, options).await?;
        if !response.status().is_success() {
            return Err(StepError::from_status(response.status().as_u16(), response.body()));
        }
        serde_json::from_slice::<Stored>(response.body())
            .map(|stored| stored.url)
            .map_err(|_| StepError::new(FailureClass::Protocol, "the store's answer names no url"))
    }
}
