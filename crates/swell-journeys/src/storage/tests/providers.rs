//! S3, Pinata, and a local folder.

use std::time::Duration;

use swell_core::journey::FailureClass;
use swell_core::target::{LocalTarget, S3Target, S3Urls, SafeUrl, SecretRef};
use swell_net::clock::RunClock;
use swell_net::transport::{SocketConfig, sockets};
use swell_net::{CallOptions, Endpoint, request};

use super::super::testing::pinata::{FakePinata, JWT};
use super::super::testing::s3::{BUCKET, FORBIDDEN_BUCKET, FakeS3, KEY_ID, REGION, SECRET};
use super::super::testing::{Trouble, in_process};
use super::super::{
    Deletion, LocalStore, PinataStore, ProbeStage, Provider, S3Credentials, S3Store,
};
use super::{Bed, endpoint};

const S3: &str = "http://s3.example:9000";
const PINATA: &str = "http://pinata.example";
const NAME: &str = "a prefix/vana_loadtest_04hmasw9nf6yy044_7.json";

fn s3_target(bucket: &str, urls: S3Urls) -> S3Target {
    let unused = SecretRef::Env("UNUSED".into());
    S3Target {
        bucket: bucket.into(),
        region: REGION.into(),
        endpoint: Some(SafeUrl::new(S3)),
        prefix: "a prefix/".into(),
        access_key_id: unused.clone(),
        secret_access_key: unused,
        session_token: None,
        urls,
    }
}

fn s3(
    fake: &FakeS3,
    clock: &RunClock,
    target: &S3Target,
    secret: &str,
    token: Option<&str>,
) -> Bed {
    let credentials = S3Credentials {
        key_id: KEY_ID.into(),
        secret: secret.to_owned().into(),
        token: token.map(|token| token.to_owned().into()),
    };
    let endpoint = endpoint("storage", S3, &in_process(fake.router()), clock);
    Bed::new(Provider::S3(S3Store::new(target, endpoint, &credentials).unwrap()), clock)
}

