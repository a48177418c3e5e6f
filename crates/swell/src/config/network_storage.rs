//! The store of a network: what variables ask for, and the store that is made of it.

use std::path::PathBuf;

use swell_core::target::{EnvFileRef, KeyRef, SafeUrl, StorageTarget};

use super::env_file::EnvFile;

/// What variables ask for. Google Cloud Storage wins when both are configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageFromEnv {
    /// A bucket of Google Cloud Storage.
    Gcs(GcsFromEnv),
    /// Pinata.
    Pinata {
        /// Where its token is.
        jwt: KeyRef,
    },
    /// Nothing; the words say what is missing.
    None {
        /// Of what is there, what lacks a companion.
        lacks: &'static str,
    },
}

/// A bucket of Google Cloud Storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcsFromEnv {
    /// The bucket.
    pub bucket: String,
    /// What every object's name begins with.
    pub prefix: String,
    /// Where the service account is: JSON.
    pub credentials: KeyRef,
}

/// The prefix where no variable names one.
const PREFIX_DEFAULT: &str = "vana-load-test";

impl StorageFromEnv {
    /// Looks for the variables, in the process first and then in `file`.
    #[must_use]
    pub fn find(variable: &dyn Fn(&str) -> Option<String>, file: Option<&EnvFile>) -> Self {
        let value = |name: &str| {
            let own = variable(name).filter(|text| !text.is_empty());
            own.or_else(|| Some(file?.get(name)?.value().to_owned()))
        };
        let place = |name: &str| {
            if variable(name).is_some_and(|text| !text.is_empty()) {
                return Some(KeyRef::Env(name.to_owned()));
            }
            let file = file?;
            let (path, variable) = (PathBuf::from(&file.path), file.get(name)?.name.clone());
            Some(KeyRef::EnvFile(EnvFileRef { path, variable }))
        };
        let bucket = value("GOOGLE_CLOUD_STORAGE_BUCKET");
        let credentials = place("GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON");
        match (bucket, credentials, place("PINATA_JWT")) {
            (Some(bucket), Some(credentials), _) => {
                let prefix = value("GOOGLE_CLOUD_FOLDER_PREFIX");
                let prefix = prefix.unwrap_or_else(|| PREFIX_DEFAULT.to_owned());
                Self::Gcs(GcsFromEnv { bucket, prefix, credentials })
            }
            (_, _, Some(jwt)) => Self::Pinata { jwt },
            (Some(_), None, None) => Self::None { lacks: "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON" },
            (None, Some(_), None) => Self::None { lacks: "GOOGLE_CLOUD_STORAGE_BUCKET" },
            (None, None, None) => Self::None { lacks: "" },
        }
    }

    /// The store that is asked for.
    ///
    /// # Errors
    /// What is missing, as a phrase that follows "needs a store".
    pub fn store(&self) -> Result<StorageTarget, String> {
        match self {
            Self::Gcs(GcsFromEnv { bucket, .. }) => Err(format!(
                "and the variables name the bucket `{bucket}` of Google Cloud Storage, which this \
                 version cannot use; expected a target file"
            )),
            Self::Pinata { .. } => Err("and the variables name Pinata, which this version cannot use; \
                expected a target file"
                .to_owned()),
            Self::None { lacks: "" } => Err("and no variable names one; expected \
                GOOGLE_CLOUD_STORAGE_BUCKET with GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON, or PINATA_JWT, in \
                the environment or in the file that --env-file names"
                .to_owned()),
            Self::None { lacks } => Err(format!("and {lacks} is not set; expected both that and \
                its companion, or PINATA_JWT")),
        }
    }
}

/// A store for whoever stores nothing: a sweep, or a run in which users only get wallets.
#[must_use]
pub fn unused() -> StorageTarget {
    StorageTarget::Sandbox { url: SafeUrl::new("http://127.0.0.1:4000") }
}
