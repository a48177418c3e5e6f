//! Against the published client's vectors, and against a service that checks what it is sent.

use std::time::Duration;

use aws_lc_rs::rsa::{KeyPair, KeyPairComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use swell_core::journey::FailureClass;
use swell_core::target::{GcsTarget, GcsUrls, SafeUrl, SecretRef};
use swell_net::clock::RunClock;
use swell_net::request;

use super::super::testing::gcs::{BUCKET, EMAIL, FORBIDDEN_BUCKET, FakeGcs, new_key, pem};
use super::super::testing::{Trouble, in_process};
use super::super::tests::{Bed, endpoint};
use super::super::{Deletion, ProbeStage, Provider, ServiceAccount};
use super::signing::SignedUrl;
use super::{GcsStore, StepError};

const BASE: &str = "https://gcs.example";

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../swell-vana/vectors/12-gcs.json")).unwrap()
}

/// The account of the vectors.
fn published() -> ServiceAccount {
    let vectors = vectors();
    let part = |name: &str| {
        let text = vectors["throwaway_rsa_key_jwk"][name].as_str().unwrap();
        URL_SAFE_NO_PAD.decode(text).unwrap()
    };
    let key = KeyPair::from_components(&KeyPairComponents {
        public_key: aws_lc_rs::rsa::PublicKeyComponents { n: part("n"), e: part("e") },
        d: part("d"),
        p: part("p"),
        q: part("q"),
        dP: part("dp"),
        dQ: part("dq"),
        qInv: part("qi"),
    });
    let email = vectors["client_email"].as_str().unwrap();
    let account = json!({"client_email": email, "private_key": pem(&key.unwrap())});
    ServiceAccount::parse(&account.to_string()).unwrap()
}

#[test]
fn urls_are_signed_as_the_published_client_does() {
    const GOOGLE: &str = GcsTarget::URL;
    let (vectors, account) = (vectors(), published());
    let text = |vector: &Value, name: &str| vector[name].as_str().unwrap().to_owned();
    for vector in vectors["signed_url_v2_default"].as_array().unwrap() {
        let (bucket, name) = (text(vector, "bucket"), text(vector, "object"));
        let expires = vector["expires_unix"].as_u64().unwrap();
        let url = SignedUrl::v2(GOOGLE, &bucket, &name, account.email(), expires);
        assert_eq!(url.text(), text(vector, "string_to_sign"));
        assert_eq!(url.sign(&account).unwrap(), text(vector, "url"));
    }
    // 2029-12-31T00:00:00Z
    let start = 1_893_369_600;
    for vector in vectors["signed_url_v4"].as_array().unwrap() {
        let (bucket, name) = (text(vector, "bucket"), text(vector, "object"));
        let life = vector["expires_seconds"].as_u64().unwrap();
        let url = SignedUrl::v4(GOOGLE, &bucket, &name, account.email(), start, life);
        assert_eq!(url.text(), text(vector, "string_to_sign"));
        assert_eq!(url.sign(&account).unwrap(), text(vector, "url"));
    }
}

fn target(bucket: &str, signed_urls: GcsUrls) -> GcsTarget {
    GcsTarget {
        bucket: bucket.into(),
        prefix: "vana-load-test".into(),
        credentials: SecretRef::Env("UNUSED".into()),
        signed_urls,
        url: Some(SafeUrl::new(BASE)),
    }
}

fn bed_at(fake: &FakeGcs, account: &str, clock: &RunClock, target: &GcsTarget) -> Bed {
    let account = ServiceAccount::parse(account).unwrap();
    let service = in_process(fake.router());
    let storage = endpoint("storage", BASE, &service, clock);
    let tokens = endpoint("token", account.token_url().expose(), &service, clock);
    let store = GcsStore::new(target, storage, tokens, account);
    Bed::new(Provider::Gcs(store), clock)
}

fn bed() -> (FakeGcs, Bed) {
    let clock = RunClock::virtual_time();
    let fake = FakeGcs::new(BASE, clock.clone());
    let bed = bed_at(&fake, &fake.account_json(), &clock, &target(BUCKET, GcsUrls::V2));
    (fake, bed)
}

