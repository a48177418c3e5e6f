//! An endpoint's base URL, taken apart once.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use http::header::HeaderValue;
use http::uri::{Authority, Scheme};
use swell_core::target::SafeUrl;
use url::Url;

use crate::NetError;

/// An endpoint's base URL, taken apart.
#[derive(Clone)]
pub(super) struct Base {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end.
    path: String,
    query: Option<String>,
    authorization: Option<HeaderValue>,
    shown: SafeUrl,
}

impl fmt::Debug for Base {
    /// Path, query and authorization may each be a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

impl Base {
    pub(super) fn parse(base: &SafeUrl) -> Result<Self, NetError> {
        let invalid = || NetError::Invalid(format!("{base} is not an http or https URL"));
        let url = Url::parse(base.expose()).map_err(|_| invalid())?;
        let scheme = match url.scheme() {
            "http" => Scheme::HTTP,
            "https" => Scheme::HTTPS,
            _ => return Err(invalid()),
        };
        let host = url.host_str().ok_or_else(invalid)?;
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self {
            scheme,
            authority: authority.parse().map_err(|_| invalid())?,
            path: url.path().trim_end_matches('/').to_owned(),
            query: url.query().map(str::to_owned),
            authorization: basic_authorization(&url),
            shown: base.clone(),
        })
    }

    /// `Authorization` from the URL's user and password, if it has any.
    pub(super) const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// The URL, which shows itself without credentials.
    pub(super) const fn shown(&self) -> &SafeUrl {
        &self.shown
    }

    /// The absolute form of `uri`.
    pub(super) fn resolve(&self, uri: &Uri) -> Result<Uri, NetError> {
        if uri.host().is_some() {
            return if matches!(uri.scheme_str(), Some("http" | "https")) {
                Ok(uri.clone())
            } else {
                Err(NetError::Invalid("its URL is neither http nor https".into()))
            };
        }
        let (path, query) = (uri.path(), uri.query());
        let path = if path == "/" && !self.path.is_empty() { "" } else { path };
        let mut target = format!("{}{path}", self.path);
        if !target.starts_with('/') {
            target.insert(0, '/');
        }
        let mut separator = '?';
        for query in [self.query.as_deref(), query].into_iter().flatten() {
            target.push(separator);
            target.push_str(query);
            separator = '&';
        }
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(target)
            .build()
            .map_err(|_| NetError::Invalid("its path is not valid in a URL".into()))
    }
}

/// `Authorization` from a URL's user and password, if it has any.
pub(crate) fn basic_authorization(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_decoded(text);
    let mut credentials = decode(url.username());
    credentials.push(b':');
    credentials.extend(decode(url.password().unwrap_or_default()));
    let mut value =
        HeaderValue::try_from(format!("Basic {}", STANDARD.encode(credentials))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `%2B` and its like as the byte they stand for.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((&first, rest)) = bytes.split_first() {
        let escaped = match rest {
            [high, low, ..] if first == b'%' => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            decoded.push(high << 4 | low);
            bytes = &rest[2..];
        } else {
            decoded.push(first);
            bytes = rest;
        }
    }
    decoded
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(base: &str, path: &str) -> String {
        let uri = crate::request::get(path).unwrap().uri().clone();
        Base::parse(&SafeUrl::new(base)).unwrap().resolve(&uri).unwrap().to_string()
    }

    #[test]
    fn paths_go_below_the_base() {
        for (base, path, whole) in [
            ("http://h:1", "", "http://h:1/"),
            ("http://h:1/", "/x", "http://h:1/x"),
            ("https://h/api/v1", "/x?a=b", "https://h/api/v1/x?a=b"),
            ("https://h/api/v1/", "/x", "https://h/api/v1/x"),
            ("https://h/v2/KEY", "", "https://h/v2/KEY"),
            ("https://h/v2?key=K", "", "https://h/v2?key=K"),
            ("https://h?key=K", "/x?a=b", "https://h/x?key=K&a=b"),
            ("http://[::1]:8545", "/x", "http://[::1]:8545/x"),
            ("http://u:p@h", "/x", "http://h/x"),
            ("http://h", "https://other/y?sig=1", "https://other/y?sig=1"),
        ] {
            assert_eq!(resolve(base, path), whole, "{base} + {path}");
        }
    }

    #[test]
    fn a_user_and_a_password_become_a_header() {
        let base = Base::parse(&SafeUrl::new("http://me:p%40ss@h")).unwrap();
        // "me:p@ss"
        assert_eq!(base.authorization().unwrap(), "Basic bWU6cEBzcw==");
        assert!(!format!("{base:?}").contains("ss@"), "{base:?}");
    }

    #[test]
    fn what_is_no_http_url_is_refused_without_being_shown() {
        for bad in ["", "no url", "ftp://user:secret@h/", "http://"] {
            let error = Base::parse(&SafeUrl::new(bad)).unwrap_err();
            assert!(matches!(error, NetError::Invalid(_)), "{bad}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let base = Base::parse(&SafeUrl::new("http://h")).unwrap();
        assert!(base.resolve(&"h:80".parse().unwrap()).is_err());
        assert!(base.resolve(&"ws://h/".parse().unwrap()).is_err());
    }
}
