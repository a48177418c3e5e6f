//! Runs whose data lies in a real provider's store, played by one that checks what it is sent.

use std::net::TcpListener;
use std::time::Duration;

use axum::Router;
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use swell_journeys::storage::testing::gcs::{BUCKET, FORBIDDEN_BUCKET, FakeGcs, new_key};
use swell_journeys::storage::testing::s3::{FakeS3, KEY_ID, REGION, SECRET};
use swell_net::clock::RunClock;
use tokio::runtime::{Builder, Runtime};
use toml::Table;

use crate::program::{Finished, Home};
use crate::report::{assert_all_succeeded, assert_sound};
use crate::served::serve;

/// Google Cloud Storage in this process.
struct Gcs {
    fake: FakeGcs,
    url: String,
    _served: Runtime,
}

/// Serves what `router` makes for its own address, until the runtime is dropped.
pub(crate) fn serve_here(router: impl FnOnce(&str) -> Router) -> (String, Runtime) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let router = router(&url);
    runtime.spawn(async move { axum::serve(listener, router).await });
    drop(entered);
    (url, runtime)
}

/// Writes the sandbox's target file once more, with this storage.
fn target_with(home: &Home, name: &str, storage: &str) -> String {
    let text = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let mut target: Table = text.parse().unwrap();
    target.insert("storage".into(), storage.parse::<Table>().unwrap().into());
    home.write(name, &target.to_string())
}

impl Gcs {
    fn start() -> Self {
        let mut fake = None;
        let (url, served) =
            serve_here(|url| fake.insert(FakeGcs::new(url, RunClock::real())).router());
        Self { fake: fake.unwrap(), url, _served: served }
    }

    /// Writes the sandbox's target file once more, with this storage and the account in `account`.
    fn target(&self, home: &Home, name: &str, bucket: &str, account: &str) -> String {
        let storage = format!(
            "kind = \"gcs\"\nbucket = \"{bucket}\"\nurl = \"{}\"\ncredentials = {{ file = {account:?} }}",
            self.url
        );
        target_with(home, name, &storage)
    }
}

fn cleanup(home: &Home, id: &str, more: &[&str]) -> Finished {
    home.swell(&[&["cleanup", id], more].concat()).finish()
}

#[test]
fn a_run_whose_data_is_in_a_bucket_passes_and_its_uploads_can_be_deleted() {
    let (home, gcs) = (Home::new("gcs"), Gcs::start());
    let (_sandbox, _) = serve(&home, &["--retain-all"]);
    let account = home.write("account.json", &gcs.fake.account_json());
    let target = gcs.target(&home, "gcs.toml", BUCKET, &account);
    let checked = home.swell(&["check", "--target", &target]).finish().expect_exit(0);
    assert!(checked.stdout.contains("took a tiny object"), "{}", checked.stdout);
    assert!(gcs.fake.objects().is_empty(), "what the check uploaded is deleted");

    let load = ["run", "--target", &target, "--users", "12", "--rate", "12", "--s2k", "fast"];
    let finished = home.swell(&load).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    // Each personal server fetched grant and data by their signed URLs.
    assert_all_succeeded(&report, 12);
    assert_eq!(gcs.fake.objects().len(), 24);
    assert_eq!(gcs.fake.tokens_given(), 2, "one for the check, one for the run");
    let row = &report["storage"][0];
    assert_eq!(
        (&row["provider"], &row["objects"], &row["errors"]),
        (&"gcs".into(), &24.into(), &0.into())
    );
    assert!(row["url_gas"].as_u64().unwrap() > 100_000, "{row}");
    assert!(finished.stdout.contains("gcs"), "{}", finished.stdout);

    let list = home.run_file("uploads.jsonl");
    let names: Vec<Value> =
        list.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(names.len(), 24);
    for note in &names {
        assert!(gcs.fake.objects().contains_key(note["object"].as_str().unwrap()), "{note}");
    }
    for (path, text) in home.files() {
        let is_account = path.ends_with("account.json");
        assert!(!text.contains("GoogleAccessId"), "{}", path.display());
        assert!(is_account || !text.contains("PRIVATE KEY"), "{}", path.display());
    }

    let id = report["run"]["id"].as_str().unwrap();
    let counted = cleanup(&home, id, &["--dry-run"]).expect_exit(0);
    assert!(counted.stdout.contains("24 objects"), "{}", counted.stdout);
    assert_eq!(gcs.fake.objects().len(), 24);
    let cleaned = cleanup(&home, id, &[]).expect_exit(0);
    assert!(
        cleaned.stdout.contains("24 deleted, 0 were gone already, 0 failed"),
        "{}",
        cleaned.stdout
    );
    assert!(gcs.fake.objects().is_empty());
    let again = cleanup(&home, id, &[]).expect_exit(0);
    assert!(again.stdout.contains("nothing is left"), "{}", again.stdout);
}

