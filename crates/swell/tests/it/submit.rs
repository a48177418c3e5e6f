//! Three ways to submit: what users sign is sent by lanes or by a relay, and nobody is funded.

use serde_json::{Value, json};
use swell_sandbox::keys::RELAYER_ADDRESS;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::anvil::{anvil, beside};
use crate::chain_books::{ChainBooks, balance};
use crate::count::{assert_counts_agree, users_on_chain};
use crate::fake_relay::{Answer, FakeRelay};
use crate::http::rpc;
use crate::money::drain;
use crate::program::{Home, Stream};
use crate::recovery::start_run;
use crate::report::{assert_all_came_home, assert_all_succeeded, assert_sound, count, wei};
use crate::served::serve;

/// A key of anvil's own accounts, which is neither the relayer's nor the application's.
const DEV_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// Wants that no user held or moved a wei, by the chain's own books.
#[track_caller]
fn assert_nobody_was_funded(chain: &str) {
    let relayer = RELAYER_ADDRESS.to_string().to_lowercase();
    let books = ChainBooks::read(chain, 0);
    for (from, to) in books.paid.keys() {
        assert!(*from == relayer || *to == relayer, "{from} paid {to}");
    }
    for user in users_on_chain(chain) {
        let user = format!("0x{}", &user[26..]);
        assert_eq!(balance(chain, &user), 0, "{user}");
        assert!(!books.accounts().contains(&user), "{user} sent or was paid something");
    }
    books.assert_no_gaps(chain);
}

#[track_caller]
fn assert_relayed(report: &Value, users: u64) {
    assert_eq!(count(report, "/funding/wallets"), 0);
    assert_eq!(wei(report, "sent_wei"), 0);
    let relay = &report["relay"];
    assert_eq!(relay["submit"], "relayed");
    assert_eq!((count(relay, "/calls"), count(relay, "/included")), (users, users));
    assert!(relay["queue_ms"]["p99"].is_number() && relay["nonce_gaps"].is_number(), "{relay}");
    assert!(count(relay, "/inclusion_blocks/p50") >= 1, "{relay}");
    let mean: i128 = relay["cost"]["mean_wei"].as_str().unwrap().parse().unwrap();
    let paid = mean * i128::from(users);
    // The rest is what it took to fill the lanes and to empty them.
    assert!(paid > 0 && paid <= wei(report, "spent_wei"), "{relay} {}", report["money"]);
    let thresholds = report["thresholds"].to_string();
    assert!(!thresholds.contains("wallet"), "{thresholds}");
    let ceilings = report["ceilings"].to_string();
    assert!(!ceilings.contains("pool") && ceilings.contains("relaying lanes"), "{ceilings}");
}

#[test]
fn lanes_send_what_users_sign_and_the_chain_counts_the_same_users() {
    let home = Home::new("relayed");
    let (_sandbox, url) = serve(&home, &["--retain-all"]);
    let load = ["--target", "target.toml", "--users", "30", "--rate", "15", "--s2k", "fast"];
    let run = [&["run", "--submit", "relayed"][..], &load].concat();
    let finished = home.swell(&run).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 30);
    assert_relayed(&report, 30);
    assert_counts_agree(&report, &url, &url);
    assert_nobody_was_funded(&url);
    assert!(finished.stdout.contains("calls by the relayer's lanes"), "{}", finished.stdout);
    assert!(!finished.stdout.contains("Funding"), "{}", finished.stdout);
    assert!(finished.stdout.contains("recovers what its lanes hold: "), "{}", finished.stdout);
    assert!(!finished.stdout.contains("every wallet"), "{}", finished.stdout);
}

#[test]
fn lanes_send_what_users_sign_to_a_real_anvil() {
    let home = Home::new("relayed-anvil");
    let (_anvil, chain) = anvil(14800);
    let (runtime, stop) = (Runtime::new().unwrap(), CancellationToken::new());
    let (sandbox, target) = beside(&runtime, &chain, stop.clone());
    let target = home.write("target.toml", &target);
    let load = ["--target", &target, "--users", "20", "--rate", "10", "--s2k", "fast"];
    home.swell(&[&["run", "--submit", "relayed"][..], &load].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 20);
    assert_relayed(&report, 20);
    assert_counts_agree(&report, &chain, &sandbox);
    assert_nobody_was_funded(&chain);
    stop.cancel();
}

#[test]
fn a_relayed_run_in_virtual_time_is_the_same_every_time() {
    let home = Home::new("relayed-virtual");
    let run = ["run", "--virtual", "--submit", "relayed", "--users", "60", "--rate", "6"];
    let seeded = || {
        home.swell(&[&run[..], &["--seed", "7", "--out", "out"]].concat()).finish().expect_exit(0);
        std::fs::read_to_string(home.path("out/report.json")).unwrap()
    };
    let first = seeded();
    assert!(first == seeded(), "two runs of one seed differ");
    let report: Value = serde_json::from_str(&first).unwrap();
    assert_sound(&report);
    assert_all_succeeded(&report, 60);
    assert_relayed(&report, 60);
}

