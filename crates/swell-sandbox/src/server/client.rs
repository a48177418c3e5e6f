//! Who asks.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::request::Parts;

/// The client's IP address as the personal server takes it: the first entry of `X-Forwarded-For`,
/// else `X-Real-IP`, else the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientIp(pub(crate) String);

/// The peer of a request that came over no socket.
const IN_PROCESS: &str = "in-process";

impl<S: Sync> FromRequestParts<S> for ClientIp {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self::of(&parts.headers, peer.map(|peer| peer.0)))
    }
}

impl ClientIp {
    fn of(headers: &HeaderMap, peer: Option<SocketAddr>) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded = text("x-forwarded-for").and_then(|list| list.split(',').next());
        let named = [forwarded, text("x-real-ip")]
            .into_iter()
            .flatten()
            .map(str::trim)
            .find(|address| !address.is_empty());
        let peer = || peer.map_or_else(|| IN_PROCESS.to_owned(), |peer| peer.ip().to_string());
        Self(named.map_or_else(peer, str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_forwarded_address_wins() {
        let mut headers = HeaderMap::new();
        let peer: SocketAddr = "127.0.0.1:9".parse().unwrap();
        assert_eq!(ClientIp::of(&headers, None).0, "in-process");
        assert_eq!(ClientIp::of(&headers, Some(peer)).0, "127.0.0.1");
        headers.insert("x-real-ip", "10.0.0.2".parse().unwrap());
        assert_eq!(ClientIp::of(&headers, Some(peer)).0, "10.0.0.2");
        headers.insert("x-forwarded-for", "10.0.0.1, 10.9.9.9".parse().unwrap());
        assert_eq!(ClientIp::of(&headers, Some(peer)).0, "10.0.0.1");
    }
}