#[test]
fn a_run_that_was_killed_has_noted_every_object_it_uploaded() {
    let (home, gcs) = (Home::new("gcs-killed"), Gcs::start());
    let (_sandbox, _) = serve(&home, &[]);
    let account = home.write("account.json", &gcs.fake.account_json());
    let target = gcs.target(&home, "gcs.toml", BUCKET, &account);
    let load = ["run", "--target", &target, "--users", "500", "--rate", "50", "--s2k", "fast"];
    let run = home.swell(&load).start();
    assert!(gcs.fake.wait_for(30, Duration::from_secs(60)), "uploads begin");
    kill_process(run.pid(), Signal::KILL).unwrap();
    let (_, said) = run.end();
    let id = said.lines().find(|line| line.contains("swell sweep "));
    let id = id.and_then(|line| line.rsplit(' ').next()).unwrap();
    assert!(gcs.fake.objects().len() >= 30);
    cleanup(&home, id, &[]).expect_exit(0);
    assert!(gcs.fake.objects().is_empty());
    home.swell(&["sweep", id]).finish().expect_exit(0);
}

#[test]
fn personal_servers_fetch_from_s3_and_from_a_served_folder() {
    let home = Home::new("s3-local");
    let (_sandbox, _) = serve(&home, &["--retain-all"]);
    let fake = FakeS3::new(RunClock::real(), None);
    let (url, _served) = serve_here(|_| fake.router());
    let (key, secret) = (home.write("id", KEY_ID), home.write("secret", SECRET));
    let s3 = format!(
        "kind = \"s3\"\nbucket = \"{BUCKET}\"\nregion = \"{REGION}\"\nendpoint = \"{url}\"\n\
         access_key_id = {{ file = {key:?} }}\nsecret_access_key = {{ file = {secret:?} }}"
    );
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = free.local_addr().unwrap();
    let folder = home.path("uploads");
    let local = format!(
        "kind = \"local\"\nfolder = {folder:?}\nlisten = \"{listen}\"\nurl = \"http://{listen}/\""
    );
    drop(free);
    let held = [&|| fake.objects().len(), &|| std::fs::read_dir(&folder).unwrap().count()]
        as [&dyn Fn() -> usize; 2];
    for ((name, storage), held) in [("s3", s3), ("local", local)].into_iter().zip(held) {
        let target = target_with(&home, "storage.toml", &storage);
        let out = home.path(name);
        let out = out.to_str().unwrap();
        let load = ["run", "--target", &target, "--users", "5", "--rate", "10", "--s2k", "fast"];
        home.swell(&[&load[..], &["--out", out]].concat()).finish().expect_exit(0);
        let text = std::fs::read_to_string(home.path(name).join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_all_succeeded(&report, 5);
        assert_eq!(report["storage"][0]["provider"], name);
        assert_eq!(held(), 10, "{name}");
        let id = report["run"]["id"].as_str().unwrap();
        let cleaned = cleanup(&home, id, &[]).expect_exit(0);
        assert!(cleaned.stdout.contains("10 deleted"), "{}", cleaned.stdout);
        assert_eq!(held(), 0, "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_bucket_or_an_account_is_found_before_the_run() {
    let (home, gcs) = (Home::new("gcs-check"), Gcs::start());
    let (_sandbox, _) = serve(&home, &[]);
    let good = home.write("good.json", &gcs.fake.account_json());
    let wrong = home.write("wrong.json", &gcs.fake.account_json_with(&new_key()));
    let broken = home.write("broken.json", "{\n\"type\": \"service_account\",\nhunter2}");
    let keyless = gcs.fake.account_json().replace("MII", "hunter2");
    let keyless = home.write("keyless.json", &keyless);
    for (bucket, account, words) in [
        (BUCKET, &broken, &["broken.json", "line 3 is not JSON"][..]),
        (BUCKET, &keyless, &["keyless.json", "`private_key` is not a key"]),
        (BUCKET, &wrong, &["is refused a token", "invalid_grant"]),
        (FORBIDDEN_BUCKET, &good, &[FORBIDDEN_BUCKET, "may not be written to", "403"]),
        ("no-such-bucket", &good, &["no-such-bucket", "is not there", "404"]),
        (BUCKET, &"absent.json".into(), &["absent.json", "cannot be read"]),
    ] {
        let target = gcs.target(&home, "gcs.toml", bucket, account);
        for command in [&["check", "--target", &target][..], &["run", "--target", &target]] {
            let finished = home.swell(command).finish().expect_exit(3);
            let said = format!("{}{}", finished.stdout, finished.stderr);
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            for word in words {
                assert!(said.contains(word), "no {word:?} in: {said}");
            }
            assert!(!said.contains("hunter2") && !said.contains("panicked"), "{said}");
        }
    }
    assert!(gcs.fake.objects().is_empty());
}

#[test]
fn a_cleanup_with_another_storage_than_the_runs_is_refused_and_deletes_nothing() {
    let (home, gcs) = (Home::new("gcs-elsewhere"), Gcs::start());
    let (_sandbox, _) = serve(&home, &[]);
    let account = home.write("account.json", &gcs.fake.account_json());
    let target = gcs.target(&home, "gcs.toml", BUCKET, &account);
    let load = ["run", "--target", &target, "--users", "5", "--rate", "10", "--s2k", "fast"];
    home.swell(&load).finish().expect_exit(0);
    let id = home.report()["run"]["id"].as_str().unwrap().to_owned();
    let fake = FakeS3::new(RunClock::real(), None);
    let (url, _served) = serve_here(|_| fake.router());
    // Another provider, of which not even the credentials are looked at; a folder with objects of
    // these names; and a sandbox, which keeps nothing.
    let s3 = format!(
        "kind = \"s3\"\nbucket = \"{BUCKET}\"\nregion = \"{REGION}\"\nendpoint = \"{url}\"\n\
         access_key_id = {{ file = \"none\" }}\nsecret_access_key = {{ file = \"none\" }}"
    );
    let folder = home.path("uploads");
    std::fs::create_dir(&folder).unwrap();
    let list = home.run_file("uploads.jsonl");
    for line in list.lines().skip(1) {
        let note: Value = serde_json::from_str(line).unwrap();
        let name = note["object"].as_str().unwrap().rsplit('/').next().unwrap();
        std::fs::write(folder.join(name), "somebody's").unwrap();
    }
    let local = format!(
        "kind = \"local\"\nfolder = {folder:?}\nlisten = \"127.0.0.1:9\"\nurl = \"http://127.0.0.1:9\""
    );
    let sandbox = "kind = \"sandbox\"\nurl = \"http://127.0.0.1:9\"".to_owned();
    for (kind, storage) in [("s3", s3), ("local", local), ("sandbox", sandbox)] {
        let other = target_with(&home, "other.toml", &storage);
        let refused = cleanup(&home, &id, &["--target", &other]).expect_exit(2);
        let words = format!(
            "the run {id} uploaded to the storage `gcs`, and the target's storage is `{kind}`; expected"
        );
        assert!(refused.stderr.contains(&words), "{}", refused.stderr);
        assert_eq!(gcs.fake.objects().len(), 10);
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 10);
    assert!(home.files().iter().all(|(path, _)| !path.ends_with("cleanup.json")));
    // As the run had it, it goes on.
    cleanup(&home, &id, &["--target", &target]).expect_exit(0);
    assert!(gcs.fake.objects().is_empty());
}

#[test]
fn a_cleanup_that_cannot_be_is_refused_in_one_sentence() {
    let home = Home::new("no-cleanup");
    let refused = |finished: Finished, word: &str| {
        let finished = finished.expect_exit(2);
        assert!(finished.stderr.contains(word), "{}", finished.stderr);
    };
    refused(cleanup(&home, "nobody", &[]), "is not a run id");
    refused(cleanup(&home, "04hmasw9nf6yy044", &[]), "no folder of the run");
    let load = ["run", "--users", "2", "--rate", "5", "--s2k", "fast"];
    home.swell(&load).finish().expect_exit(0);
    let report = home.report();
    assert_eq!(report["storage"][0]["provider"], "sandbox");
    let id = report["run"]["id"].as_str().unwrap();
    refused(cleanup(&home, id, &[]), "ended with it");
}
