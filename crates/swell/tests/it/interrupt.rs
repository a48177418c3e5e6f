//! Ctrl-C, and what service managers send: the first drains, the second aborts, and money goes home
//! either way.

use serde_json::Value;

use crate::program::{Home, Running, Stream};
use crate::report::{assert_all_came_home, assert_page, assert_sound, count};
use crate::served::serve;

/// More than the places can take, for longer than the test lasts.
const LOAD: &[&str] = &[
    "--users",
    "5000",
    "--rate",
    "40",
    "--duration",
    "10m",
    "--concurrency",
    "10",
    "--ui",
    "json",
];

/// Waits until all places are taken and users wait for one.
fn wait_for_load(run: &mut Running) {
    run.wait_for(Stream::Out, |line| {
        let snapshot: Value = serde_json::from_str(line).unwrap();
        let more_than = |path, least| snapshot.pointer(path).and_then(Value::as_u64) > Some(least);
        more_than("/in_flight", 8) && more_than("/backlog", 20)
    });
}

fn wait_until_heard(run: &mut Running) {
    run.wait_for(Stream::Err, |line| line.starts_with("stopping"));
}

#[test]
fn the_first_interrupt_drains_and_brings_all_money_home() {
    let home = Home::new("drain");
    let mut run = home.swell(&[&["run"], LOAD].concat()).start();
    wait_for_load(&mut run);
    run.interrupt();
    run.finish().expect_exit(4);
    let report = home.report();
    assert_sound(&report);
    assert_all_came_home(&report);
    assert_page(&home.run_file("report.html"), "STOPPED");
    assert_eq!(report["run"]["ended"], "drained");
    assert_eq!(report["verdict"]["outcome"], "stopped");
    assert!(count(&report, "/arrivals/abandoned") > 20, "{}", report["arrivals"]);
    assert!(count(&report, "/outcomes/succeeded") >= 10, "{}", report["outcomes"]);
    assert_eq!(count(&report, "/outcomes/failed"), 0, "{}", report["failures"]);
}

#[test]
fn the_second_interrupt_stops_those_in_flight_and_the_books_still_close() {
    let home = Home::new("second-interrupt");
    // Nobody's result is ever ready: draining would take as long as a journey may.
    let (_sandbox, _url) = serve(&home, &["--operation-time", "1h"]);
    let mut run = home.swell(&[&["run", "--target", "target.toml"], LOAD].concat()).start();
    wait_for_load(&mut run);
    run.terminate();
    wait_until_heard(&mut run);
    run.interrupt();
    run.finish().expect_exit(4);
    let report = home.report();
    assert_sound(&report);
    assert_eq!(report["run"]["ended"], "aborted");
    assert_eq!(count(&report, "/outcomes/succeeded"), 0);
    let stopped = count(&report, "/outcomes/by_class/stopped");
    assert_eq!(stopped, count(&report, "/arrivals/started"), "{}", report["outcomes"]);
    assert!(stopped >= 9);
    assert_all_came_home(&report);
}
