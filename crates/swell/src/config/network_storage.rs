//! The store of a network: what variables ask for.

use std::path::PathBuf;

use swell_core::target::{
    EnvFileRef, GcsTarget, GcsUrls, PinataTarget, SafeUrl, SecretRef, StorageTarget,
};

use super::env_file::EnvFile;

/// The prefix where no variable names one.
const PREFIX_DEFAULT: &str = "vana-load-test";

/// The store that variables ask for, those of the process first and then those of `file`. Google
/// Cloud Storage wins when both it and Pinata are configured.
///
/// # Errors
/// What is missing, as a phrase that follows "needs a store".
pub fn find(
    variable: &dyn Fn(&str) -> Option<String>,
    file: Option<&EnvFile>,
) -> Result<StorageTarget, String> {
    let value = |name: &str| {
        let own = variable(name).filter(|text| !text.is_empty());
        own.or_else(|| Some(file?.get(name)?.value().to_owned()))
    };
    let place = |name: &str| {
        if variable(name).is_some_and(|text| !text.is_empty()) {
            return Some(SecretRef::Env(name.to_owned()));
        }
        let file = file?;
        let (path, variable) = (PathBuf::from(&file.path), file.get(name)?.name.clone());
        Some(SecretRef::EnvFile(EnvFileRef { path, variable }))
    };
    let bucket = value("GOOGLE_CLOUD_STORAGE_BUCKET");
    let credentials = place("GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON");
    let lacks = match (bucket, credentials, place("PINATA_JWT")) {
        (Some(bucket), Some(credentials), _) => {
            let prefix = value("GOOGLE_CLOUD_FOLDER_PREFIX");
            return Ok(StorageTarget::Gcs(GcsTarget {
                bucket,
                prefix: prefix.unwrap_or_else(|| PREFIX_DEFAULT.to_owned()),
                credentials,
                signed_urls: GcsUrls::default(),
                url: None,
            }));
        }
        (_, _, Some(jwt)) => return Ok(StorageTarget::Pinata(PinataTarget { jwt, url: None })),
        (Some(_), None, None) => "GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON",
        (None, Some(_), None) => "GOOGLE_CLOUD_STORAGE_BUCKET",
        (None, None, None) => {
            return Err("and no variable names one; expected GOOGLE_CLOUD_STORAGE_BUCKET with \
                GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON, or PINATA_JWT, in the environment or in the file \
                that --env-file names"
                .to_owned());
        }
    };
    Err(format!("and {lacks} is not set; expected both that and its companion, or PINATA_JWT"))
}

/// A store for whoever stores nothing: a sweep, or a run in which users only get wallets.
#[must_use]
pub fn unused() -> StorageTarget {
    StorageTarget::Sandbox { url: SafeUrl::new("http://127.0.0.1:4000") }
}
