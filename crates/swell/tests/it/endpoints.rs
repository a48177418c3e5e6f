//! Targets with several RPC endpoints, and with one that announces its blocks.

use crate::program::Home;
use crate::report::{assert_all_succeeded, assert_sound};
use crate::served::serve;

/// Changes the target file's `[chain]`.
fn change_chain(home: &Home, change: impl FnOnce(&mut toml::Table)) {
    let text = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let mut target: toml::Table = text.parse().unwrap();
    change(target["chain"].as_table_mut().unwrap());
    home.write("target.toml", &target.to_string());
}

/// The sandbox under two names, and an endpoint where nobody listens.
fn two_and_a_dead_one(home: &Home, url: &str) {
    change_chain(home, |chain| {
        let rpc = [format!("{url}/"), "http://127.0.0.1:1/KEY".into(), format!("{url}/rpc")];
        chain.insert("rpc".into(), rpc.to_vec().into());
    });
}

const LOAD: &[&str] =
    &["run", "--target", "target.toml", "--users", "20", "--rate", "10", "--s2k", "fast"];

#[test]
fn a_run_spreads_over_its_endpoints_and_goes_on_without_a_dead_one() {
    let home = Home::new("endpoints");
    let (_sandbox, url) = serve(&home, &[]);
    two_and_a_dead_one(&home, &url);
    let finished = home.swell(LOAD).finish().expect_exit(0);
    let said = [&finished.stdout[..], &finished.stderr[..]].concat();
    assert!(said.contains("rpc-2, http://127.0.0.1:1/…, does not answer"), "{said}");
    assert!(!said.contains("KEY"), "{said}");
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 20);
    let row = |name: &str| {
        let rows = report["endpoints"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    };
    for name in ["rpc-1", "rpc-3", "storage", "server"] {
        assert!(row(name)["requests"].as_u64().unwrap() > 10, "{}", row(name));
        assert_eq!((&row(name)["errors"], &row(name)["state"]), (&0.into(), &"healthy".into()));
    }
    assert_eq!(row("rpc-2")["state"], "unverified");
    assert!(finished.stdout.contains("rpc-3"), "{}", finished.stdout);
    let inclusion = report["inclusion"].as_array().unwrap();
    let journey = inclusion.iter().find(|row| row["tag"] == "journey").unwrap();
    assert_eq!(journey["count"], 20);
    assert!(journey["ms"]["p50"].as_f64().unwrap() > 0.0, "{journey}");
    assert!(journey["blocks"]["max"].as_u64().unwrap() >= 1, "{journey}");
}

#[test]
fn a_check_says_where_each_endpoint_stands() {
    let home = Home::new("endpoints-check");
    let (_sandbox, url) = serve(&home, &[]);
    two_and_a_dead_one(&home, &url);
    let check = ["check", "--target", "target.toml", "--users", "5", "--rate", "1"];
    let finished = home.swell(&check).finish().expect_exit(0);
    let words = finished.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("rpc-1, {url}, is at block")), "{words}");
    assert!(words.contains("rpc-2, http://127.0.0.1:1/…, did not say where it stands"), "{words}");
}

#[test]
fn a_served_sandboxs_blocks_are_announced_and_a_run_goes_on_without_that() {
    let home = Home::new("announced");
    let (_sandbox, _url) = serve(&home, &[]);
    home.swell(LOAD).finish().expect_exit(0);
    assert!(home.run_file("run.log").contains("heads are told by WebSocket"));
    assert_all_succeeded(&home.report(), 20);

    let home = Home::new("not-announced");
    let (_sandbox, _url) = serve(&home, &[]);
    change_chain(&home, |chain| _ = chain.insert("ws".into(), "ws://127.0.0.1:1/KEY".into()));
    home.swell(LOAD).finish().expect_exit(0);
    let log = home.run_file("run.log");
    assert!(log.contains("no WebSocket tells them") && !log.contains("KEY"), "{log}");
    assert_all_succeeded(&home.report(), 20);
}
