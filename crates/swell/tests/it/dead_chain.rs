//! A target that dies under load: the run degrades, ends and reports.

use crate::program::{Home, Stream};
use crate::report::{assert_sound, count, wei};
use crate::served::serve;

#[test]
fn a_chain_that_dies_leaves_a_report_and_money_in_doubt_not_unexplained() {
    let home = Home::new("dead-chain");
    let (sandbox, _url) = serve(&home, &[]);
    let load = ["--users", "150", "--rate", "20", "--journey-timeout", "5s", "--ui", "json"];
    let run = [&["run", "--target", "target.toml", "--s2k", "fast"][..], &load].concat();
    let mut run = home.swell(&run).start();
    run.wait_for(Stream::Out, |line| {
        let snapshot: serde_json::Value = serde_json::from_str(line).unwrap();
        snapshot["succeeded"].as_u64() > Some(5)
    });
    drop(sandbox);
    run.finish().expect_exit(1);
    let report = home.report();
    assert_sound(&report);
    assert!(count(&report, "/outcomes/failed") > 50, "{}", report["outcomes"]);
    assert!(wei(&report, "in_doubt_wei") > 0);
    let how = report["money"]["how_to_recover"].as_str().unwrap();
    assert!(how.starts_with("swell sweep "), "{how}");
}
