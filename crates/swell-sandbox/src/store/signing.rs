//! Download URLs that carry their own permission.

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::Sha256;
use swell_core::seed::Seed;
use url::Url;

/// How long a download URL works: 24 hours, like those of the flow that is played.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The shortest signature: one HMAC in hexadecimal digits.
const SIGNATURE_CHARS_MIN: usize = 64;

/// Why an object cannot be had by a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The URL is not one of this store's: the sandbox opens no connections.
    #[error("the URL is not one of the sandbox's object store")]
    Foreign,
    /// The signature is missing, wrong or expired.
    #[error("the download URL's signature is missing, wrong or expired")]
    Denied,
    /// There is no such object, or it was forgotten.
    #[error("there is no such object")]
    NotFound,
}

/// Signs download URLs and checks them.
pub(crate) struct SignedUrls {
    key: [u8; 32],
    /// `{base}/objects/`.
    prefix: String,
    /// The least length of a URL, in characters.
    url_chars: usize,
}

/// What a download URL claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct UrlSignature {
    expires: Option<String>,
    signature: Option<String>,
}

impl SignedUrls {
    pub(crate) fn new(seed: Seed, base_url: &str, url_chars: usize) -> Self {
        let mut key = [0; 32];
        seed.rng("sandbox.store.key").fill_bytes(&mut key);
        Self { key, prefix: format!("{base_url}/objects/"), url_chars }
    }

    /// The download URL of `name`, at least as long as configured.
    pub(crate) fn sign(&self, name: &str, unix_now: Duration) -> String {
        let expires = (unix_now + LIFETIME).as_secs();
        let mut url = self.unsigned(name, expires);
        let signature = self.signature(name, expires, url.len());
        url.push_str(&signature);
        url
    }

    /// Checks what a URL claims about `name`.
    pub(crate) fn check(
        &self,
        name: &str,
        claim: &UrlSignature,
        unix_now: Duration,
    ) -> Result<(), FetchError> {
        let expires: u64 = claim
            .expires
            .as_deref()
            .and_then(|text| text.parse().ok())
            .ok_or(FetchError::Denied)?;
        let unsigned_chars = self.unsigned(name, expires).len();
        let is_ours = claim.signature == Some(self.signature(name, expires, unsigned_chars));
        if is_ours && unix_now.as_secs() <= expires { Ok(()) } else { Err(FetchError::Denied) }
    }

    /// Name and claim of a URL of this store.
    pub(crate) fn parse(&self, url: &str) -> Result<(String, UrlSignature), FetchError> {
        if !url.starts_with(&self.prefix) {
            return Err(FetchError::Foreign);
        }
        let parsed = Url::parse(url).map_err(|_| FetchError::Foreign)?;
        let mut claim = UrlSignature::default();
        for (key, value) in parsed.query_pairs() {
            match key.as_ref() {
                "expires" => claim.expires = Some(value.into_owned()),
                "signature" => claim.signature = Some(value.into_owned()),
                _ => {}
            }
        }
        let path = url[self.prefix.len()..].split(['?', '#']).next().unwrap_or_default();
        let name = decoded(path).ok_or(FetchError::NotFound)?;
        Ok((name, claim))
    }

    fn unsigned(&self, name: &str, expires: u64) -> String {
        format!("{}{}?expires={expires}&signature=", self.prefix, encoded(name))
    }

    /// As many hexadecimal digits as make the URL long enough: HMACs over a counter.
    fn signature(&self, name: &str, expires: u64, unsigned_chars: usize) -> String {
        let chars = self.url_chars.saturating_sub(unsigned_chars).max(SIGNATURE_CHARS_MIN);
        let mut text = String::with_capacity(chars + SIGNATURE_CHARS_MIN);
        let mut block = 0_u32;
        while text.len() < chars {
            let mut mac = <Hmac<Sha256> as Mac>::new(&self.block_key().into());
            mac.update(&block.to_be_bytes());
            mac.update(format!("GET\n{expires}\n{name}").as_bytes());
            text.push_str(&hex::encode(mac.finalize().into_bytes()));
            block += 1;
        }
        text.truncate(chars);
        text
    }

    /// HMAC pads a shorter key with zeros, so a whole block holding it is the same key.
    fn block_key(&self) -> [u8; 64] {
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.key);
        block
    }
}

/// `name` as a URL path: all but unreserved characters and `/` as percent and two digits.
fn encoded(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for octet in name.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~/".contains(&octet) {
            path.push(char::from(octet));
        } else {
            // Writing to a string cannot fail.
            let _written = write!(path, "%{octet:02X}");
        }
    }
    path
}

fn decoded(path: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        if octet == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            octets.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            octets.push(octet);
            rest = after;
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_name_survives_its_url(name in "[^\u{0}-\u{1f}]{1,60}") {
            let urls = SignedUrls::new(Seed(1), "http://sandbox.localhost", 578);
            let now = Duration::from_secs(1_767_225_600);
            let url = urls.sign(&name, now);
            prop_assert!(url.len() >= 578);
            let (parsed, claim) = urls.parse(&url).unwrap();
            prop_assert_eq!(&parsed, &name);
            prop_assert_eq!(urls.check(&name, &claim, now), Ok(()));
        }
    }

    #[test]
    fn a_short_name_gives_exactly_the_asked_length() {
        let urls = SignedUrls::new(Seed(1), "http://sandbox.localhost", 578);
        assert_eq!(urls.sign("a", Duration::from_secs(1_767_225_600)).len(), 578);
    }
}
