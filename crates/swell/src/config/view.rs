//! Who else sees a run: pages, metrics, traces, files.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::http::HeaderValue;
use swell_core::target::SafeUrl;

use super::value::{Refusal, Value, quoted};

/// Who else sees a run.
#[derive(Clone, Debug, Default)]
pub struct ViewSettings {
    /// Where the page is served.
    pub web: Option<ListenAddress>,
    /// Where `/metrics` is served.
    pub metrics: Option<ListenAddress>,
    /// Who is sent the metrics by remote write.
    pub remote_write: Option<SinkUrl>,
    /// What is sent along with it.
    pub remote_write_authorization: Option<Authorization>,
    /// Who is sent metrics and traces by OTLP.
    pub otlp: Option<SinkUrl>,
    /// What is sent along with them.
    pub otlp_authorization: Option<Authorization>,
    /// Of how many users a trace is made; none without a collector.
    pub traces: TraceShare,
    /// Where events are written.
    pub events: Option<PathBuf>,
    /// Where the thresholds are written as JUnit XML.
    pub junit: Option<PathBuf>,
}

impl ViewSettings {
    /// Whether anybody is given histograms.
    #[must_use]
    pub const fn export(&self) -> bool {
        self.metrics.is_some() || self.remote_write.is_some() || self.otlp.is_some()
    }
}

/// An address to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenAddress(pub SocketAddr);

impl Value for ListenAddress {
    fn read(text: &str) -> Result<Self, Refusal> {
        let host_and_port = || text.replace("localhost", "127.0.0.1").parse().ok();
        let port_alone = || Some(SocketAddr::from(([127, 0, 0, 1], text.parse().ok()?)));
        host_and_port().or_else(port_alone).map(Self).ok_or_else(|| {
            "an IP address and a port, such as 127.0.0.1:4680, or a port alone".into()
        })
    }

    fn toml(&self) -> String {
        quoted(&self.0.to_string())
    }
}

/// The URL of somebody who is sent something. It holds no credentials: what is sent with it comes
/// from a variable, as the settings are written down.
#[derive(Clone, Debug)]
pub struct SinkUrl(pub SafeUrl);

impl Value for SinkUrl {
    fn read(text: &str) -> Result<Self, Refusal> {
        let url = url::Url::parse(text).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none()
        });
        let Some(url) = url else { return Err("an http or https URL".into()) };
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(Refusal::Sentence(
                "the URL of somebody who is sent metrics holds no credentials: put the \
                 Authorization header into SWELL_REMOTE_WRITE_AUTHORIZATION or \
                 SWELL_OTLP_AUTHORIZATION"
                    .into(),
            ));
        }
        Ok(Self(SafeUrl::new(text)))
    }

    fn toml(&self) -> String {
        quoted(self.0.expose())
    }
}

/// The variable with the `Authorization` of remote writes.
pub const REMOTE_WRITE_AUTHORIZATION: &str = "SWELL_REMOTE_WRITE_AUTHORIZATION";
/// The variable with the `Authorization` of what is sent by OTLP.
pub const OTLP_AUTHORIZATION: &str = "SWELL_OTLP_AUTHORIZATION";

/// The value of a header `Authorization`. It is never shown.
#[derive(Clone, Debug)]
pub struct Authorization(HeaderValue);

impl Authorization {
    /// Takes `text`; `None` if no header can hold it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// The header's value.
    #[must_use]
    pub const fn header(&self) -> &HeaderValue {
        &self.0
    }
}

/// A share of users, from none to all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TraceShare(pub f64);

impl Value for TraceShare {
    fn read(text: &str) -> Result<Self, Refusal> {
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        let share = percent.map(|percent| Self(percent / 100.0));
        share.ok_or_else(|| "a share from 0% to 100%, such as 1%".into())
    }

    fn toml(&self) -> String {
        quoted(&format!("{}%", self.0 * 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_with_or_without_a_host() {
        let read = |text| ListenAddress::read(text).map(|address| address.0.to_string());
        assert_eq!(read("127.0.0.1:80").unwrap(), "127.0.0.1:80");
        assert_eq!(read("localhost:80").unwrap(), "127.0.0.1:80");
        assert_eq!(read("4680").unwrap(), "127.0.0.1:4680");
        assert_eq!(read("[::1]:0").unwrap(), "[::1]:0");
        assert!(read("example.com:80").is_err() && read("99999").is_err() && read("").is_err());
    }

    #[test]
    fn whoever_is_sent_something_has_a_url_without_credentials() {
        assert!(SinkUrl::read("http://127.0.0.1:9090/api/v1/write").is_ok());
        assert_eq!(SinkUrl::read("ftp://h").unwrap_err(), "an http or https URL".into());
        for with_key in ["https://user:pass@h/", "https://h/?key=1"] {
            let refusal = SinkUrl::read(with_key).unwrap_err();
            assert!(matches!(refusal, Refusal::Sentence(words) if words.contains("AUTHORIZATION")));
        }
    }

    #[test]
    fn an_authorization_is_never_shown() {
        let shown = format!("{:?}", Authorization::new("Bearer t0ps3cret").unwrap());
        assert!(!shown.contains("t0ps3cret"), "{shown}");
        assert!(Authorization::new("Bearer a\nb").is_none());
    }

    #[test]
    fn a_share_is_in_percent() {
        assert_eq!(TraceShare::read("2.5%").unwrap(), TraceShare(0.025));
        assert_eq!(TraceShare(0.025).toml(), "\"2.5%\"");
        assert!(TraceShare::read("101%").is_err() && TraceShare::read("0.1").is_err());
    }
}
