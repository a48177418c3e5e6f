//! Files for build servers and notebooks.

use std::fs;

use crate::program::Home;
use crate::report::count;

const LOAD: [&str; 6] = ["run", "--virtual", "--users", "30", "--rate", "5"];

#[test]
fn a_build_server_reads_the_verdict() {
    let home = Home::new("junit");
    let summary = home.path("step.md");
    fs::write(&summary, "an earlier step\n").unwrap();
    let asked = ["--junit", "swell.xml", "--threshold", "p50(response) < 1ms"];
    let invocation = home.swell(&[&LOAD[..], &asked].concat());
    let invocation = invocation.env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    invocation.finish().expect_exit(1);
    let xml = fs::read_to_string(home.path("swell.xml")).unwrap();
    assert!(xml.contains("name=\"p50(response) &lt; 1ms\""), "{xml}");
    assert!(xml.contains("failures=\"2\""), "the threshold, and the verdict: {xml}");
    let markdown = fs::read_to_string(&summary).unwrap();
    assert!(markdown.starts_with("an earlier step\n## ❌ Load test failed"), "{markdown}");
}

#[test]
fn the_timeline_is_a_table_too() {
    let home = Home::new("timeline");
    home.swell(&LOAD).finish().expect_exit(0);
    let table = home.run_file("timeline.csv");
    let mut lines = table.lines();
    let column = lines.next().unwrap().split(',').position(|name| name == "due").unwrap();
    let due = lines.map(|line| line.split(',').nth(column).unwrap().parse::<u64>().unwrap());
    assert_eq!(due.sum::<u64>(), count(&home.report(), "/arrivals/due"));
}

#[test]
fn a_page_that_cannot_be_written_is_warned_of_and_loses_no_report() {
    let home = Home::new("no-page");
    fs::create_dir_all(home.path("out/report.html/taken")).unwrap();
    let finished = home.swell(&[&LOAD[..], &["--out", "out"]].concat()).finish().expect_exit(0);
    assert!(finished.stderr.contains("report.html could not be written"), "{}", finished.stderr);
    assert!(!finished.stdout.contains("report.html"), "{}", finished.stdout);
    let report = fs::read_to_string(home.path("out/report.json")).unwrap();
    assert!(report.contains("\"passed\""), "{report}");
    assert!(!home.path("out/report.html.part").exists());
}

#[test]
fn a_file_that_cannot_be_written_is_warned_of_and_changes_no_verdict() {
    let home = Home::new("unwritable");
    std::fs::create_dir(home.path("taken")).unwrap();
    let asked = ["--junit", "taken"];
    let finished = home.swell(&[&LOAD[..], &asked].concat()).finish().expect_exit(0);
    let warning = "warning: taken could not be written";
    assert!(finished.stderr.contains(warning), "{}", finished.stderr);
}

#[test]
fn a_folder_that_is_not_there_is_told_before_the_run() {
    let home = Home::new("no-folder");
    for option in ["--junit", "--events"] {
        let asked = [option, "no/such/folder/file"];
        let finished = home.swell(&[&LOAD[..], &asked].concat()).finish().expect_exit(2);
        let sentence = "is to be written into the folder no/such/folder, which is not there";
        assert!(finished.stderr.contains(sentence), "{}", finished.stderr);
    }
}
