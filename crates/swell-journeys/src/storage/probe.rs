//! Whether a store can be used: one tiny object, uploaded, fetched and deleted again.

use swell_engine::StepError;
use swell_net::compute::Compute;
use swell_net::{CallOptions, request};

use super::object::Object;
use super::xml::refusal;
use super::{ObjectKind, Provider, Storage, UploadNote};

/// What was being tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeStage {
    /// Getting a token.
    Token,
    /// Uploading an object.
    Upload,
    /// Fetching it by the URL that goes on the chain.
    Fetch,
    /// Deleting it.
    Delete,
}

/// Why a store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeError {
    /// What was being tried.
    pub stage: ProbeStage,
    /// What came of it.
    pub error: StepError,
}

impl ProbeStage {
    const fn at(self, error: StepError) -> ProbeError {
        ProbeError { stage: self, error }
    }
}

impl Storage {
    /// Uploads one tiny object, fetches it by its URL where that does not need the wide world, and
    /// deletes it, or leaves it to the sandbox, which forgets. Returns the length of a user's URLs at
    /// most, characters, where nothing else tells it.
    ///
    /// # Errors
    /// What went wrong first. An object that could be uploaded is deleted all the same.
    pub async fn probe(&self, compute: &Compute) -> Result<Option<usize>, ProbeError> {
        const CONTENT: &[u8] = b"Swell can write here.\n";
        /// Users' names are longer than this one, and signatures differ in length.
        const LONGER_CHARS: usize = 30;
        let options = CallOptions::idempotent().retries(1).limit_scope("check");
        if let Provider::Gcs(store) = self.provider() {
            store.token(options, compute).await.map_err(|error| ProbeStage::Token.at(error))?;
        }
        let unix_us = self.clock().unix_now().as_micros();
        let kind = ObjectKind::Check;
        let name = self.name(kind, u64::try_from(unix_us).unwrap_or(u64::MAX));
        let object =
            Object { name: &name, content_type: kind.content_type(), content: CONTENT.into() };
        let uploaded = self.provider().upload(&object, options, compute).await;
        let url = uploaded.map_err(|error| ProbeStage::Upload.at(error))?;
        let fetched = self.fetch(&url, CONTENT, options).await;
        if !self.keeps() {
            fetched.map_err(|error| ProbeStage::Fetch.at(error))?;
            return Ok(None);
        }
        let note = UploadNote {
            provider: self.provider().label().to_owned(),
            bucket: self.provider().bucket().to_owned(),
            object: name.clone(),
            size: CONTENT.len() as u64,
        };
        let deleted = self.delete(&note, compute).await;
        fetched.map_err(|error| ProbeStage::Fetch.at(error))?;
        deleted.map_err(|error| ProbeStage::Delete.at(error))?;
        Ok(Some(url.chars().count() + LONGER_CHARS))
    }

    async fn fetch(
        &self,
        url: &str,
        expected: &[u8],
        options: CallOptions,
    ) -> Result<(), StepError> {
        let endpoint = match self.provider() {
            Provider::Gcs(store) => store.endpoint(),
            Provider::S3(store) => store.endpoint(),
            Provider::Sandbox(store) => store.endpoint(),
            // The public URL of a folder may be out of reach from here, and gateways take minutes.
            Provider::Local(_) | Provider::Pinata(_) => return Ok(()),
        };
        let response = endpoint.send(request::get(url)?, options).await?;
        if response.status() == http::StatusCode::OK && response.body() == expected {
            return Ok(());
        }
        // Both answer a GET of a signed URL in XML.
        Err(refusal(&response))
    }
}
