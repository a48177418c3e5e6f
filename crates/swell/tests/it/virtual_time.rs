//! `swell run --virtual`: minutes in a moment, and the same ones every time.

use crate::program::Home;
use crate::report::{assert_all_succeeded, assert_host_facts, assert_sound};

const SMALL: &[&str] = &["run", "--virtual", "--users", "60", "--rate", "6"];

/// The report, for machines and as a page.
fn seeded(home: &Home, seed: &str) -> [String; 2] {
    home.swell(&[SMALL, &["--seed", seed, "--out", "out"]].concat()).finish().expect_exit(0);
    ["out/report.json", "out/report.html"]
        .map(|file| std::fs::read_to_string(home.path(file)).unwrap())
}

#[test]
fn a_run_in_virtual_time_passes_and_its_report_is_sound() {
    let home = Home::new("virtual");
    let finished = home.swell(&[SMALL, &["--seed", "7"]].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 60);
    assert_host_facts(&serde_json::from_str(&home.run_file("host.json")).unwrap());
    assert_eq!(report["run"]["seed"], 7);
    assert_eq!(report["run"]["virtual_time"], true);
    let notes = report["notes"].to_string();
    for wanted in ["time was virtual", "s2k was fast"] {
        assert!(notes.contains(wanted), "{notes}");
        assert!(finished.stdout.contains(wanted), "{}", finished.stdout);
    }
    assert!(finished.stderr.is_empty(), "{}", finished.stderr);
}

#[test]
fn equal_seeds_give_equal_reports_and_others_do_not() {
    let home = Home::new("seeds");
    let first = seeded(&home, "7");
    let again = seeded(&home, "7");
    let other = seeded(&home, "8");
    assert!(first == again, "two runs of one seed differ");
    assert_ne!(first, other);
}

#[test]
fn users_without_a_place_wait_and_their_response_time_says_so() {
    let home = Home::new("places");
    let few = ["--seed", "3", "--concurrency", "5", "--no-default-thresholds"];
    home.swell(&[SMALL, &few].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert!(
        report["arrivals"]["waited_for_place"].as_u64().unwrap() > 20,
        "{}",
        report["arrivals"]
    );
    let p95 = |name: &str| report[name]["p95"].as_f64().unwrap();
    assert!(p95("response_ms") > 2.0 * p95("service_ms"));
    assert!(report["diagnosis"].to_string().contains("places"), "{}", report["diagnosis"]);
}

#[test]
fn users_without_a_place_are_shed_where_that_was_asked() {
    let home = Home::new("shed");
    let shed = ["--seed", "3", "--concurrency", "5", "--when-full", "shed"];
    let thresholds = ["--no-default-thresholds"];
    home.swell(&[SMALL, &shed, &thresholds].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    let arrivals = &report["arrivals"];
    assert!(arrivals["shed"].as_u64().unwrap() > 0, "{arrivals}");
    assert_eq!(arrivals["waited_for_place"], 0);
    let by_reason = arrivals["shed_by_reason"].as_object().unwrap().values();
    assert_eq!(by_reason.map(|n| n.as_u64().unwrap()).sum::<u64>(), arrivals["shed"]);
}

#[test]
fn users_of_the_journey_wallet_only_get_one_and_keep_it() {
    let home = Home::new("wallet-journey");
    let keep = ["--journey", "wallet", "--hold", "10s", "--concurrency", "100"];
    home.swell(&[SMALL, &["--seed", "7"], &keep].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_all_succeeded(&report, 60);
    let names: Vec<&str> =
        report["steps"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["wallet", "hold"]);
    assert!(report["service_ms"]["p50"].as_f64().unwrap() >= 10_000.0);
    assert_eq!(report["funding"]["gas_per_wallet"], 21_000.0);
}

#[test]
fn no_more_wallets_are_funded_than_there_are_users() {
    let home = Home::new("virtual-wallets");
    for (seed, arrivals) in [("1", "poisson"), ("2", "constant"), ("3", "burst")] {
        let load = ["--users", "200", "--rate", "3", "--seed", seed, "--arrivals", arrivals];
        let run = ["run", "--virtual", "--out", "out", "--no-default-thresholds"];
        let judged = ["--threshold", "success >= 100%"];
        home.swell(&[&run[..], &load, &judged].concat()).finish().expect_exit(0);
        let text = std::fs::read_to_string(home.path("out/report.json")).unwrap();
        let report: serde_json::Value = serde_json::from_str(&text).unwrap();
        let due = report["arrivals"]["due"].as_u64().unwrap();
        let wallets = report["funding"]["wallets"].as_u64().unwrap();
        assert!(wallets <= 200, "{wallets} wallets for {due} users, {arrivals}");
    }
}
