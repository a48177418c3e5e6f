//! Where user data goes.

mod sandbox;

pub use sandbox::SandboxStore;

use bytes::Bytes;
use swell_core::time::RunOffset;
use swell_engine::StepError;

/// A store of objects.
#[derive(Clone, Debug)]
pub enum Storage {
    /// The sandbox's.
    Sandbox(SandboxStore),
}

impl Storage {
    /// Uploads one object and returns the URL under which the personal server can fetch it.
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
        match self {
            Self::Sandbox(store) => store.upload(name, content_type, content, deadline).await,
        }
    }
}
