//! The storage that a target file names, opened.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use swell_core::target::{
    GcsTarget, LocalTarget, PinataTarget, S3Target, SafeUrl, SecretRef, StorageTarget,
};
use swell_journeys::storage::{
    GcsStore, LocalStore, PinataStore, Provider, S3Credentials, S3Error, S3Store, SandboxStore,
    ServiceAccount, ServiceAccountError, Storage,
};
use swell_net::Endpoint;
use zeroize::Zeroizing;

use crate::connection::ConnectionError;
use crate::endpoints::Endpoints;
use crate::key::{KeyInputs, SecretError, SecretText, load_secret, secret_place};

/// Storage, and what it is reached by.
pub(crate) struct OpenStorage {
    pub(crate) storage: Storage,
    pub(crate) endpoints: Vec<Endpoint>,
    /// What should be said aloud, such as a file that others may read.
    pub(crate) warnings: Vec<String>,
}

/// What it is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be written to, and read from by the personal server.
    Load,
    /// To delete what a run left.
    Cleanup,
}

/// Why storage cannot be used. Quotes no credential.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A credential is missing.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The service account is none.
    #[error("the service account in {place} cannot be used")]
    Account {
        /// Where it was looked for.
        place: String,
        /// What is wrong with it.
        #[source]
        source: ServiceAccountError,
    },
    /// The bucket has no name that can be used.
    #[error(transparent)]
    Bucket(#[from] S3Error),
    /// The token is none.
    #[error("the Pinata JWT in {place} is not a token; expected printable characters in one line")]
    Token {
        /// Where it was looked for.
        place: String,
    },
    /// The folder cannot be served.
    #[error("the folder {} cannot be served at {listen}", folder.display())]
    Serve {
        /// The folder.
        folder: PathBuf,
        /// The address.
        listen: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Opens the storage of a target. Sends nothing.
///
/// # Errors
/// [`ConnectionError`].
pub(crate) async fn open(
    target: &StorageTarget,
    endpoints: &Endpoints,
    purpose: Purpose,
) -> Result<OpenStorage, ConnectionError> {
    let mut opening = Opening { endpoints, used: Vec::new(), warnings: Vec::new() };
    let provider = match target {
        StorageTarget::Sandbox { url } => {
            Provider::Sandbox(SandboxStore::new(opening.at("storage", url)?))
        }
        StorageTarget::Gcs(gcs) => Provider::Gcs(opening.gcs(gcs)?),
        StorageTarget::S3(s3) => Provider::S3(opening.s3(s3)?),
        StorageTarget::Pinata(pinata) => Provider::Pinata(opening.pinata(pinata)?),
        StorageTarget::Local(local) => Provider::Local(serve(local, purpose).await?),
    };
    let storage = Storage::new(provider, endpoints.clock.clone());
    Ok(OpenStorage { storage, endpoints: opening.used, warnings: opening.warnings })
}

struct Opening<'a> {
    endpoints: &'a Endpoints,
    used: Vec<Endpoint>,
    warnings: Vec<String>,
}

impl Opening<'_> {
    fn at(&mut self, name: &str, url: &SafeUrl) -> Result<Endpoint, ConnectionError> {
        let endpoint = self.endpoints.at(name, url)?;
        self.used.push(endpoint.clone());
        Ok(endpoint)
    }

    fn secret(
        &mut self,
        what: &'static str,
        reference: &SecretRef,
    ) -> Result<SecretText, StorageError> {
        let loaded = load_secret(what, reference, &KeyInputs::of_process())?;
        self.warnings.extend(loaded.warnings);
        Ok(loaded.text)
    }

    fn gcs(&mut self, target: &GcsTarget) -> Result<GcsStore, ConnectionError> {
        let text = self.secret("the service account", &target.credentials)?;
        let account = ServiceAccount::parse(text.expose()).map_err(|source| {
            StorageError::Account { place: secret_place(&target.credentials), source }
        })?;
        let url = target.url.clone().unwrap_or_else(|| SafeUrl::new(GcsTarget::URL));
        let endpoint = self.at("storage", &url)?;
        let tokens = self.at("storage-token", account.token_url())?;
        Ok(GcsStore::new(target, endpoint, tokens, account))
    }

    fn s3(&mut self, target: &S3Target) -> Result<S3Store, ConnectionError> {
        let wiped = |text: &SecretText| Zeroizing::new(text.expose().to_owned());
        let key_id = self.secret("the access key's id", &target.access_key_id)?;
        let secret = self.secret("the access key's secret", &target.secret_access_key)?;
        let token = match &target.session_token {
            Some(reference) => Some(self.secret("the session's token", reference)?),
            None => None,
        };
        let credentials = S3Credentials {
            key_id: key_id.expose().to_owned(),
            secret: wiped(&secret),
            token: token.as_ref().map(wiped),
        };
        let endpoint = self.at("storage", &SafeUrl::new(S3Store::service_url(target)))?;
        let store = S3Store::new(target, endpoint, &credentials);
        Ok(store.map_err(StorageError::from)?)
    }

    fn pinata(&mut self, target: &PinataTarget) -> Result<PinataStore, ConnectionError> {
        let jwt = self.secret("the Pinata JWT", &target.jwt)?;
        let url = target.url.clone().unwrap_or_else(|| SafeUrl::new(PinataTarget::URL));
        let store = PinataStore::new(self.at("storage", &url)?, jwt.expose());
        let place = || StorageError::Token { place: secret_place(&target.jwt) };
        Ok(store.ok_or_else(place)?)
    }
}

async fn serve(target: &LocalTarget, purpose: Purpose) -> Result<LocalStore, StorageError> {
    let opened = match purpose {
        Purpose::Load => LocalStore::serve(target).await,
        Purpose::Cleanup => LocalStore::new(target),
    };
    opened.map_err(|source| StorageError::Serve {
        folder: target.folder.clone(),
        listen: target.listen,
        source,
    })
}
