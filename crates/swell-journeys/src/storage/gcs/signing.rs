//! URLs that carry their own permission, version 2 and 4.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::super::moment::basic;
use super::account::{ServiceAccount, SignError};

/// All but unreserved characters.
const ALL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, in which slashes stay.
const PATH: &AsciiSet = &ALL.remove(b'/');

/// `text` as one part of a path, or a value of a query.
pub(in crate::storage) fn encode_all(text: &str) -> String {
    utf8_percent_encode(text, ALL).to_string()
}

/// A URL that lacks its signature.
#[derive(PartialEq, Eq)]
pub(super) struct SignedUrl {
    url: String,
    text: String,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V2,
    V4,
}

impl SignedUrl {
    /// Version 2, until `expires`, in Unix seconds.
    pub(super) fn v2(base: &str, bucket: &str, name: &str, email: &str, expires: u64) -> Self {
        let path = path(bucket, name);
        Self {
            url: format!(
                "{base}{path}?GoogleAccessId={}&Expires={expires}&Signature=",
                encode_all(email)
            ),
            text: format!("GET\n\n\n{expires}\n{path}"),
            version: Version::V2,
        }
    }

    /// Version 4, for `lifetime` seconds from `now`, in Unix seconds.
    pub(super) fn v4(
        base: &str,
        bucket: &str,
        name: &str,
        email: &str,
        now: u64,
        lifetime: u64,
    ) -> Self {
        let path = path(bucket, name);
        let instant = basic(Duration::from_secs(now));
        let day = instant.split('T').next().unwrap_or_default();
        let scope = format!("{day}/auto/storage/goog4_request");
        let query = format!(
            "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential={}&X-Goog-Date={instant}\
             &X-Goog-Expires={lifetime}&X-Goog-SignedHeaders=host",
            encode_all(&format!("{email}/{scope}"))
        );
        let host = base.split_once("://").map_or(base, |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let canonical = format!("GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
        Self {
            url: format!("{base}{path}?{query}&X-Goog-Signature="),
            text: format!("GOOG4-RSA-SHA256\n{instant}\n{scope}\n{hash}"),
            version: Version::V4,
        }
    }

    /// The whole URL.
    pub(super) fn sign(self, account: &ServiceAccount) -> Result<String, SignError> {
        let signature = account.sign(self.text.as_bytes())?;
        let signature = match self.version {
            Version::V2 => encode_all(&STANDARD.encode(signature)),
            Version::V4 => hex::encode(signature),
        };
        Ok(self.url + &signature)
    }

    /// What is signed.
    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedUrl({:?})", self.version)
    }
}

fn path(bucket: &str, name: &str) -> String {
    format!("/{}/{}", encode_all(bucket), utf8_percent_encode(name, PATH))
}
