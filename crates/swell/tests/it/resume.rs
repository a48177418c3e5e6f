//! Runs that go on where they were interrupted: everybody once, and all money home.

use serde_json::Value;

use crate::count::users_on_chain;
use crate::program::Home;
use crate::recovery::start_run;
use crate::report::{assert_all_came_home, assert_page, assert_sound, count, wei};
use crate::served::serve;

/// Users of every run here: twelve seconds of them.
const USERS: u64 = 240;

/// Wants the second part of a run sound, and everybody accounted for in one part or the other.
#[track_caller]
fn assert_second_part(report: &Value) -> u64 {
    assert_sound(report);
    assert_eq!(report["run"]["resumed"]["part"], 2);
    let before = count(report, "/run/resumed/arrivals_before");
    assert!(before > 3 && before < USERS, "{before}");
    assert_eq!(count(report, "/arrivals/due"), USERS - before);
    assert_eq!(count(report, "/outcomes/succeeded"), USERS - before, "{}", report["failures"]);
    assert_eq!(report["run"]["ended"], "completed");
    let notes = report["notes"].to_string();
    assert!(notes.contains("part 2 of the run, after a gap of"), "{notes}");
    let home = [wei(report, "left_wei"), wei(report, "in_doubt_wei")];
    assert_eq!(home, [0, 0], "{}", report["money"]);
    before
}

#[test]
fn a_killed_run_goes_on_with_the_users_it_had_not_begun() {
    let home = Home::new("resume-killed");
    let (_sandbox, url) = serve(&home, &["--retain-all"]);
    let users = USERS.to_string();
    let (run, id) = start_run(&home, "target.toml", &["--users", &users]);
    drop(run);
    let mut seen = users_on_chain(&url);
    // From another folder, and in spite of variables that would change the plan.
    let resumed = home.swell(&["run", "--resume", &id, "--ui", "plain"]).env("SWELL_USERS", "7");
    let finished = resumed.finish().expect_exit(0);
    assert!(finished.stdout.contains("part 2 of the run"), "{}", finished.stdout);
    let report = home.report();
    let before = assert_second_part(&report);
    assert_eq!(report["run"]["id"], id);
    assert!(report["run"]["resumed"]["earlier_report"].is_null());
    let reused = count(&report, "/run/resumed/wallets_reused");
    assert_eq!(wei(&report, "earlier_wei") > 0, reused > 0);
    // Users of the first part that reached the chain are not among those of the second.
    let first = seen.len() as u64;
    assert!(first <= before, "{first} users on the chain of {before} that were begun");
    seen.extend(users_on_chain(&url));
    assert!(seen.len() as u64 >= USERS - before + first);
    assert!(seen.len() as u64 <= USERS, "somebody was begun twice");
    let dry = home.swell(&["sweep", &id, "--dry-run"]).finish().expect_exit(0);
    assert!(dry.stdout.contains("\nHeld      nothing\n"), "{}", dry.stdout);
    home.swell(&["run", "--resume", &id]).finish().expect_exit(2);
}

#[test]
fn a_stopped_run_goes_on_and_both_reports_add_up() {
    let home = Home::new("resume-stopped");
    let (_sandbox, _url) = serve(&home, &[]);
    let users = USERS.to_string();
    let (run, id) = start_run(&home, "target.toml", &["--users", &users]);
    run.interrupt();
    run.finish().expect_exit(4);
    let first = home.report();
    assert_sound(&first);
    assert_all_came_home(&first);
    home.swell(&["run", "--resume", &id]).finish().expect_exit(0);
    let second = home.report();
    let before = assert_second_part(&second);
    assert_eq!(before, count(&first, "/arrivals/due"), "a run that stopped knows whom it began");
    assert_eq!(second["run"]["resumed"]["earlier_report"], "report.1.json");
    let kept: Value = serde_json::from_str(&home.run_file("report.1.json")).unwrap();
    assert_eq!(kept, first);
    assert_page(&home.run_file("report.1.html"), "STOPPED");
    let page = home.run_file("report.html");
    assert_page(&page, "PASSED");
    assert!(page.contains("This is part 2 of a run."), "{page}");
    assert_eq!(second["run"]["seed"], first["run"]["seed"]);
}

#[test]
fn what_cannot_go_on_is_refused_with_a_reason() {
    let home = Home::new("resume-refused");
    let (_sandbox, _url) = serve(&home, &[]);
    let refused = |arguments: &[&str], code: i32, words: &str| {
        let finished = home.swell(&[&["run", "--resume"], arguments].concat()).finish();
        let finished = finished.expect_exit(code);
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    };
    refused(&["no-run"], 2, "`no-run` is not a run id");
    refused(&["04hmasw9nf6yy044"], 2, "no folder of the run 04hmasw9nf6yy044");
    refused(
        &["04hmasw9nf6yy044", "--users", "7", "--rate", "9"],
        2,
        "--rate, --users would change",
    );
    refused(&["04hmasw9nf6yy044", "run.toml"], 2, "cannot be used with");
    let (run, id) = start_run(&home, "target.toml", &["--users", "5000"]);
    refused(&[&id], 2, "is going on");
    drop(run);
    let ledger = format!("home/runs/{id}/ledger.jsonl");
    let text = std::fs::read_to_string(home.path(&ledger)).unwrap();
    home.write(&ledger, &(text.clone() + "nonsense\n"));
    refused(&[&id], 2, "is damaged, so that nobody knows which wallets were used");
    home.write(&ledger, &text.replace("\"arrived\"", "\"departed\""));
    refused(&[&id], 2, "does not say which users it had started");
    home.write(&ledger, &text);
    let config = home.path(&format!("home/runs/{id}/config.toml"));
    let moved = config.with_extension("moved");
    std::fs::rename(&config, &moved).unwrap();
    refused(&[&id], 2, "config.toml of the run cannot be read");
    std::fs::rename(&moved, &config).unwrap();
    std::fs::remove_dir_all(home.path("home")).unwrap();

    home.swell(&["run", "--virtual", "--users", "5", "--rate", "5"]).finish().expect_exit(0);
    let virtual_run = home.report()["run"]["id"].as_str().unwrap().to_owned();
    refused(&[&virtual_run], 2, "had its sandbox in its own process");
}