#[test]
fn a_spend_limit_stops_a_relayed_run_before_it_is_passed() {
    let home = Home::new("relayed-limit");
    let run = ["run", "--submit", "relayed", "--users", "5000", "--rate", "40", "--s2k", "fast"];
    home.swell(&[&run[..], &["--max-spend", "0.2"]].concat()).finish().expect_exit(4);
    let report = home.report();
    assert_sound(&report);
    assert_all_came_home(&report);
    assert_eq!(report["run"]["ended"], "limit-reached");
    assert!(wei(&report, "spent_wei") < 200_000_000_000_000_000, "{}", report["money"]);
    assert!(count(&report, "/outcomes/succeeded") > 10, "{}", report["outcomes"]);
}

#[test]
fn a_relayed_run_that_was_killed_is_swept_or_goes_on() {
    let home = Home::new("relayed-killed");
    let (_sandbox, url) = serve(&home, &["--retain-all"]);
    let relayed = ["--submit", "relayed", "--users"];
    let (run, id) = start_run(&home, "target.toml", &[&relayed[..], &["5000"]].concat());
    drop(run);
    home.swell(&["sweep", &id]).finish().expect_exit(0);
    let dry = home.swell(&["sweep", &id, "--dry-run"]).finish().expect_exit(0);
    assert!(dry.stdout.contains("\nHeld      nothing\n"), "{}", dry.stdout);
    assert_nobody_was_funded(&url);
    std::fs::remove_dir_all(home.path("home/runs")).unwrap();

    let (run, id) = start_run(&home, "target.toml", &[&relayed[..], &["240"]].concat());
    drop(run);
    let other = home.swell(&["run", "--resume", &id, "--submit", "self"]).finish().expect_exit(2);
    assert!(other.stderr.contains("--submit would change"), "{}", other.stderr);
    home.swell(&["run", "--resume", &id]).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_eq!(report["run"]["resumed"]["part"], 2);
    assert_eq!(report["run"]["resumed"]["wallets_reused"], 0);
    assert_eq!(report["relay"]["submit"], "relayed", "it goes on as it began");
    assert_eq!(count(&report, "/outcomes/failed"), 0, "{}", report["failures"]);
    assert_nobody_was_funded(&url);
    let runs = home.swell(&["runs", "--json"]).finish().expect_exit(0);
    let runs: Value = serde_json::from_str(&runs.stdout).unwrap();
    assert_eq!(runs["runs"][0]["holds"], json!({ "wei": "0", "says": "report" }));
}

#[test]
fn a_relayed_run_whose_relayer_runs_dry_goes_on_when_it_is_topped_up() {
    let home = Home::new("relayed-drought");
    let (_anvil, chain) = anvil(14800);
    let (runtime, stop) = (Runtime::new().unwrap(), CancellationToken::new());
    let (_sandbox, target) = beside(&runtime, &chain, stop.clone());
    home.write("target.toml", &target);
    let few = ["--concurrency", "6", "--funding-workers", "1", "--submit", "relayed"];
    let load = ["--users", "60", "--rate", "5", "--s2k", "fast", "--no-default-thresholds"];
    let mut run =
        home.swell(&[&["run", "--target", "target.toml"], &few[..], &load].concat()).start();
    run.wait_for(Stream::Out, |line| line.starts_with("load"));
    let had = drain(&chain);
    // Four times the fee, so that what the lane holds is soon less than half of what it should.
    rpc(&chain, "anvil_setNextBlockBaseFeePerGas", &json!([format!("{:#x}", 4_000_000_000_u64)]));
    run.wait_for(Stream::Err, |line| line.contains("has run dry"));
    rpc(&chain, "anvil_setBalance", &json!([RELAYER_ADDRESS, had]));
    run.wait_for(Stream::Err, |line| line.contains("has money again"));
    run.finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 60);
    assert_eq!(count(&report, "/funding/droughts"), 1);
    let diagnosis = report["diagnosis"].to_string();
    assert!(diagnosis.contains("the relayer ran dry 1 times"), "{diagnosis}");
    stop.cancel();
}

/// An anvil with the sandbox's server and a relay of the test's beside it.
fn with_relay(home: &Home, script: &[Answer], work: impl FnOnce(&FakeRelay, &str, &str)) {
    let (_anvil, chain) = anvil(14800);
    let (runtime, stop) = (Runtime::new().unwrap(), CancellationToken::new());
    let (sandbox, target) = beside(&runtime, &chain, stop.clone());
    let relay = FakeRelay::start(&runtime, &chain, DEV_KEY, script);
    let mut target: toml::Table = target.parse().unwrap();
    target.insert(
        "relay".into(),
        toml::Table::from_iter([("url".into(), relay.url.clone().into())]).into(),
    );
    home.write("target.toml", &target.to_string());
    work(&relay, &chain, &sandbox);
    stop.cancel();
}

