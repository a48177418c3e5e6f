//! The page as it is read.

use super::*;
use crate::sample;
use crate::style::Style;

fn files() -> [String; 2] {
    ["runs/k3v9/report.html".into(), "runs/k3v9/report.json".into()]
}

#[test]
fn a_failed_run_as_a_page() {
    insta::assert_snapshot!(summary(&sample::report(), &files(), Page::default()));
}

#[test]
fn a_passed_run_as_a_page() {
    insta::assert_snapshot!(summary(&sample::passed(), &files(), Page::default()));
}

#[test]
fn no_line_of_prose_is_wider_than_the_page() {
    let page = Page { width: 72, style: Style::Plain };
    let text = summary(&sample::report(), &[], page);
    let wide = text.lines().filter(|line| line.chars().count() > 72).collect::<Vec<_>>();
    assert!(wide.is_empty(), "{wide:?}");
}

#[test]
fn colours_change_no_word() {
    let coloured = Page { style: Style::Colour, ..Page::default() };
    let mut text = summary(&sample::report(), &[], coloured);
    for code in ["0", "1", "2", "31", "32"] {
        text = text.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(text, summary(&sample::report(), &[], Page::default()));
}

#[test]
fn money_that_is_left_comes_with_the_way_to_get_it() {
    let mut report = sample::passed();
    report.money.left_wei = swell_core::units::Wei::new(1_500_000_000_000_001);
    report.money.how_to_recover = Some("swell sweep k3v9 returns it to the relayer".into());
    let text = summary(&report, &[], Page::default());
    assert!(text.contains("(1500000000000001 wei)"), "{text}");
    assert!(text.contains("Money left   swell sweep k3v9 returns it"), "{text}");
}

#[test]
fn a_run_that_measured_nothing_still_has_a_page() {
    let mut report = sample::passed();
    report.steps.clear();
    report.thresholds.clear();
    report.resources = None;
    (report.outcomes.succeeded, report.arrivals.started) = (0, 0);
    let text = summary(&report, &[], Page::default());
    assert!(text.contains("0 of 0 thresholds met"), "{text}");
    assert!(!text.contains("Resources"), "{text}");
}

#[test]
fn endpoints_are_shown_when_there_are_several_or_one_had_trouble() {
    let mut report = sample::passed();
    assert!(summary(&report, &[], Page::default()).contains("rpc-2"));
    report.endpoints.retain(|row| row.name == "storage");
    report.endpoints[0].name = "rpc".into();
    assert!(!summary(&report, &[], Page::default()).contains("Endpoint"));
    report.endpoints[0].errors = 1;
    assert!(summary(&report, &[], Page::default()).contains("Endpoint"));
}

#[test]
fn a_relayed_run_tells_of_its_calls_and_of_no_funding() {
    insta::assert_snapshot!(summary(&sample::relayed(), &files(), Page::default()));
}

#[test]
fn a_relay_has_no_lanes_to_tell_of() {
    let text = summary(&sample::by_endpoint(), &[], Page::default());
    let line: Vec<&str> =
        text.lines().filter(|line| line.contains("by the target's relay")).collect();
    assert_eq!(line.len(), 1, "{text}");
    assert!(text.contains("asked again 1,204 times") && !text.contains("nonce gaps"), "{text}");
}
