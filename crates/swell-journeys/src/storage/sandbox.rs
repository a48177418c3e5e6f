//! The sandbox's object store.

use bytes::Bytes;
use serde::Deserialize;
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_engine::StepError;
use swell_net::{CallOptions, Endpoint, request};

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

    /// Uploads one object and returns its signed URL.
    ///
    /// # Errors
    /// The class of the store's answer, or of its absence.
    pub async fn upload(
        &self,
        name: &str,
        content_type: &'static str,
        content: Bytes,
        deadline: RunOffset,
    ) -> Result<String, StepError> {
        let request = request::put_bytes(&format!("/objects/{name}"), content_type, content)?;
        // The name is the user's own: writing it twice writes the same object.
        let options = CallOptions::idempotent().by(deadline).limit_scope("upload");
        let response = self.endpoint.send(request, options).await?;
        if !response.status().is_success() {
            return Err(StepError::from_status(response.status().as_u16(), response.body()));
        }
        serde_json::from_slice::<Stored>(response.body())
            .map(|stored| stored.url)
            .map_err(|_| StepError::new(FailureClass::Protocol, "the store's answer names no url"))
    }
}
