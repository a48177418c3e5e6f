//! The service account: who uploads, and the key it signs with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use swell_core::target::SafeUrl;
use zeroize::Zeroizing;

/// Where tokens come from, unless the account says otherwise.
///
/// # Source
/// The published client.
const TOKEN_URL: &str = "https://www.googleapis.com/oauth2/v4/token";

/// A service account. Cheap to clone; its key is never shown, and wiped with the last clone.
#[derive(Clone)]
pub struct ServiceAccount {
    inner: Arc<Inner>,
}

struct Inner {
    email: String,
    token_url: SafeUrl,
    key: KeyPair,
}

/// What is wrong with a service account. Quotes nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceAccountError {
    /// It is not JSON.
    #[error("line {line} is not JSON; expected the key of a service account, as it is downloaded")]
    NotJson {
        /// Where, from 1.
        line: usize,
    },
    /// It is another kind of credential.
    #[error("its `type` is not `service_account`; expected the key of a service account")]
    OtherType,
    /// A field is missing.
    #[error("it has no `{field}`; expected the key of a service account, as it is downloaded")]
    Missing {
        /// Which.
        field: &'static str,
    },
    /// The key is none.
    #[error("its `private_key` is not a key; expected an RSA private key in PEM")]
    NotAKey,
    /// The token URL is none.
    #[error("its `token_uri` is not a URL; expected one that begins with https://")]
    TokenUrl,
}

/// The key could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service account's key cannot sign")]
pub struct SignError;

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_email: Option<String>,
    private_key: Option<String>,
    token_uri: Option<String>,
}

impl ServiceAccount {
    /// Reads the JSON that its owner downloads.
    ///
    /// # Errors
    /// [`ServiceAccountError`].
    pub fn parse(text: &str) -> Result<Self, ServiceAccountError> {
        let written: Written = serde_json::from_str(text)
            .map_err(|error| ServiceAccountError::NotJson { line: error.line().max(1) })?;
        if written.kind.is_some_and(|kind| kind != "service_account") {
            return Err(ServiceAccountError::OtherType);
        }
        let missing = |field| ServiceAccountError::Missing { field };
        let email = written.client_email.filter(|email| !email.is_empty());
        let email = email.ok_or(missing("client_email"))?;
        let key = written.private_key.map(Zeroizing::new).ok_or(missing("private_key"))?;
        let key = key_pair(&key).ok_or(ServiceAccountError::NotAKey)?;
        let token_url = written.token_uri.unwrap_or_else(|| TOKEN_URL.to_owned());
        if !is_safe(&token_url) {
            return Err(ServiceAccountError::TokenUrl);
        }
        Ok(Self { inner: Arc::new(Inner { email, token_url: SafeUrl::new(token_url), key }) })
    }

    /// Its name.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.inner.email
    }

    /// Where its tokens come from.
    #[must_use]
    pub fn token_url(&self) -> &SafeUrl {
        &self.inner.token_url
    }

    /// Signs `message`: RSA PKCS#1 v1.5 with SHA-256.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let key = &self.inner.key;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SignError)?;
        Ok(signature)
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceAccount({})", self.inner.email)
    }
}

/// Whether what is sent to `url` is read by nobody on the way: it is encrypted, or stays here.
fn is_safe(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    match url.scheme() {
        "https" => url.has_host(),
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "localhost")),
        _ => false,
    }
}

/// Reads PKCS#8, which service accounts have, or PKCS#1.
fn key_pair(pem: &str) -> Option<KeyPair> {
    let body = |label: &str| {
        let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let mut text = Zeroizing::new(String::with_capacity(body.len()));
        text.extend(body.chars().filter(|c| !c.is_ascii_whitespace()));
        STANDARD.decode(text.as_bytes()).map(Zeroizing::new).ok()
    };
    match (body("PRIVATE KEY"), body("RSA PRIVATE KEY")) {
        (Some(der), _) => KeyPair::from_pkcs8(&der).ok(),
        (None, Some(der)) => KeyPair::from_der(&der).ok(),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::testing::gcs::{new_key, pem};
    use super::*;

    #[test]
    fn what_is_wrong_is_said_without_quoting_it() {
        let key = pem(&new_key());
        let parse = |value: serde_json::Value| ServiceAccount::parse(&value.to_string());
        let account = json!({"type": "service_account", "client_email": "a@b", "private_key": key});
        assert_eq!(parse(account.clone()).unwrap().email(), "a@b");
        let with = |name: &str, value: serde_json::Value| {
            let mut changed = account.clone();
            changed[name] = value;
            parse(changed).unwrap_err()
        };
        use ServiceAccountError as E;
        assert_eq!(with("client_email", json!(null)), E::Missing { field: "client_email" });
        assert_eq!(with("private_key", json!(null)), E::Missing { field: "private_key" });
        let cut = key.replace("MII", "MIX");
        for none in ["hunter2", "", &cut] {
            let error = with("private_key", json!(none));
            assert_eq!(error, E::NotAKey);
        }
        assert_eq!(with("type", json!("authorized_user")), E::OtherType);
        for other in ["ftp://x", "http://tokens.example/token", "http://localhost.example/", ""] {
            assert_eq!(with("token_uri", json!(other)), E::TokenUrl, "{other}");
        }
        assert_eq!(
            ServiceAccount::parse("{\n\"type\": hunter2").unwrap_err(),
            E::NotJson { line: 2 }
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_an_account_or_refused(text in ".*", key in ".{0,40}") {
            let _refused = ServiceAccount::parse(&text);
            let key = format!("-----BEGIN PRIVATE KEY-----{key}-----END PRIVATE KEY-----");
            let account = json!({"client_email": "a@b", "private_key": key}).to_string();
            proptest::prop_assert!(ServiceAccount::parse(&account).is_err());
        }
    }

    #[test]
    fn nothing_of_the_key_is_shown() {
        let key = pem(&new_key());
        let account = json!({"client_email": "a@b", "private_key": key}).to_string();
        let shown = format!("{:?}", ServiceAccount::parse(&account).unwrap());
        assert_eq!(shown, "ServiceAccount(a@b)");
    }
}
