//! What may be spent: limits, consent, and a relayer that runs dry.

use serde_json::{Value, json};
use swell_sandbox::keys::{PUBLISHED_APPLICATION_KEY, RELAYER_ADDRESS};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::anvil::{anvil, beside};
use crate::http::rpc;
use crate::program::{Home, Stream};
use crate::report::{assert_all_came_home, assert_all_succeeded, assert_sound, count, wei};

/// A key of anvil's own accounts; worth nothing anywhere.
const DEV_KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

#[test]
fn a_spend_limit_stops_arrivals_before_it_is_passed() {
    let home = Home::new("limit");
    // About forty users as fees stand, of whom each may cost four times as much.
    let run = ["run", "--users", "5000", "--rate", "40", "--s2k", "fast", "--max-spend", "0.2"];
    home.swell(&run).finish().expect_exit(4);
    let report = home.report();
    assert_sound(&report);
    assert_all_came_home(&report);
    assert_eq!(report["run"]["ended"], "limit-reached");
    assert!(wei(&report, "spent_wei") < 200_000_000_000_000_000, "{}", report["money"]);
    assert!(count(&report, "/outcomes/succeeded") > 10, "{}", report["outcomes"]);
    assert_eq!(count(&report, "/outcomes/failed"), 0, "{}", report["failures"]);
}

#[test]
fn a_limit_below_one_users_cost_is_refused() {
    let home = Home::new("low-limit");
    let finished = home.swell(&["run", "--max-spend", "1000wei"]).finish().expect_exit(3);
    assert!(finished.stderr.contains("one user can cost"), "{}", finished.stderr);
    let finished = home.swell(&["run", "--max-spend", "-1"]).finish().expect_exit(2);
    assert!(finished.stderr.contains("max-spend"), "{}", finished.stderr);
    let finished = home.swell(&["run", "--max-fee", "1wei"]).finish().expect_exit(3);
    assert!(finished.stderr.contains("base fee"), "{}", finished.stderr);
}

#[test]
fn real_money_is_spent_within_a_limit_and_with_consent_only() {
    let home = Home::new("real");
    let (_anvil, chain) = anvil(1480);
    let (runtime, stop) = (Runtime::new().unwrap(), CancellationToken::new());
    let (_sandbox, target) = beside(&runtime, &chain, stop.clone());
    let mut target: toml::Table = toml::from_str(&target).unwrap();
    target["chain"]["id"] = toml::Value::Integer(1480);
    target["chain"]["funds"] = toml::Value::String("real".into());
    target["keys"]["relayer"] = toml::toml! { env = "TEST_RELAYER" }.into();
    target["keys"]["application"] = toml::toml! { env = "TEST_APPLICATION" }.into();
    home.write("target.toml", &target.to_string());
    let run = |more: &[&str]| {
        let load = ["run", "--target", "target.toml", "--users", "5", "--rate", "5"];
        let all = [&load[..], &["--s2k", "fast", "--out", "out"], more].concat();
        let application = PUBLISHED_APPLICATION_KEY.to_string();
        let swell = home.swell(&all).env("TEST_RELAYER", DEV_KEY);
        swell.env("TEST_APPLICATION", &application).finish()
    };
    let refused = run(&["--yes-real-money"]).expect_exit(3);
    assert!(refused.stderr.contains("--max-spend"), "{}", refused.stderr);
    let refused = run(&["--max-spend", "3"]).expect_exit(3);
    assert!(refused.stderr.contains("--yes-real-money"), "{}", refused.stderr);
    run(&["--max-spend", "3", "--yes-real-money", "--no-default-thresholds"]).expect_exit(0);
    let report = std::fs::read_to_string(home.path("out/report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_sound(&report);
    assert_all_succeeded(&report, 5);
    stop.cancel();
}

#[test]
fn a_relayer_that_runs_dry_is_waited_for() {
    let home = Home::new("drought");
    let (_anvil, chain) = anvil(14800);
    let (runtime, stop) = (Runtime::new().unwrap(), CancellationToken::new());
    let (_sandbox, target) = beside(&runtime, &chain, stop.clone());
    home.write("target.toml", &target);
    let few = ["--concurrency", "4", "--pool-size", "4", "--funding-workers", "1"];
    let load = ["--users", "60", "--rate", "5", "--s2k", "fast", "--no-default-thresholds"];
    let mut run =
        home.swell(&[&["run", "--target", "target.toml"], &few[..], &load].concat()).start();
    run.wait_for(Stream::Out, |line| line.starts_with("load"));
    let had = drain(&chain);
    run.wait_for(Stream::Err, |line| line.contains("has run dry"));
    rpc(&chain, "anvil_setBalance", &json!([RELAYER_ADDRESS, had]));
    run.wait_for(Stream::Err, |line| line.contains("has money again"));
    run.finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 60);
    assert_eq!(count(&report, "/funding/droughts"), 1);
    stop.cancel();
}

/// Takes all the relayer has, between two blocks, and returns how much that was.
pub(crate) fn drain(chain: &str) -> Value {
    rpc(chain, "evm_setIntervalMining", &json!([0]));
    let had = rpc(chain, "eth_getBalance", &json!([RELAYER_ADDRESS, "latest"]));
    rpc(chain, "anvil_setBalance", &json!([RELAYER_ADDRESS, "0x0"]));
    rpc(chain, "evm_setIntervalMining", &json!([1]));
    had
}
