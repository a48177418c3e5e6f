use std::net::Ipv4Addr;

use http::HeaderValue;

use super::*;

const WHO: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn local() -> Guard {
    Guard::loopback(Secret::new("page"))
}

fn abroad() -> Guard {
    let secret = |text: &str| Secret::new(text);
    Guard::token(secret("page"), secret("token"), secret("session"), 4680)
}

fn see(guard: &Guard, pairs: &[(&'static str, &str)]) -> Result<(), Denied> {
    guard.check_viewer(&headers(pairs), WHO, Instant::now())
}

fn steer(guard: &Guard, pairs: &[(&'static str, &str)]) -> Result<(), Denied> {
    guard.check_command(&headers(pairs), WHO, Instant::now())
}

#[test]
fn on_loopback_only_its_own_names_are_answered() {
    for host in [
        "127.0.0.1:4680",
        "127.0.0.1",
        "127.9.9.9:80",
        "[::1]:4680",
        "localhost:4680",
        "LOCALHOST",
        // The end of a tunnel has a port of its own.
        "localhost:9999",
    ] {
        assert_eq!(see(&local(), &[("host", host)]), Ok(()), "{host}");
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:4680",
        "192.168.1.2:4680",
        "user@127.0.0.1",
        "",
        "[::1",
        "0.0.0.0:4680",
    ] {
        let denied = see(&local(), &[("host", host)]);
        assert_eq!(denied, Err(Denied::Host), "{host}");
    }
    assert_eq!(see(&local(), &[]), Err(Denied::Host), "none");
    let two = headers(&[("host", "127.0.0.1"), ("host", "127.0.0.1")]);
    assert_eq!(local().check_viewer(&two, WHO, Instant::now()), Err(Denied::Host), "two");
}

/// Headers, and what they are answered.
type Case<'a> = (&'a [(&'static str, &'a str)], Result<(), Denied>);

#[test]
fn only_the_page_itself_steers() {
    const HOST: (&str, &str) = ("host", "127.0.0.1:4680");
    const ORIGIN: (&str, &str) = ("origin", "http://127.0.0.1:4680");
    const TOKEN: (&str, &str) = ("x-swell-token", "page");
    let cases: &[Case<'_>] = &[
        (&[HOST, ORIGIN, TOKEN], Ok(())),
        (&[HOST, ORIGIN, TOKEN, ("sec-fetch-site", "same-origin")], Ok(())),
        (&[HOST, ("origin", "https://127.0.0.1:4680"), TOKEN], Ok(())),
        (&[HOST, ORIGIN, TOKEN, ("sec-fetch-site", "cross-site")], Err(Denied::Origin)),
        (&[HOST, ORIGIN, TOKEN, ("sec-fetch-site", "same-site")], Err(Denied::Origin)),
        (&[HOST, ORIGIN, TOKEN, ("sec-fetch-site", "none")], Err(Denied::Origin)),
        (&[HOST, TOKEN], Err(Denied::Origin)),
        (&[HOST, ("origin", "null"), TOKEN], Err(Denied::Origin)),
        (&[HOST, ("origin", "http://evil.example"), TOKEN], Err(Denied::Origin)),
        (&[HOST, ("origin", "http://127.0.0.1:9090"), TOKEN], Err(Denied::Origin)),
        (&[HOST, ("origin", "http://localhost:4680"), TOKEN], Err(Denied::Origin)),
        (&[HOST, ("origin", "http://127.0.0.1:4680/"), TOKEN], Err(Denied::Origin)),
        (&[HOST, ("origin", "ftp://127.0.0.1:4680"), TOKEN], Err(Denied::Origin)),
        (&[HOST, ORIGIN, ORIGIN, TOKEN], Err(Denied::Origin)),
        (&[HOST, ORIGIN], Err(Denied::PageToken)),
        (&[HOST, ORIGIN, ("x-swell-token", "pag")], Err(Denied::PageToken)),
        (&[HOST, ORIGIN, ("x-swell-token", "")], Err(Denied::PageToken)),
        (&[HOST, ORIGIN, TOKEN, TOKEN], Err(Denied::PageToken)),
        (&[("host", "evil.example"), ("origin", "http://evil.example"), TOKEN], Err(Denied::Host)),
    ];
    for (pairs, expected) in cases {
        assert_eq!(steer(&local(), pairs), *expected, "{pairs:?}");
    }
}

#[test]
fn abroad_whoever_sees_has_logged_in() {
    const HOST: (&str, &str) = ("host", "192.168.1.2:4680");
    let cases: &[Case<'_>] = &[
        (&[HOST, ("cookie", "swell-session-4680=session")], Ok(())),
        (&[HOST, ("cookie", "a=b; swell-session-4680=session; c=d")], Ok(())),
        (&[HOST, ("authorization", "Bearer token")], Ok(())),
        (&[("host", "bench.example:4680"), ("authorization", "Bearer token")], Ok(())),
        (&[HOST], Err(Denied::Stranger)),
        (&[HOST, ("cookie", "swell-session-4681=session")], Err(Denied::Stranger)),
        (&[HOST, ("cookie", "swell-session-4680=token")], Err(Denied::Stranger)),
        (&[HOST, ("cookie", "swell-session-4680=")], Err(Denied::Stranger)),
        (&[HOST, ("authorization", "Bearer session")], Err(Denied::Stranger)),
        (&[HOST, ("authorization", "token")], Err(Denied::Stranger)),
        (&[("cookie", "swell-session-4680=session")], Err(Denied::Host)),
    ];
    for (pairs, expected) in cases {
        assert_eq!(see(&abroad(), pairs), *expected, "{pairs:?}");
    }
    let pairs = [HOST, ("origin", "http://192.168.1.2:4680"), ("x-swell-token", "page")];
    assert_eq!(steer(&abroad(), &pairs), Err(Denied::Stranger));
}

#[test]
fn a_login_is_answered_with_a_cookie_that_scripts_and_other_sites_never_get() {
    let guard = abroad();
    let now = Instant::now();
    let own = headers(&[("host", "h:4680"), ("origin", "http://h:4680")]);
    let cookie = guard.log_in(&own, "token", WHO, now).unwrap();
    assert_eq!(cookie, "swell-session-4680=session; HttpOnly; SameSite=Strict; Path=/");
    let foreign = headers(&[("host", "h:4680"), ("origin", "http://evil.example")]);
    assert_eq!(guard.log_in(&foreign, "token", WHO, now), Err(Denied::Origin));
    for _ in 0..Attempts::MAX {
        assert_eq!(guard.log_in(&own, "guess", WHO, now), Err(Denied::WrongToken));
    }
    assert_eq!(guard.log_in(&own, "token", WHO, now), Err(Denied::TooOften));
    assert!(guard.log_in(&own, "token", OTHER, now).is_ok());
    assert!(guard.log_in(&own, "token", WHO, now + Attempts::WINDOW).is_ok());
}

#[test]
fn a_wrong_bearer_is_a_guess_too() {
    let guard = abroad();
    let now = Instant::now();
    let bearer = |token: &str| headers(&[("host", "h:4680"), ("authorization", token)]);
    let (wrong, right) = (bearer("Bearer guess"), bearer("Bearer token"));
    for _ in 0..Attempts::MAX {
        assert_eq!(guard.check_viewer(&wrong, WHO, now), Err(Denied::Stranger));
    }
    assert_eq!(guard.check_viewer(&wrong, WHO, now), Err(Denied::TooOften), "the eleventh");
    assert_eq!(guard.check_viewer(&right, WHO, now), Err(Denied::TooOften));
    let own = headers(&[("host", "h:4680"), ("origin", "http://h:4680")]);
    assert_eq!(guard.log_in(&own, "token", WHO, now), Err(Denied::TooOften));
    let stranger = headers(&[("host", "h:4680")]);
    assert_eq!(guard.check_viewer(&stranger, WHO, now), Err(Denied::Stranger), "no guess");
    let known = headers(&[("host", "h:4680"), ("cookie", "swell-session-4680=session")]);
    assert_eq!(guard.check_viewer(&known, WHO, now), Ok(()), "whoever logged in stays");
    assert_eq!(guard.check_viewer(&right, OTHER, now), Ok(()));
    assert_eq!(guard.check_viewer(&right, WHO, now + Attempts::WINDOW), Ok(()));
}

#[test]
fn no_secret_is_shown() {
    let shown = format!("{:?} {:?}", local(), abroad());
    for secret in ["page\"", "token\"", "session\""] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