const ENDPOINT: &[&str] =
    &["run", "--target", "target.toml", "--submit", "endpoint", "--s2k", "fast", "--rate", "10"];

#[test]
fn a_relay_of_any_generation_sends_what_users_sign_and_nothing_is_spent() {
    let home = Home::new("endpoint");
    let script = [Answer::Signed, Answer::Submitted, Answer::Pending, Answer::Mock];
    with_relay(&home, &script, |relay, chain, sandbox| {
        let run = [ENDPOINT, &["--users", "20", "--poll-interval", "1s"]].concat();
        let finished = home.swell(&run).finish().expect_exit(0);
        assert!(
            finished.stdout.contains("No wallet of this run holds money"),
            "{}",
            finished.stdout
        );
        let report = home.report();
        assert_sound(&report);
        assert_all_succeeded(&report, 20);
        relay.assert_asked(20);
        assert_counts_agree(&report, chain, sandbox);
        assert_eq!(wei(&report, "spent_wei"), 0, "{}", report["money"]);
        assert_eq!(report["money"]["start_wei"], report["money"]["end_wei"]);
        let told = &report["relay"];
        assert_eq!(told["submit"], "endpoint");
        assert_eq!((count(told, "/calls"), count(told, "/included")), (20, 20));
        assert_eq!(count(told, "/polls"), 10, "five were pending, and asked about twice");
        assert!(told.get("queue_ms").is_none() && told.get("nonce_gaps").is_none(), "{told}");
        let endpoints = report["endpoints"].to_string();
        assert!(endpoints.contains("\"relay\""), "{endpoints}");
    });
}

#[test]
fn what_a_relay_does_wrong_is_a_failure_with_its_class() {
    let home = Home::new("endpoint-wrong");
    let script =
        [Answer::Refused, Answer::Broken, Answer::NoHash, Answer::Invented, Answer::Tampered];
    with_relay(&home, &script, |relay, _chain, _sandbox| {
        let few = ["--users", "10", "--journey-timeout", "10s", "--no-default-thresholds"];
        home.swell(&[ENDPOINT, &few].concat()).finish().expect_exit(0);
        let report = home.report();
        assert_sound(&report);
        relay.assert_asked(10);
        let classes = json!({
            "rejected": 2, "server-error": 2, "protocol": 2, "not-included": 2, "missing-event": 2,
        });
        assert_eq!(report["outcomes"]["by_class"], classes, "{}", report["failures"]);
        let failures = report["failures"].to_string();
        assert!(failures.contains("as the contract would with InvalidNonce"), "{failures}");
        assert!(failures.contains("the permission is 0x"), "{failures}");
    });
}

#[test]
fn the_check_asks_the_relay_whether_it_is_one() {
    let home = Home::new("check-relay");
    let (_sandbox, url) = crate::served::serve(&home, &[]);
    let check = ["check", "--target", "target.toml", "--submit", "endpoint"];
    let ready = home.swell(&check).finish().expect_exit(0);
    assert!(ready.stdout.contains("the relay at http://127.0.0.1"), "{}", ready.stdout);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let elsewhere = target.replace("/api/relay", "/api/rely");
    assert_ne!(elsewhere, target);
    home.write("target.toml", &elsewhere);
    let refused = home.swell(&check).finish().expect_exit(3);
    let told = [refused.stdout, refused.stderr].concat();
    assert!(told.contains("does not answer like a") && told.contains("404"), "{url}: {told}");
}

#[test]
fn a_target_without_a_relay_and_a_journey_without_a_call_are_refused() {
    let home = Home::new("no-relay");
    let (_sandbox, url) = crate::served::serve(&home, &[]);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let without = target.replace(&format!("[relay]\nurl = \"{url}/api/relay\"\n"), "");
    assert_ne!(without, target);
    home.write("target.toml", &without);
    let run = ["run", "--target", "target.toml", "--submit", "endpoint"];
    let finished = home.swell(&run).finish().expect_exit(3);
    assert!(finished.stderr.contains("expected relay.url"), "{}", finished.stderr);
    let wallet = ["run", "--submit", "relayed", "--journey", "wallet"];
    let finished = home.swell(&wallet).finish().expect_exit(2);
    assert!(finished.stderr.contains("expected submit = self"), "{}", finished.stderr);
    let finished = home.swell(&["run", "--submit", "postal"]).finish().expect_exit(2);
    assert!(finished.stderr.contains("self, relayed or endpoint"), "{}", finished.stderr);
}
