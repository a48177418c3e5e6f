//! Where user data goes. References to credentials, never credentials.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{EnvFileRef, SafeUrl};

/// Where user data goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StorageTarget {
    /// The sandbox's object store.
    Sandbox {
        /// Its base URL.
        url: SafeUrl,
    },
    /// Google Cloud Storage.
    Gcs(GcsTarget),
    /// Amazon S3, or a store that speaks its protocol.
    S3(S3Target),
    /// IPFS, through Pinata.
    Pinata(PinataTarget),
    /// A folder that Swell serves itself.
    Local(LocalTarget),
}

impl StorageTarget {
    /// The word that reports and lists of uploads use for the provider.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Sandbox { .. } => "sandbox",
            Self::Gcs(_) => "gcs",
            Self::S3(_) => "s3",
            Self::Pinata(_) => "pinata",
            Self::Local(_) => "local",
        }
    }

    /// Length of an object's URL, characters, where the kind alone tells it; for the estimate of
    /// gas.
    #[must_use]
    pub const fn url_chars(&self) -> Option<usize> {
        match self {
            Self::Sandbox { .. } | Self::Local(_) => None,
            Self::Gcs(GcsTarget { signed_urls: GcsUrls::V2, .. }) => Some(578),
            Self::Gcs(GcsTarget { signed_urls: GcsUrls::V4, .. }) => Some(859),
            Self::S3(S3Target { urls: S3Urls::Presigned, session_token: None, .. }) => Some(430),
            // A session's token is in the URL.
            Self::S3(S3Target { urls: S3Urls::Presigned, .. }) => Some(1_500),
            Self::S3(S3Target { urls: S3Urls::Public, .. }) => Some(120),
            // ipfs:// and a version 0 content identifier.
            Self::Pinata(_) => Some(53),
        }
    }
}

/// A reference to a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretRef {
    /// An environment variable that holds it.
    Env(String),
    /// A file that holds it.
    File(PathBuf),
    /// A variable of a `.env`, which is read as it is.
    EnvFile(EnvFileRef),
}

/// Google Cloud Storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GcsTarget {
    /// The bucket.
    pub bucket: String,
    /// What the names of objects begin with, before a slash.
    #[serde(default = "prefix_default")]
    pub prefix: String,
    /// The service account's key, JSON as its owner downloads it.
    pub credentials: SecretRef,
    /// How URLs are signed: the length of a URL is paid for in gas.
    #[serde(default)]
    pub signed_urls: GcsUrls,
    /// The service, where it is not Google's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<SafeUrl>,
}

impl GcsTarget {
    /// Google's own service.
    pub const URL: &str = "https://storage.googleapis.com";
}

/// How Google Cloud Storage signs URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GcsUrls {
    /// Version 2, about 570 characters: the default of the published client.
    #[default]
    V2,
    /// Version 4, about 860 characters.
    V4,
}

/// Amazon S3, or a store that speaks its protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Target {
    /// The bucket.
    pub bucket: String,
    /// Its region; stores without regions take `us-east-1` or `auto`.
    pub region: String,
    /// The service, where it is not Amazon's own. The bucket is then part of the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<SafeUrl>,
    /// What the names of objects begin with, before a slash.
    #[serde(default = "prefix_default")]
    pub prefix: String,
    /// The access key's id.
    pub access_key_id: SecretRef,
    /// The access key's secret.
    pub secret_access_key: SecretRef,
    /// The token of temporary credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<SecretRef>,
    /// What is written on the chain.
    #[serde(default)]
    pub urls: S3Urls,
}

/// How objects of an S3 bucket are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum S3Urls {
    /// By a signed URL.
    #[default]
    Presigned,
    /// By anybody: the bucket is public. The shortest URL.
    Public,
}

/// IPFS, through Pinata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinataTarget {
    /// The token.
    pub jwt: SecretRef,
    /// The service, where it is not Pinata's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<SafeUrl>,
}

impl PinataTarget {
    /// Pinata's own service.
    pub const URL: &str = "https://api.pinata.cloud";
}

/// A folder that Swell serves itself, as long as the run lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalTarget {
    /// The folder.
    pub folder: PathBuf,
    /// Address and port to answer at, such as `0.0.0.0:4100`.
    pub listen: core::net::SocketAddr,
    /// How the personal server reaches that address; what is written on the chain begins with it.
    pub url: SafeUrl,
}

/// The prefix that the flow's published client uses.
fn prefix_default() -> String {
    "vana-load-test".into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Result<StorageTarget, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn every_storage_is_written_as_it_is_read() {
        for written in [
            json!({"kind": "sandbox", "url": "http://h"}),
            json!({"kind": "gcs", "bucket": "b", "prefix": "p", "credentials": {"env": "A"},
                   "signed_urls": "v4", "url": "http://h"}),
            json!({"kind": "s3", "bucket": "b", "region": "r", "endpoint": "http://h",
                   "prefix": "p", "access_key_id": {"env": "A"}, "secret_access_key": {"file": "f"},
                   "session_token": {"env": "T"}, "urls": "public"}),
            json!({"kind": "pinata", "jwt": {"env": "A"}, "url": "http://h"}),
            json!({"kind": "local", "folder": "f", "listen": "127.0.0.1:1", "url": "http://h"}),
        ] {
            let storage = read(written.clone()).unwrap();
            assert_eq!(written["kind"], storage.label());
            assert_eq!(serde_json::to_value(&storage).unwrap(), written);
        }
    }

    #[test]
    fn what_is_left_out_is_what_the_published_client_does() {
        let gcs = json!({"kind": "gcs", "bucket": "b", "credentials": {"env": "A"}});
        let StorageTarget::Gcs(gcs) = read(gcs).unwrap() else { panic!("it is gcs") };
        assert_eq!((gcs.prefix.as_str(), gcs.signed_urls), ("vana-load-test", GcsUrls::V2));
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let typo = json!({"kind": "gcs", "buket": "b", "credentials": {"env": "A"}});
        let error = read(typo).unwrap_err().to_string();
        assert!(error.contains("buket"), "{error}");
    }
}
