//! The store over HTTP.

use http::{Method, StatusCode};

use super::StoreLimits;
use crate::Profile;
use crate::chain::Retain;
use crate::tests::bed::{Bed, config, pass};

#[tokio::test(start_paused = true)]
async fn what_was_uploaded_can_be_downloaded_by_its_url() {
    let bed = Bed::new();
    let stored = bed.put("load%20test/a%3Fb.json", "application/json", b"{}".to_vec()).await;
    assert_eq!(stored.name, "load test/a?b.json");
    assert_eq!(stored.size, 2);
    assert_eq!(stored.crc32c.len(), 8);
    let answer = bed.get_url(&stored.url).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.text(), "{}");
    assert_eq!(bed.sandbox.store().fetch(&stored.url).unwrap().content, "{}");
}

#[tokio::test(start_paused = true)]
async fn a_later_upload_replaces_an_object() {
    let bed = Bed::new();
    bed.put("a", "text/plain", b"old".to_vec()).await;
    let stored = bed.put("a", "text/plain", b"newer".to_vec()).await;
    assert_eq!(bed.get_url(&stored.url).await.text(), "newer");
    assert_eq!(bed.sandbox.store().held(), (1, 5));
    assert_eq!(bed.sandbox.store().stored(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_tampered_or_expired_url_is_forbidden() {
    let bed = Bed::with({
        let mut config = config(Profile::Fast);
        config.retain = Retain::All;
        config
    });
    let other = bed.put("other", "text/plain", b"b".to_vec()).await;
    let stored = bed.put("name", "text/plain", b"a".to_vec()).await;
    let url = &stored.url;
    let (unsigned, signature) = url.split_once("&signature=").unwrap();
    let last = if url.ends_with('0') { "1" } else { "0" };
    for tampered in [
        format!("{}{last}", &url[..url.len() - 1]),
        url[..url.len() - 1].to_owned(),
        format!("{url}0"),
        url.replace("expires=17", "expires=27"),
        url.replace("/name?", "/other?"),
        unsigned.to_owned(),
        url.split_once('?').unwrap().0.to_owned(),
        format!("{unsigned}&signature={}", &other.url[other.url.len() - signature.len()..]),
    ] {
        assert_eq!(bed.get_url(&tampered).await.status, StatusCode::FORBIDDEN, "{tampered}");
    }
    assert_eq!(bed.get_url(url).await.status, StatusCode::OK);
    pass(24 * 60 * 60 + 1).await;
    assert_eq!(bed.get_url(url).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(start_paused = true)]
async fn urls_are_as_long_as_a_signed_url_where_the_profile_says_so() {
    for (profile, expected) in [(Profile::Moksha, 578), (Profile::Staging, 578)] {
        let bed = Bed::with(config(profile));
        let name = "vana-load-test/vana_loadtest_0123456789_1767225600000.json";
        assert_eq!(bed.put(name, "text/plain", vec![0]).await.url.len(), expected);
    }
    let url = Bed::new().put("vana-load-test/short.json", "text/plain", vec![0]).await.url;
    assert!(url.len() < 200, "{url}");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_or_badly_named_is_refused() {
    let mut config = config(Profile::Fast);
    config.store_limits = StoreLimits { object_octets_max: 10, total_octets_max: 25 };
    let bed = Bed::with(config);
    let long = "n".repeat(1025);
    for (name, size, expected) in [
        ("a", 10, StatusCode::CREATED),
        ("a", 11, StatusCode::PAYLOAD_TOO_LARGE),
        ("a", 1000, StatusCode::PAYLOAD_TOO_LARGE),
        ("a%0Ab", 1, StatusCode::BAD_REQUEST),
        (&long, 1, StatusCode::BAD_REQUEST),
    ] {
        let answer = bed.send(Method::PUT, &format!("/objects/{name}"), &[], vec![0; size]).await;
        assert_eq!(answer.status, expected, "{name} of {size}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_store_forgets_the_oldest_or_refuses_when_it_must_keep_everything() {
    for (retain, last) in
        [(Retain::default(), StatusCode::CREATED), (Retain::All, StatusCode::INSUFFICIENT_STORAGE)]
    {
        let mut config = config(Profile::Fast);
        config.retain = retain;
        config.store_limits = StoreLimits { object_octets_max: 10, total_octets_max: 25 };
        let bed = Bed::with(config);
        let first = bed.put("a", "text/plain", vec![0; 10]).await;
        bed.put("b", "text/plain", vec![0; 10]).await;
        let answer = bed.send(Method::PUT, "/objects/c", &[], vec![0; 10]).await;
        assert_eq!(answer.status, last);
        let is_kept = bed.get_url(&first.url).await.status == StatusCode::OK;
        assert_eq!(is_kept, last != StatusCode::CREATED);
        assert!(bed.sandbox.store().held().1 <= 25);
    }
}