async fn status(endpoint: &Endpoint, url: &str) -> u16 {
    let response = endpoint.send(request::get(url).unwrap(), CallOptions::once()).await;
    response.unwrap().status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn s3_takes_what_is_signed_and_gives_it_by_a_signed_url() {
    for token in [None, Some("session/token+with=signs")] {
        let clock = RunClock::virtual_time();
        let fake = FakeS3::new(clock.clone(), token);
        let bed = s3(&fake, &clock, &s3_target(BUCKET, S3Urls::Presigned), SECRET, token);
        let url = bed.upload(7, b"sealed").await.unwrap();
        let held = fake.objects()[NAME].clone();
        assert_eq!(held.content, b"sealed");
        assert_eq!(held.content_type, "application/octet-stream");
        let Provider::S3(store) = bed.storage.provider() else { panic!("it is s3") };
        assert_eq!(status(store.endpoint(), &url).await, 200);
        assert_eq!(status(store.endpoint(), &url.replace("_7", "_8")).await, 403);
        clock.sleep(Duration::from_secs(24 * 3_600 + 5)).await;
        assert_eq!(status(store.endpoint(), &url).await, 403, "it has expired");
        assert!(bed.storage.probe(&bed.compute).await.is_ok());
        assert_eq!(bed.delete(&bed.note(NAME)).await, Ok(Deletion::Deleted));
        assert_eq!(bed.delete(&bed.note(NAME)).await, Ok(Deletion::Gone));
        assert!(fake.objects().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_public_bucket_of_s3_has_short_urls() {
    let clock = RunClock::virtual_time();
    let fake = FakeS3::new(clock.clone(), None);
    let bed = s3(&fake, &clock, &s3_target(BUCKET, S3Urls::Public), SECRET, None);
    let url = bed.upload(7, b"sealed").await.unwrap();
    assert_eq!(url, format!("{S3}/{BUCKET}/{}", NAME.replace(' ', "%20")));
    // This one is not public.
    let error = bed.storage.probe(&bed.compute).await.unwrap_err();
    assert_eq!(error.stage, ProbeStage::Fetch);
    assert_eq!(fake.objects().len(), 1, "the tiny object is deleted all the same");
}

#[test]
fn amazon_has_the_bucket_in_the_host() {
    let target = S3Target { endpoint: None, ..s3_target("my-bucket", S3Urls::Public) };
    assert_eq!(S3Store::service_url(&target), "https://s3.eu-central-1.amazonaws.com");
}

#[tokio::test(start_paused = true)]
async fn what_s3_refuses_has_its_class() {
    let clock = RunClock::virtual_time();
    let fake = FakeS3::new(clock.clone(), None);
    let class = async |bucket: &str, secret: &str| {
        let bed = s3(&fake, &clock, &s3_target(bucket, S3Urls::Presigned), secret, None);
        let error = bed.upload(7, b"x").await.unwrap_err();
        assert!(!error.detail.body.unwrap_or_default().contains("session"), "it is a credential");
        error.class
    };
    assert_eq!(class(BUCKET, "another").await, FailureClass::Unauthorized);
    assert_eq!(class(FORBIDDEN_BUCKET, SECRET).await, FailureClass::Unauthorized);
    assert_eq!(class("nowhere", SECRET).await, FailureClass::NotFound);
    let bed = s3(&fake, &clock, &s3_target(BUCKET, S3Urls::Presigned), SECRET, None);
    let before = clock.now();
    fake.trouble(Trouble::Limited(9));
    fake.trouble(Trouble::Status(503));
    bed.upload(7, b"x").await.unwrap();
    assert!(clock.now().saturating_since(before) >= Duration::from_secs(9));
}

fn pinata(fake: &FakePinata, clock: &RunClock, jwt: &str) -> Bed {
    let endpoint = endpoint("storage", PINATA, &in_process(fake.router()), clock);
    Bed::new(Provider::Pinata(PinataStore::new(endpoint, jwt).unwrap()), clock)
}

#[tokio::test(start_paused = true)]
async fn a_pin_is_found_again_by_its_name_alone() {
    let clock = RunClock::virtual_time();
    let fake = FakePinata::default();
    let bed = pinata(&fake, &clock, JWT);
    let url = bed.upload(1, b"one").await.unwrap();
    bed.upload(10, b"ten").await.unwrap();
    let hash = url.strip_prefix("ipfs://").unwrap();
    assert_eq!(fake.objects()[hash].content, b"one");
    let known: serde_json::Value = serde_json::from_str(&fake.objects()[hash].metadata).unwrap();
    assert_eq!(known["keyvalues"]["timestamp"], "2026-01-01T00:00:00.000Z");
    let note = bed.note("vana_loadtest_04hmasw9nf6yy044_1.json");
    assert_eq!(bed.delete(&note).await, Ok(Deletion::Deleted));
    assert_eq!(bed.delete(&note).await, Ok(Deletion::Gone));
    assert_eq!(fake.objects().len(), 1, "the tenth user's stays");
    assert!(bed.storage.probe(&bed.compute).await.is_ok());
    assert_eq!(fake.objects().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_pinata_refuses_has_its_class() {
    let clock = RunClock::virtual_time();
    let fake = FakePinata::default();
    let error = pinata(&fake, &clock, "another").storage;
    let compute = swell_net::compute::Compute::inline(clock.clone());
    let error = error.probe(&compute).await.unwrap_err();
    assert_eq!((error.stage, error.error.class), (ProbeStage::Upload, FailureClass::Unauthorized));
    let bed = pinata(&fake, &clock, JWT);
    fake.trouble(Trouble::Limited(5));
    fake.trouble(Trouble::Status(502));
    bed.upload(7, b"x").await.unwrap();
    assert!(clock.now().since_start() >= Duration::from_secs(5));
    assert!(
        PinataStore::new(endpoint("s", PINATA, &in_process(fake.router()), &clock), "a\nb")
            .is_none()
    );
}

#[tokio::test]
async fn a_folder_is_served_as_long_as_its_store_lives() {
    let folder = std::env::temp_dir().join(format!("swell-local-{}", std::process::id()));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = free.local_addr().unwrap();
    drop(free);
    let url = format!("http://{listen}");
    let target = LocalTarget { folder: folder.clone(), listen, url: SafeUrl::new(url.clone()) };
    let clock = RunClock::real();
    let store = LocalStore::serve(&target).await.unwrap();
    let second = LocalStore::serve(&target).await;
    assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    let bed = Bed::new(Provider::Local(store), &clock);
    let there = bed.upload(7, b"sealed").await.unwrap();
    assert_eq!(there, format!("{url}/vana_loadtest_04hmasw9nf6yy044_7.json"));
    let network = endpoint("n", &url, &sockets(SocketConfig::default()).unwrap(), &clock);
    assert_eq!(status(&network, &there).await, 200);
    for secret in [".secret", "service-account.json"] {
        std::fs::write(folder.join(secret), "x").unwrap();
    }
    for path in ["/.secret", "/service-account.json", "/..%2fpasswd", "/grant_..%2f.secret"] {
        assert_eq!(status(&network, &format!("{url}{path}")).await, 404, "{path}");
    }
    assert!(bed.storage.probe(&bed.compute).await.is_ok());
    let note = bed.note("vana_loadtest_04hmasw9nf6yy044_7.json");
    assert_eq!(bed.delete(&note).await, Ok(Deletion::Deleted));
    assert_eq!(bed.delete(&note).await, Ok(Deletion::Gone));
    for other in ["../etc/passwd", "service-account.json"] {
        let refused = bed.delete(&bed.note(other)).await.unwrap_err();
        assert_eq!(refused.class, FailureClass::Internal, "{other}");
    }
    assert!(folder.join("service-account.json").exists());
    std::fs::remove_dir_all(folder).unwrap();
    let not_there = bed.delete(&note).await.unwrap_err();
    assert_eq!(not_there.class, FailureClass::NotFound, "a folder that is not there is not empty");
}

#[tokio::test(start_paused = true)]
async fn a_user_that_gives_up_is_counted() {
    let clock = RunClock::virtual_time();
    let fake = FakePinata::default();
    let bed = pinata(&fake, &clock, JWT);
    fake.trouble(Trouble::Limited(30));
    let patience = tokio::time::timeout(Duration::from_secs(5), bed.upload(7, b"x"));
    assert!(patience.await.is_err());
    let row = bed.storage.rows().remove(0);
    assert_eq!((row.objects, row.errors, row.by_class["stopped"]), (0, 1, 1));
}
