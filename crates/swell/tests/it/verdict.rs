//! Verdicts that are not `passed`, and the check.

use serde_json::Value;

use crate::program::Home;
use crate::report::{assert_all_came_home, assert_page, assert_sound, count, list};
use crate::served::serve;

#[test]
fn a_threshold_that_is_missed_fails_the_run() {
    let home = Home::new("missed");
    let load = ["--virtual", "--users", "20", "--rate", "5", "--threshold", "p50(response) < 1ms"];
    let finished = home.swell(&[&["run"][..], &load].concat()).finish().expect_exit(1);
    assert!(finished.stdout.contains("FAILED"), "{}", finished.stdout);
    assert!(finished.stdout.contains("report.html\n"), "{}", finished.stdout);
    assert_page(&home.run_file("report.html"), "FAILED");
    assert_eq!(home.report()["verdict"]["outcome"], "failed");
    assert_all_came_home(&home.report());
}

#[test]
fn a_threshold_may_abort_the_run() {
    let home = Home::new("abort");
    let load = ["--virtual", "--users", "2000", "--rate", "5", "--duration", "10m"];
    let threshold = ["--threshold", "p50(response) < 1ms abort after 20s"];
    home.swell(&[&["run"][..], &load, &threshold].concat()).finish().expect_exit(1);
    let report = home.report();
    assert_sound(&report);
    assert_eq!(report["run"]["ended"], "threshold-aborted");
    assert!(count(&report, "/arrivals/due") < 300, "{}", report["arrivals"]);
    assert_all_came_home(&report);
}

#[test]
fn failures_are_told_by_class_and_step_and_the_books_close() {
    let home = Home::new("failing");
    let knobs = ["--operation-failures", "40", "--error-rate", "5"];
    let (_sandbox, _url) = serve(&home, &knobs);
    let load = ["--target", "target.toml", "--users", "40", "--rate", "20", "--s2k", "fast"];
    home.swell(&[&["run"][..], &load].concat()).finish().expect_exit(1);
    let report = home.report();
    assert_sound(&report);
    assert_all_came_home(&report);
    let failed_operations = list(&report, "/failures")
        .iter()
        .find(|row| row["class"] == "operation-failed")
        .expect("four of ten operations fail");
    assert_eq!(failed_operations["step"], "poll");
    assert!(failed_operations["samples"][0]["operation_id"].is_string());
    assert!(failed_operations["samples"][0]["tx"].is_string());
}

#[test]
fn the_check_warns_of_places_where_thirty_seconds_do_not_fit() {
    let home = Home::new("check");
    for (profile, fits) in [("fast", true), ("moksha", false), ("staging", false)] {
        let check = ["check", "--json", "--profile", profile];
        let finished = home.swell(&check).finish().expect_exit(0);
        let report: Value = serde_json::from_str(&finished.stdout).unwrap();
        let places = list(&report, "/ceilings").iter().find(|row| row["what"] == "places").unwrap();
        assert_eq!(places["fits"], fits, "{profile}: {places}");
        if !fits {
            assert_eq!(places["asked"], 90.0, "{places}");
        }
    }
}

#[test]
fn a_saved_run_file_runs() {
    let home = Home::new("saved");
    home.swell(&["init"]).finish().expect_exit(0);
    // One seed in twelve spreads ten users so that none ends within the window of the throughput.
    let load = ["swell.toml", "--virtual", "--users", "10", "--rate", "5", "--seed", "1"];
    let sandbox = ["--target", "sandbox"];
    home.swell(&[&["run"][..], &load, &sandbox].concat()).finish().expect_exit(0);
}
