//! Who may see a page, and who may steer by it.
//!
//! On loopback whoever is on this machine may see it, and only the page itself may steer: a name that
//! another site makes point here is refused, and so is a request that another site's page makes. On any
//! other address, seeing needs the token too.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderName, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::attempts::Attempts;
use super::secret::Secret;

/// What the page sends its token in.
pub(super) const PAGE_TOKEN: HeaderName = HeaderName::from_static("x-swell-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who may see a page, and who may steer by it.
#[derive(Debug)]
pub struct Guard {
    door: Door,
    page_token: Secret,
}

#[derive(Debug)]
enum Door {
    /// Only this machine comes here.
    Loopback,
    /// Whoever knows the token may enter.
    Token { token: Secret, session: Secret, cookie: String, attempts: Attempts },
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("the page answers to 127.0.0.1, [::1] and localhost; expected one of them as Host")]
    Host,
    #[error("the request comes from another site; expected it from the page itself")]
    Origin,
    #[error("the request does not have the page's token; reload the page")]
    PageToken,
    #[error("log in with the token first")]
    Stranger,
    #[error("this is not the token")]
    WrongToken,
    #[error("too many wrong tokens; try again in a minute")]
    TooOften,
}

impl Denied {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Host | Self::Origin | Self::PageToken | Self::WrongToken => StatusCode::FORBIDDEN,
            Self::Stranger => StatusCode::UNAUTHORIZED,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl Guard {
    /// On loopback. `page_token` is what the page proves with that it is the page.
    #[must_use]
    pub const fn loopback(page_token: Secret) -> Self {
        Self { door: Door::Loopback, page_token }
    }

    /// On `port` of any other address, for those who know `token`. `session` is what they get for it.
    #[must_use]
    pub fn token(page_token: Secret, token: Secret, session: Secret, port: u16) -> Self {
        // Cookies know no ports, and two runs may be on one machine.
        let cookie = format!("swell-session-{port}");
        let attempts = Attempts::default();
        Self { door: Door::Token { token, session, cookie, attempts }, page_token }
    }

    /// The page's own token.
    pub(super) const fn page_token(&self) -> &Secret {
        &self.page_token
    }

    /// Whether there is anything to log in to.
    pub(super) const fn asks_for_a_token(&self) -> bool {
        matches!(self.door, Door::Token { .. })
    }

    /// Wants the request addressed to this machine by a name that only it has.
    pub(super) fn check_host(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let host = host(headers).ok_or(Denied::Host)?;
        match self.door {
            Door::Loopback if !is_loopback(&host) => Err(Denied::Host),
            // A name that is made to point here brings no cookie of ours.
            Door::Loopback | Door::Token { .. } => Ok(()),
        }
    }

    /// Wants somebody who may see the page. A wrong bearer is a guess like one at the login.
    pub(super) fn check_viewer(
        &self,
        headers: &HeaderMap,
        who: IpAddr,
        now: Instant,
    ) -> Result<(), Denied> {
        self.check_host(headers)?;
        let Door::Token { session, cookie, .. } = &self.door else { return Ok(()) };
        // No guess: nobody chose it. Whoever logged in is not locked out by others' guesses.
        if cookies(headers, cookie).any(|value| session.is(value)) {
            return Ok(());
        }
        let bearer = only(headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        match self.check_token(bearer.ok_or(Denied::Stranger)?, who, now) {
            Ok(_) => Ok(()),
            Err(Denied::WrongToken) => Err(Denied::Stranger),
            Err(denied) => Err(denied),
        }
    }

    /// Wants a request that the page itself makes.
    pub(super) fn check_command(
        &self,
        headers: &HeaderMap,
        who: IpAddr,
        now: Instant,
    ) -> Result<(), Denied> {
        self.check_viewer(headers, who, now)?;
        check_origin(headers)?;
        let token = only(headers, &PAGE_TOKEN).ok_or(Denied::PageToken)?;
        if self.page_token.is(token) { Ok(()) } else { Err(Denied::PageToken) }
    }

    /// What a login is answered with: the cookie's text.
    pub(super) fn log_in(
        &self,
        headers: &HeaderMap,
        guess: &str,
        who: IpAddr,
        now: Instant,
    ) -> Result<String, Denied> {
        self.check_host(headers)?;
        check_origin(headers)?;
        self.check_token(guess, who, now)
    }

    /// Compares, and counts what is wrong. Answers with the cookie's text.
    fn check_token(&self, guess: &str, who: IpAddr, now: Instant) -> Result<String, Denied> {
        let Door::Token { token, session, cookie, attempts } = &self.door else {
            return Err(Denied::WrongToken);
        };
        // Before the comparison: a guess that is not answered is no guess.
        if attempts.is_spent(who, now) {
            return Err(Denied::TooOften);
        }
        if !token.is(guess) {
            attempts.wrong(who, now);
            return Err(Denied::WrongToken);
        }
        let session = session.expose();
        Ok(format!("{cookie}={session}; HttpOnly; SameSite=Strict; Path=/"))
    }
}

/// The value of a header that stands there once and is text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn host(headers: &HeaderMap) -> Option<Authority> {
    let host = only(headers, &HOST)?;
    host.parse().ok().filter(|_| !host.contains('@'))
}

fn is_loopback(host: &Authority) -> bool {
    let name = host.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Browsers say where every POST comes from; who does not say it is none of ours.
fn check_origin(headers: &HeaderMap) -> Result<(), Denied> {
    let site = headers.get(FETCH_SITE).map(|site| site.as_bytes());
    if site.is_some_and(|site| site != b"same-origin") {
        return Err(Denied::Origin);
    }
    let origin = only(headers, &ORIGIN).ok_or(Denied::Origin)?;
    // Behind somebody who encrypts, the page is at https.
    let of = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let is_own =
        of.zip(only(headers, &HOST)).is_some_and(|(of, host)| of.eq_ignore_ascii_case(host));
    if is_own { Ok(()) } else { Err(Denied::Origin) }
}

fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs =
        texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(known, _)| *known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
