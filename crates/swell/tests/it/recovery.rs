//! Runs that were killed: found, looked at, and swept, with nothing but the run store.

use serde_json::{Value, json};

use crate::http::rpc;
use crate::program::{Home, Running, Stream};
use crate::served::serve;

/// The sandbox's relayer.
const RELAYER: &str = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";

/// Starts a run against `target` and waits until users are in flight.
pub(crate) fn start_run(home: &Home, target: &str, more: &[&str]) -> (Running, String) {
    let load = ["run", "--target", target, "--rate", "20", "--s2k", "fast", "--ui", "json"];
    let mut run = home.swell(&[&load[..], more].concat()).start();
    let begin = run.wait_for(Stream::Out, |line| line.contains("\"begin\""));
    let begin: Value = serde_json::from_str(&begin).unwrap();
    let id = begin["run"].as_str().unwrap().to_owned();
    run.wait_for(Stream::Out, |line| {
        let snapshot: Value = serde_json::from_str(line).unwrap();
        snapshot["in_flight"].as_u64() > Some(3) && snapshot["succeeded"].as_u64() > Some(3)
    });
    (run, id)
}

pub(crate) fn balance(url: &str) -> u128 {
    let balance = rpc(url, "eth_getBalance", &json!([RELAYER, "latest"]));
    u128::from_str_radix(balance.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn listed(home: &Home, more: &[&str]) -> Vec<Value> {
    let runs = home.swell(&[&["runs", "--json"], more].concat()).finish().expect_exit(0);
    let list: Value = serde_json::from_str(&runs.stdout).unwrap();
    list["runs"].as_array().unwrap().clone()
}

#[test]
fn a_killed_run_is_listed_looked_at_and_swept() {
    let home = Home::new("killed");
    let (_sandbox, url) = serve(&home, &[]);
    let (run, id) = start_run(&home, "target.toml", &["--users", "5000"]);
    assert_eq!(listed(&home, &[])[0]["ended"], "going-on");
    let skipped = home.swell(&["sweep", "--all"]).finish().expect_exit(0);
    assert!(skipped.stdout.contains("skipped: it is going on"), "{}", skipped.stdout);
    // A second sweep would take its nonces: the run holds the relayer.
    home.swell(&["sweep", &id]).finish().expect_exit(3);
    drop(run);

    let row = &listed(&home, &[])[0];
    assert_eq!((&row["id"], &row["ended"]), (&json!(id), &json!("did-not-end")));
    assert_eq!(row["holds"], json!({"wei": null, "says": "nobody"}));
    let row = &listed(&home, &["--ask"])[0];
    assert_eq!(row["holds"]["says"], "chain");
    assert_ne!(row["holds"]["wei"], "0");

    let dry = home.swell(&["sweep", &id, "--dry-run"]).finish().expect_exit(0);
    assert!(dry.stdout.contains("Nothing was sent."), "{}", dry.stdout);
    let before = balance(&url);
    let swept = home.swell(&["sweep", "--all"]).finish().expect_exit(0);
    assert!(swept.stdout.contains("Total     1 run swept, 0 could not be"), "{}", swept.stdout);
    assert!(swept.stdout.contains("The whole run, by the chain and this sweep:"));
    assert!(balance(&url) > before);

    let row = &listed(&home, &["--ask"])[0];
    assert_eq!(row["holds"]["says"], "sweep");
    let again = home.swell(&["sweep", "--all"]).finish().expect_exit(0);
    assert!(again.stdout.contains("1 known to hold nothing"), "{}", again.stdout);
}

#[test]
fn a_killed_run_without_its_folder_is_swept_as_far_as_asked() {
    let home = Home::new("killed-gone");
    let (_sandbox, url) = serve(&home, &[]);
    let (run, id) = start_run(&home, "target.toml", &["--users", "5000"]);
    drop(run);
    std::fs::remove_dir_all(home.path("home/runs")).unwrap();
    home.swell(&["sweep", &id]).finish().expect_exit(2);
    let asked = ["sweep", &id, "--target", "target.toml", "--up-to", "600"];
    let before = balance(&url);
    let swept = home.swell(&asked).finish().expect_exit(0);
    assert!(swept.stdout.contains("Searched  600 wallets, 600 lanes"), "{}", swept.stdout);
    assert!(balance(&url) > before);
}

#[test]
fn one_bad_run_stops_no_other_and_decides_the_exit() {
    let home = Home::new("one-bad");
    let (_sandbox, _url) = serve(&home, &[]);
    let (run, _id) = start_run(&home, "target.toml", &["--users", "5000"]);
    drop(run);
    std::fs::create_dir_all(home.path("home/runs/04hmasw9nf6yy044")).unwrap();
    home.write("home/runs/04hmasw9nf6yy044/ledger.jsonl", "");
    let swept = home.swell(&["sweep", "--all"]).finish().expect_exit(2);
    let words = "error: run 04hmasw9nf6yy044: the ledger of the run 04hmasw9nf6yy044 does not say";
    assert!(swept.stderr.contains(words), "{}", swept.stderr);
    assert!(swept.stdout.contains("Total     1 run swept, 1 could not be"), "{}", swept.stdout);
    let listed = home.swell(&["runs"]).finish().expect_exit(0);
    assert!(listed.stdout.contains("is empty"), "{}", listed.stdout);
}
