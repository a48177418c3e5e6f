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

#[test]
fn operations_can_be_asked_of_the_application_server_whatever_the_servers_version() {
    for version in ["sept", "main"] {
        let home = Home::new(&format!("application-{version}"));
        let (_sandbox, url) = serve(&home, &["--retain-all", "--server-version", version]);
        let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
        let through = target.replace("through = \"direct\"", "through = \"application\"");
        assert_ne!(through, target);
        home.write("target.toml", &through);
        let load = ["--target", "target.toml", "--users", "10", "--rate", "10", "--s2k", "fast"];
        home.swell(&[&["run"][..], &load].concat()).finish().expect_exit(0);
        let report = home.report();
        assert_all_succeeded(&report, 10);
        assert_counts_agree(&report, &url, &url);
        let stats = crate::http::get(&format!("{url}/sandbox/stats"));
        // The check's identity and ten users', and nothing else, of the server itself.
        assert_eq!(stats["server_requests"], 11, "{stats}");
        assert!(stats["application_requests"].as_u64().unwrap() >= 20, "{stats}");
    }
}

#[test]
fn an_application_server_without_a_url_is_refused() {
    let home = Home::new("application-missing");
    let (_sandbox, _url) = serve(&home, &[]);
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    let kept = target.lines().filter(|line| !line.starts_with("application_url"));
    let kept: Vec<&str> = kept.collect();
    let through = kept.join("\n").replace("through = \"direct\"", "through = \"application\"");
    home.write("target.toml", &through);
    let refused = home.swell(&["run", "--target", "target.toml"]).finish().expect_exit(2);
    assert!(refused.stderr.contains("server.application_url is missing"), "{}", refused.stderr);
}
