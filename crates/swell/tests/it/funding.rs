//! Wallets are paid one by one or many at once; either way each is paid once.

use serde_json::Value;

use crate::count::assert_counts_agree;
use crate::program::Home;
use crate::report::{assert_all_succeeded, assert_sound, count};
use crate::served::serve;

const LOAD: &[&str] =
    &["--users", "40", "--rate", "20", "--s2k", "fast", "--target", "target.toml"];

/// The report of a run against a sandbox of its own, whose wallets are paid as `funding` says.
fn funded(name: &str, funding: &str) -> Value {
    let home = Home::new(name);
    let (_sandbox, url) = serve(&home, &["--retain-all"]);
    home.swell(&[&["run", "--funding", funding], LOAD].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 40);
    assert_counts_agree(&report, &url, &url);
    assert_eq!(count(&report, "/funding/lanes/foreign"), 0);
    report
}

#[test]
fn batches_pay_many_wallets_with_few_transactions() {
    let report = funded("batch", "batch");
    let funding = &report["funding"];
    assert_eq!(funding["strategy"], "batch");
    let gas = funding["gas_per_wallet"].as_f64().unwrap();
    assert!((30_000.0..60_000.0).contains(&gas), "{gas} gas a wallet");
    // Refills of five lanes, their sweeps, and the batches: far fewer than wallets.
    let signed = count(&report, "/funding/lanes/signed");
    assert!(signed < count(&report, "/funding/wallets"), "{signed} transactions of lanes");
}

#[test]
fn transfers_pay_each_wallet_for_the_least_gas() {
    let report = funded("direct", "direct");
    assert_eq!(report["funding"]["strategy"], "direct");
    assert_eq!(report["funding"]["gas_per_wallet"], 21_000.0);
}

#[test]
fn a_chain_without_multicall_pays_one_by_one_and_says_so() {
    let home = Home::new("no-multicall");
    let (_sandbox, _url) = serve(&home, &[]);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let lines = target.lines().filter(|line| !line.starts_with("multicall"));
    home.write("target.toml", &lines.collect::<Vec<_>>().join("\n"));
    let asked = home.swell(&[&["run", "--funding", "batch"], LOAD].concat()).finish();
    let finished = asked.expect_exit(0);
    assert!(finished.stderr.contains("the chain has no Multicall3"), "{}", finished.stderr);
    assert_eq!(home.report()["funding"]["strategy"], "direct");
}