#[tokio::test(start_paused = true)]
async fn an_object_is_stored_as_the_published_client_does_and_read_by_its_url() {
    for urls in [GcsUrls::V2, GcsUrls::V4] {
        let clock = RunClock::virtual_time();
        let fake = FakeGcs::new(BASE, clock.clone());
        let bed = bed_at(&fake, &fake.account_json(), &clock, &target(BUCKET, urls));
        let url = bed.upload(7, b"\x00sealed\xff").await.unwrap();
        let objects = fake.objects();
        let (name, held) = objects.first_key_value().unwrap();
        assert_eq!(name, "vana-load-test/vana_loadtest_04hmasw9nf6yy044_7.json");
        assert_eq!(held.content, b"\x00sealed\xff");
        assert_eq!(held.content_type, "application/octet-stream");
        let metadata: Value = serde_json::from_str(&held.metadata).unwrap();
        assert_eq!(metadata["originalSize"], "8");
        assert_eq!(metadata["loadTestFile"], "true");
        assert!(metadata["uploadedAt"].as_str().unwrap().starts_with("2026-01-01T00:00:0"));
        let Provider::Gcs(store) = bed.storage.provider() else { panic!("it is gcs") };
        let get = async |url: &str| {
            let options = swell_net::CallOptions::once();
            let response = store.endpoint().send(request::get(url).unwrap(), options).await;
            response.unwrap().status().as_u16()
        };
        assert_eq!(get(&url).await, 200, "{urls:?}");
        let tampered = url.replace("_7.json", "_8.json");
        assert_eq!(get(&tampered).await, 403);
        clock.sleep(Duration::from_secs(24 * 3_600 + 5)).await;
        assert_eq!(get(&url).await, 403, "it has expired");
        let note = bed.note(name);
        assert_eq!(bed.delete(&note).await, Ok(Deletion::Deleted));
        assert_eq!(bed.delete(&note).await, Ok(Deletion::Gone));
        assert!(fake.objects().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn all_users_share_one_token_which_is_renewed_before_it_ends() {
    let (fake, bed) = bed();
    fake.set_token_life(100);
    let all = async |from: u64| {
        let uploads = join_all((from..from + 40).map(|seq| bed.upload(seq, b"x"))).await;
        assert!(uploads.iter().all(Result::is_ok));
    };
    all(0).await;
    assert_eq!(fake.tokens_given(), 1);
    bed.clock.sleep(Duration::from_secs(70)).await;
    all(40).await;
    assert_eq!(fake.tokens_given(), 1, "it is good for a quarter of its life and more");
    bed.clock.sleep(Duration::from_secs(8)).await;
    all(80).await;
    assert_eq!(fake.tokens_given(), 2, "one user renews it ahead of its end");
    bed.clock.sleep(Duration::from_secs(300)).await;
    all(120).await;
    assert_eq!(fake.tokens_given(), 3, "one user asks once it has ended");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let (fake, bed) = bed();
    let grown = Duration::from_secs(2);
    bed.upload(0, b"x").await.unwrap();
    bed.clock.sleep(grown).await;
    fake.trouble(Trouble::TokensExpire);
    bed.upload(1, b"x").await.unwrap();
    assert_eq!(fake.tokens_given(), 2);
    bed.clock.sleep(grown).await;
    fake.trouble(Trouble::TokensExpire);
    fake.trouble(Trouble::TokensExpire);
    assert_eq!(class(bed.upload(2, b"x").await), FailureClass::Unauthorized);
    assert_eq!(fake.tokens_given(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_young_token_that_is_refused_is_kept() {
    let (fake, bed) = bed();
    bed.upload(0, b"x").await.unwrap();
    fake.trouble(Trouble::TokensExpire);
    for seq in 1..4 {
        assert_eq!(class(bed.upload(seq, b"x").await), FailureClass::Unauthorized);
    }
    assert_eq!((fake.tokens_asked(), fake.uploads()), (1, 4), "nobody asks for another one");
    bed.clock.sleep(Duration::from_secs(1)).await;
    bed.upload(4, b"x").await.unwrap();
    assert_eq!(fake.tokens_asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_a_token_are_told_of_the_same_failure() {
    let (fake, bed) = bed();
    fake.set_token_service_down(true);
    let all = async |from: u64| {
        let uploads = join_all((from..from + 40).map(|seq| bed.upload(seq, b"x"))).await;
        let failed = |upload: &Result<String, StepError>| {
            upload.as_ref().is_err_and(|error| error.class == FailureClass::ServerError)
        };
        assert!(uploads.iter().all(failed), "{uploads:?}");
    };
    all(0).await;
    let asked = fake.tokens_asked();
    assert!((1..10).contains(&asked), "one user asks, and repeats it: {asked}");
    all(40).await;
    assert_eq!(fake.tokens_asked(), asked, "nobody asks again so soon");
    fake.set_token_service_down(false);
    bed.clock.sleep(Duration::from_secs(1)).await;
    bed.upload(80, b"x").await.unwrap();
    assert_eq!((fake.tokens_asked(), fake.tokens_given()), (asked + 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_is_put_off_while_the_held_token_is_used() {
    let (fake, bed) = bed();
    fake.set_token_life(200);
    bed.upload(0, b"x").await.unwrap();
    fake.set_token_service_down(true);
    bed.clock.sleep(Duration::from_secs(155)).await;
    for seq in 1..20 {
        bed.upload(seq, b"x").await.unwrap();
    }
    assert_eq!(fake.tokens_asked(), 2, "one user tries to renew it");
    bed.clock.sleep(Duration::from_secs(11)).await;
    fake.set_token_service_down(false);
    for seq in 20..40 {
        bed.upload(seq, b"x").await.unwrap();
    }
    assert_eq!((fake.tokens_asked(), fake.tokens_given()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_checksum_fails_the_step_and_leaves_nothing() {
    let (fake, bed) = bed();
    fake.trouble(Trouble::BadChecksum);
    let error = bed.upload(0, b"x").await.unwrap_err();
    assert_eq!(error.class, FailureClass::Protocol);
    assert!(error.detail.body.unwrap().contains("CRC-32C"));
    assert!(fake.objects().is_empty(), "it is deleted");
}

#[tokio::test(start_paused = true)]
async fn a_limited_upload_waits_as_asked_and_a_failed_one_is_repeated() {
    let (fake, bed) = bed();
    fake.trouble(Trouble::Limited(7));
    bed.upload(0, b"x").await.unwrap();
    assert!(bed.clock.now().since_start() >= Duration::from_secs(7));
    fake.trouble(Trouble::Status(503));
    fake.trouble(Trouble::Status(500));
    bed.upload(1, b"x").await.unwrap();
    assert_eq!((fake.objects().len(), fake.uploads()), (2, 5));
    fake.trouble(Trouble::Limited(3_600));
    assert_eq!(class(bed.upload(2, b"x").await), FailureClass::RateLimited);
    let row = bed.storage.rows().remove(0);
    assert_eq!((row.provider.as_str(), row.objects, row.errors), ("gcs", 2, 1));
    assert_eq!(row.by_class["rate-limited"], 1);
    assert_eq!(row.bytes, 2);
    assert!((500.0..600.0).contains(&row.url_chars), "{}", row.url_chars);
}

#[tokio::test(start_paused = true)]
async fn the_check_says_what_is_wrong_and_leaves_nothing() {
    let clock = RunClock::virtual_time();
    let fake = FakeGcs::new(BASE, clock.clone());
    let probe = async |account: &str, bucket: &str| {
        let bed = bed_at(&fake, account, &clock, &target(bucket, GcsUrls::V4));
        let found = bed.storage.probe(&bed.compute).await;
        found.map(drop).map_err(|probe| (probe.stage, probe.error.class))
    };
    let ours = fake.account_json();
    assert_eq!(probe(&ours, BUCKET).await, Ok(()));
    assert!(fake.objects().is_empty());
    let wrong = fake.account_json_with(&new_key());
    let refused = |stage| Err((stage, FailureClass::Unauthorized));
    assert_eq!(probe(&wrong, BUCKET).await, refused(ProbeStage::Token));
    let other = ours.replace(EMAIL, "nobody@example.com");
    assert_eq!(probe(&other, BUCKET).await, refused(ProbeStage::Token));
    assert_eq!(probe(&ours, FORBIDDEN_BUCKET).await, refused(ProbeStage::Upload));
    let missing = Err((ProbeStage::Upload, FailureClass::NotFound));
    assert_eq!(probe(&ours, "nowhere").await, missing);
}

fn class(result: Result<String, StepError>) -> FailureClass {
    result.unwrap_err().class
}
