//! In which format `/metrics` is asked for.

use super::family::Family;
use super::{proto, text};

/// A format of `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposition {
    /// Prometheus text 0.0.4: what everybody reads.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
    /// Protobuf, length-delimited: the one with native histograms.
    Protobuf,
}

impl Exposition {
    /// In the order of preference of whoever has none.
    const ALL: [Self; 3] = [Self::Text, Self::OpenMetrics, Self::Protobuf];

    /// The format that whoever sent this `Accept` header likes best; text when it knows none of ours.
    #[must_use]
    pub fn negotiate(accept: Option<&str>) -> Self {
        let wanted = accept.into_iter().flat_map(|accept| accept.split(','));
        let known = wanted.filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default();
            let parameters: Vec<(&str, &str)> =
                parts.filter_map(|part| part.split_once('=')).collect();
            let of = |name: &str| {
                let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.trim_matches('"'))
            };
            let quality = of("q").map_or(Some(1.0), |q| q.parse::<f64>().ok()).unwrap_or(0.0);
            let format = Self::ALL.into_iter().find(|format| format.is_meant(media, &of))?;
            (quality > 0.0).then_some((format, quality))
        });
        // Of equals the first one that was named.
        let best = known.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(Self::Text, |(format, _)| format)
    }

    fn is_meant<'a>(self, media: &str, parameter: &dyn Fn(&str) -> Option<&'a str>) -> bool {
        match self {
            Self::Text => {
                matches!(media, "text/plain" | "text/*" | "*/*")
                    && parameter("version").is_none_or(|version| version == "0.0.4")
            }
            Self::OpenMetrics => {
                media == "application/openmetrics-text"
                    && parameter("version").is_none_or(|version| version == "1.0.0")
            }
            Self::Protobuf => {
                media == "application/vnd.google.protobuf"
                    && parameter("proto") == Some("io.prometheus.client.MetricFamily")
                    && parameter("encoding") == Some("delimited")
            }
        }
    }

    /// The `Content-Type` of what is written in it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited"
            }
        }
    }

    /// Writes `families` in it.
    #[must_use]
    pub fn write(self, families: &[Family<'_>]) -> Vec<u8> {
        match self {
            Self::Text => text::write(families, false).into_bytes(),
            Self::OpenMetrics => text::write(families, true).into_bytes(),
            Self::Protobuf => proto::write(families),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOBUF: &str = "application/vnd.google.protobuf;\
         proto=io.prometheus.client.MetricFamily;encoding=delimited";

    fn negotiated(accept: &str) -> Exposition {
        Exposition::negotiate(Some(accept))
    }

    #[test]
    fn whoever_asks_for_nothing_we_have_gets_text() {
        assert_eq!(Exposition::negotiate(None), Exposition::Text);
        for accept in ["", "*/*", "text/html", "text/plain;version=0.0.4;q=0.5", ";;=,;q=x"] {
            assert_eq!(negotiated(accept), Exposition::Text, "{accept}");
        }
        assert_eq!(negotiated("application/openmetrics-text;version=2.0.0"), Exposition::Text);
        assert_eq!(negotiated("application/openmetrics-text;q=0"), Exposition::Text);
    }

    #[test]
    fn what_prometheus_sends_is_understood() {
        let classic = "application/openmetrics-text;version=1.0.0,\
             application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(negotiated(classic), Exposition::OpenMetrics);
        assert_eq!(negotiated(&format!("{PROTOBUF},{classic};q=0.9")), Exposition::Protobuf);
        assert_eq!(negotiated(&format!("{PROTOBUF};q=0.3,text/plain;q=0.9")), Exposition::Text);
    }
}
