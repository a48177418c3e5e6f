//! `swell run` in real time: against the embedded sandbox, and against one in another process.

use crate::count::assert_counts_agree;
use crate::program::{Home, Running, Stream};
use crate::report::{assert_all_succeeded, assert_host_facts, assert_sound};

/// A sandbox in another process, and its address.
pub(crate) fn serve(home: &Home, knobs: &[&str]) -> (Running, String) {
    let served = [&["sandbox", "--port", "0", "--target-file", "target.toml"], knobs].concat();
    let mut running = home.swell(&served).start();
    let line = running.wait_for(Stream::Out, |line| line.contains("http://"));
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    (running, url.trim_end_matches('/').to_owned())
}

#[test]
fn a_run_against_the_embedded_sandbox_passes() {
    let home = Home::new("embedded");
    let load = ["--users", "30", "--rate", "15", "--ui", "plain"];
    let finished = home.swell(&[&["run"][..], &load].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 30);
    assert_host_facts(&report);
    assert_eq!(report["resources"]["includes_sandbox"], true);
    assert!(finished.stdout.contains("PASSED"), "{}", finished.stdout);
}

#[test]
fn a_run_against_a_served_sandbox_counts_what_chain_and_server_saw() {
    let home = Home::new("served");
    let (_sandbox, url) = serve(&home, &["--retain-all"]);
    let load = ["--target", "target.toml", "--users", "30", "--rate", "15", "--s2k", "fast"];
    home.swell(&[&["run"][..], &load].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 30);
    assert_eq!(report["resources"]["includes_sandbox"], false);
    assert_counts_agree(&report, &url, &url);
}
