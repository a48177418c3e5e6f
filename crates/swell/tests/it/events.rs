//! `--events`: what happened, line by line, adds up to the report.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::program::Home;
use crate::report::{assert_sound, count};

/// The lines of an event file.
pub(crate) fn events(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Those of one kind.
pub(crate) fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == kind).collect()
}

/// Wants that events and report tell the same.
#[track_caller]
fn assert_adds_up(events: &[Value], report: &Value) {
    let of_kind = |kind| of_kind(events, kind);
    let many = |kind| of_kind(kind).len() as u64;
    let ended = of_kind("user-ended");
    let failed = ended.iter().filter(|user| user.get("failed").is_some()).count() as u64;
    let abandoned: u64 =
        of_kind("abandoned").iter().map(|event| event["count"].as_u64().unwrap()).sum();
    assert_eq!(many("user-started"), count(report, "/arrivals/started"));
    assert_eq!(many("shed"), count(report, "/arrivals/shed"));
    assert_eq!(abandoned, count(report, "/arrivals/abandoned"));
    assert_eq!(failed, count(report, "/outcomes/failed"));
    assert_eq!(many("user-ended"), failed + count(report, "/outcomes/succeeded"));
    let due = many("user-started") + many("shed") + abandoned;
    assert_eq!(due, count(report, "/arrivals/due"));
    assert_eq!(many("wallet-funded"), count(report, "/funding/wallets"));
    assert_eq!(many("funding-failed"), count(report, "/funding/failed"));
    let mut steps: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for step in of_kind("step-ended") {
        let (ended, failed) = steps.entry(step["step"].as_str().unwrap()).or_default();
        *ended += 1;
        *failed += u64::from(step.get("failed").is_some());
    }
    for row in report["steps"].as_array().unwrap() {
        let told = steps.get(row["name"].as_str().unwrap()).copied().unwrap_or_default();
        assert_eq!(told, (count(row, "/count"), count(row, "/errors")), "{row}");
    }
    let last = events.last().unwrap();
    assert_eq!(last["event"], "run-ended");
    for (name, path) in [("due", "/arrivals/due"), ("succeeded", "/outcomes/succeeded")] {
        assert_eq!(last[name].as_u64().unwrap(), count(report, path));
    }
}

const SMALL: &[&str] = &["run", "--virtual", "--users", "60", "--rate", "6", "--seed", "7"];

#[test]
fn what_happened_adds_up_to_the_report_and_a_seed_tells_it_again() {
    let home = Home::new("events");
    let few = ["--concurrency", "6", "--when-full", "shed", "--no-default-thresholds"];
    let told = |name: &str| {
        let file = ["--out", "out", "--events", name];
        home.swell(&[SMALL, &few, &file].concat()).finish().expect_exit(0);
        std::fs::read_to_string(home.path(name)).unwrap()
    };
    let first = told("first.jsonl");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(home.path("out/report.json")).unwrap())
            .unwrap();
    assert_sound(&report);
    let events = events(&home.path("first.jsonl"));
    assert_eq!((&events[0]["event"], &events[0]["format"]), (&"file".into(), &1.into()));
    assert_eq!(events[0]["run"], report["run"]["id"]);
    assert_eq!(events[0].get("began_unix_s"), None, "virtual time has no calendar");
    assert_eq!(events[1]["event"], "run-began");
    assert_adds_up(&events, &report);
    assert!(count(&report, "/arrivals/shed") > 0 && !of_kind(&events, "block").is_empty());
    let phases: Vec<&str> =
        of_kind(&events, "phase").iter().map(|event| event["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["load", "drain", "settle", "sweep", "report"]);
    assert!(first == told("again.jsonl"), "two runs of one seed tell different things");
}

#[test]
fn a_run_in_real_time_says_when_it_began_and_moves_an_older_file_along() {
    let home = Home::new("events-real");
    home.write("events.jsonl", "of before\n");
    let load = ["run", "--users", "10", "--rate", "10", "--s2k", "fast"];
    home.swell(&[&load[..], &["--events", "events.jsonl"]].concat()).finish().expect_exit(0);
    let events = events(&home.path("events.jsonl"));
    assert!(events[0]["began_unix_s"].as_f64().unwrap() > 1.7e9, "{}", events[0]);
    assert_adds_up(&events, &home.report());
    assert_eq!(std::fs::read_to_string(home.path("events.1.jsonl")).unwrap(), "of before\n");
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_the_run_goes_on_warns_once_and_counts() {
    let home = Home::new("events-full");
    let finished = home.swell(&[SMALL, &["--events", "/dev/full"]].concat()).finish();
    let finished = finished.expect_exit(0);
    let warnings = finished.stderr.lines().filter(|line| line.contains("warning: events:"));
    assert_eq!(warnings.count(), 1, "{}", finished.stderr);
    let report = home.report();
    let notes = report["notes"].to_string();
    assert!(notes.contains("events lost") && notes.contains("No space left"), "{notes}");
}
