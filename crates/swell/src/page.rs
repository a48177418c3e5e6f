//! Where the page is served, and who is let in.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as StdListener, UdpSocket};

use rand::TryRng;
use rand::rngs::{SysError, SysRng};
use swell_view::web::{Guard, Secret};
use tokio::net::TcpListener;

/// The variable with the token that the page asks for where others than this machine can reach it.
pub const TOKEN_VARIABLE: &str = "SWELL_WEB_TOKEN";

/// Letters of a token at least: fewer can be guessed.
pub const TOKEN_LETTERS_MIN: usize = 16;

/// A page about to be served.
#[derive(Debug)]
pub struct Doorway {
    /// Where it is listened.
    pub listener: TcpListener,
    /// Who is let in.
    pub guard: Guard,
    /// Where a browser finds it. May hold the token, in a fragment: for whoever started Swell alone.
    pub url: String,
    /// What whoever started Swell must know.
    pub warnings: Vec<String>,
}

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The address is not to be had.
    #[error("the page cannot be served at {address}")]
    Address {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// No token can be drawn.
    #[error("the operating system gives no random numbers")]
    Random(#[from] SysError),
    /// The token that was given can be guessed.
    #[error(
        "the variable {TOKEN_VARIABLE} holds {found} letters; expected {TOKEN_LETTERS_MIN} or more"
    )]
    ShortToken {
        /// How many.
        found: usize,
    },
}

impl Doorway {
    /// Opens it at `address`. `token` is what the variable says, if it is set.
    ///
    /// # Errors
    /// [`PageError`].
    pub fn open(address: SocketAddr, token: Option<&str>) -> Result<Self, PageError> {
        let busy = |source| PageError::Address { address, source };
        let (listener, bound) = listen(address).map_err(busy)?;
        let page_token = random()?;
        if bound.ip().is_loopback() {
            let url = format!("http://{bound}/");
            let guard = Guard::loopback(page_token);
            return Ok(Self { listener, guard, url, warnings: Vec::new() });
        }
        let place = SocketAddr::new(reachable(bound.ip()), bound.port());
        let mut url = format!("http://{place}/");
        let token = match token.map(str::trim).filter(|token| !token.is_empty()) {
            Some(token) => given(token)?,
            None => {
                let token = random()?;
                // Browsers keep a fragment to themselves: no server and no log sees it.
                url.push_str(&format!("#token={}", token.expose()));
                token
            }
        };
        let guard = Guard::token(page_token, token, random()?, bound.port());
        let warnings = vec![format!(
            "the page at {place} is not encrypted: whoever can listen in on the way can steer the run; \
             use it on a network of your own, or serve on 127.0.0.1 and come by ssh -L"
        )];
        Ok(Self { listener, guard, url, warnings })
    }
}

/// The token of the variable.
///
/// # Errors
/// [`PageError::ShortToken`].
pub fn given(token: &str) -> Result<Secret, PageError> {
    let found = token.trim().chars().count();
    if found < TOKEN_LETTERS_MIN {
        return Err(PageError::ShortToken { found });
    }
    Ok(Secret::new(token.trim()))
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let bound = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, bound))
}

fn random() -> Result<Secret, SysError> {
    let mut bits = [0; 32];
    SysRng.try_fill_bytes(&mut bits)?;
    Ok(Secret::of(bits))
}

/// An address that others can type where `bound` stands for all there are.
fn reachable(bound: IpAddr) -> IpAddr {
    if !bound.is_unspecified() {
        return bound;
    }
    // Addresses of documentation: nothing is sent, the system only says where it would be sent from.
    let v4 = || own(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = || {
        let elsewhere = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
        own(Ipv6Addr::UNSPECIFIED.into(), elsewhere.into())
    };
    match bound {
        IpAddr::V4(_) => v4().unwrap_or(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(_) => v6().unwrap_or(Ipv6Addr::LOCALHOST.into()),
    }
}

/// From where this machine would send to `elsewhere`.
fn own(any: IpAddr, elsewhere: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((elsewhere, 9)).ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_unspecified()).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(address: &str, token: Option<&str>) -> Result<Doorway, PageError> {
        Doorway::open(address.parse().unwrap(), token)
    }

    #[tokio::test]
    async fn on_loopback_the_address_says_no_secret() {
        let doorway = open("127.0.0.1:0", Some("never looked at")).unwrap();
        assert!(doorway.url.starts_with("http://127.0.0.1:") && doorway.url.ends_with('/'));
        assert!(doorway.warnings.is_empty());
    }

    #[tokio::test]
    async fn elsewhere_the_address_can_be_typed_and_brings_a_token_unless_one_was_given() {
        let drawn = open("0.0.0.0:0", None).unwrap();
        let (place, token) = drawn.url.split_once("/#token=").unwrap();
        assert!(!place.contains("0.0.0.0") && token.len() == 43, "{}", drawn.url);
        assert!(drawn.warnings[0].contains("not encrypted") && !drawn.warnings[0].contains(token));
        let given = open("0.0.0.0:0", Some(" a token long enough \n")).unwrap();
        assert!(given.url.ends_with('/') && !given.url.contains("token"), "{}", given.url);
        assert!(!format!("{given:?}").contains("a token long enough"));
    }

    #[tokio::test]
    async fn an_address_in_use_and_a_token_that_can_be_guessed_are_told_in_a_sentence() {
        let first = open("127.0.0.1:0", None).unwrap();
        let address = first.listener.local_addr().unwrap();
        let error = Doorway::open(address, None).unwrap_err();
        assert_eq!(error.to_string(), format!("the page cannot be served at {address}"));
        let error = open("0.0.0.0:0", Some("short")).unwrap_err();
        let words = "the variable SWELL_WEB_TOKEN holds 5 letters; expected 16 or more";
        assert_eq!(error.to_string(), words);
    }

    #[test]
    fn an_address_of_all_is_one_that_leads_here() {
        assert_eq!(reachable([10, 0, 0, 1].into()), IpAddr::from([10, 0, 0, 1]));
        assert!(!reachable(Ipv4Addr::UNSPECIFIED.into()).is_unspecified());
        assert!(!reachable(Ipv6Addr::UNSPECIFIED.into()).is_unspecified());
    }
}
