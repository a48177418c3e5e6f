//! The report as a page, from the outside: what it contains, and what it must not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};
use swell_core::annotation::{Annotation, AnnotationKind};
use swell_core::report::{LatencyCurve, Report, Resumed};
use swell_core::timeline::TimelinePoint;
use swell_core::units::Wei;

use super::*;
use crate::sample;

const BYTES_MAX: usize = 2 << 20;
const DAY_S: u64 = 24 * 3600;

fn page(report: &Report) -> String {
    report_html(report, Some("users = 1000  # option\n"))
}

/// The page as XML, which is stricter than HTML: every element is closed, every attribute quoted.
fn closed(text: &str) -> String {
    let mut xml = String::new();
    for (at, piece) in text.trim_start_matches("<!DOCTYPE html>").split('<').enumerate() {
        if at > 0 {
            xml.push('<');
        }
        match piece.split_once('>').filter(|(tag, _)| tag.starts_with("meta ") || *tag == "br") {
            Some((tag, rest)) => xml.push_str(&format!("{tag}/>{rest}")),
            None => xml.push_str(piece),
        }
    }
    xml
}

fn parsed(xml: &str) -> Document<'_> {
    Document::parse(xml).unwrap()
}

/// All elements that `wanted` holds for, in order.
fn all<'a>(page: &'a Document<'_>, wanted: impl Fn(&Node<'_, '_>) -> bool) -> Vec<Node<'a, 'a>> {
    page.descendants().filter(|node| node.is_element() && wanted(node)).collect()
}

fn is(node: &Node<'_, '_>, names: &[&str]) -> bool {
    names.contains(&node.tag_name().name())
}

fn has_class(node: &Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
}

fn by_id<'a>(page: &'a Document<'_>, id: &str) -> Node<'a, 'a> {
    let found = all(page, |node| node.attribute("id") == Some(id));
    assert_eq!(found.len(), 1, "{id}");
    found[0]
}

fn pictures<'a>(page: &'a Document<'_>) -> Vec<Node<'a, 'a>> {
    all(page, |node| node.attribute("role") == Some("img"))
}

fn words(element: Node<'_, '_>) -> String {
    let texts = element.descendants().filter(Node::is_text).filter_map(|node| node.text());
    texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Headings, charts with their words, and the heads of tables, in order.
fn structure(page: &Document<'_>) -> String {
    let mut lines = Vec::new();
    for element in all(page, |node| is(node, &["h1", "h2", "h3", "figcaption", "thead", "dt"])) {
        let text = words(element);
        lines.push(match element.tag_name().name() {
            "h1" | "h2" => format!("\n{text}"),
            "figcaption" => format!("  [chart] {text}"),
            "thead" => format!("  [table] {text}"),
            "dt" => format!("  - {text}"),
            _ => format!("  {text}"),
        });
    }
    lines.join("\n")
}

#[test]
fn a_failed_run_as_a_page() {
    insta::assert_snapshot!(structure(&parsed(&closed(&page(&sample::report())))));
}

#[test]
fn a_run_that_goes_on_as_sections() {
    let snapshot = sample::snapshot();
    let run = RunView::from(&snapshot);
    let sections = sections(&run);
    let text = maud::html! {
        main {
            (headline(&run)) (tiles(&run))
            @for section in &sections { h2 { (section.title) } (section.body) }
        }
    };
    insta::assert_snapshot!(structure(&parsed(&closed(&text.into_string()))));
}

#[test]
fn what_is_not_measured_yet_is_missed_only_once_the_run_is_over() {
    let live = sample::snapshot();
    let words = |run: &RunView<'_>| {
        sections(run).into_iter().map(|section| section.body.into_string()).collect::<String>()
    };
    assert!(live.thresholds.iter().any(|threshold| threshold.value.is_none()));
    assert!(words(&RunView::from(&live)).contains("? not known yet"));
    assert!(!words(&RunView::from(&sample::report())).contains("? not known yet"));
}

#[test]
fn a_virtual_run_says_where_the_thresholds_on_the_host_are() {
    let mut report = sample::passed();
    let told = "thresholds on the host, such as Swell's own memory, are in host.json";
    report.run.virtual_time = false;
    assert!(!page(&report).contains(told));
    report.run.virtual_time = true;
    assert!(page(&report).contains(told));
    report.thresholds.clear();
    report.ceilings.clear();
    assert!(page(&report).contains(told), "though no other is left");
}

#[test]
fn every_head_of_a_table_has_words() {
    for report in [sample::report(), sample::passed(), sample::relayed(), sample::by_endpoint()] {
        let xml = closed(&page(&report));
        for head in all(&parsed(&xml), |node| is(node, &["th"])) {
            assert!(!words(head).is_empty(), "{:?}", words(head.parent().unwrap()));
        }
    }
}

#[test]
fn a_relayed_run_tells_of_its_calls_and_of_no_funding() {
    let text = page(&sample::relayed());
    assert!(text.contains("1,000 by the relayer's lanes"), "{text}");
    assert!(!text.contains("<h3>Funding</h3>"));
}

#[test]
fn every_picture_has_a_name_and_words() {
    let xml = closed(&page(&sample::report()));
    let page = parsed(&xml);
    let pictures = pictures(&page);
    assert_eq!(pictures.len(), 12, "{}", structure(&page));
    for picture in pictures {
        for id in picture.attribute("aria-labelledby").unwrap().split(' ') {
            assert!(!words(by_id(&page, id)).is_empty(), "{id}");
        }
    }
}

#[test]
fn contents_lead_to_every_section_and_no_id_is_used_twice() {
    let xml = closed(&page(&sample::report()));
    let page = parsed(&xml);
    let links = all(&page, |node| is(node, &["a"]));
    assert_eq!(links.len(), sections(&RunView::from(&sample::report())).len());
    for link in links {
        let section = by_id(&page, link.attribute("href").unwrap().trim_start_matches('#'));
        assert!(is(&section, &["section"]));
    }
    for node in all(&page, |node| node.has_attribute("id")) {
        by_id(&page, node.attribute("id").unwrap());
    }
}

#[test]
fn a_page_needs_nothing_and_runs_nothing() {
    let text = page(&sample::report());
    let xml = closed(&text);
    let page = parsed(&xml);
    let banned = ["script", "link", "img", "image", "use", "iframe", "object", "form", "base"];
    assert!(all(&page, |node| is(node, &banned)).is_empty());
    for node in all(&page, |_| true) {
        for attribute in node.attributes() {
            let name = attribute.name();
            assert!(name != "style" && name != "src" && !name.starts_with("on"), "{name}");
            assert!(name != "href" || attribute.value().starts_with('#'), "{}", attribute.value());
        }
    }
    for scheme in [concat!("http", "://"), concat!("https", "://"), "url(", "@import"] {
        assert!(!text.contains(scheme), "{scheme}");
    }
}

#[test]
fn the_policy_allows_the_style_of_the_page_and_nothing_else() {
    let xml = closed(&page(&sample::report()));
    let page = parsed(&xml);
    let is_policy =
        |node: &Node<'_, '_>| node.attribute("http-equiv") == Some("Content-Security-Policy");
    let (policies, styles) = (all(&page, is_policy), all(&page, |node| is(node, &["style"])));
    assert_eq!((policies.len(), styles.len()), (1, 1));
    let policy = policies[0].attribute("content").unwrap();
    let hash = STANDARD.encode(Sha256::digest(styles[0].text().unwrap()));
    assert!(policy.contains(&format!("style-src 'sha256-{hash}';")), "{policy}");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn names_in_findings_are_code() {
    let mut report = sample::report();
    report.diagnosis[0].evidence = "the step `poll` took 55 % of the time.".into();
    assert!(page(&report).contains("the step <code>poll</code> took 55 % of the time.</p>"));
}

#[test]
fn what_the_target_says_is_text() {
    let mut report = sample::report();
    let evil = "</pre><script>alert(1)</script>\" onload=\"x";
    report.run.target = evil.into();
    report.failures[0].class = evil.into();
    report.failures[0].samples[0].detail.body = Some(evil.into());
    report.annotations[2].text = evil.into();
    report.endpoints[0].name = evil.into();
    report.steps[0].name = evil.into();
    report.thresholds[0].expr = evil.into();
    let xml = closed(&report_html(&report, Some(evil)));
    let page = parsed(&xml);
    assert!(all(&page, |node| is(node, &["script"]) || node.has_attribute("onload")).is_empty());
    let quoted = all(&page, |node| is(node, &["pre"]));
    assert_eq!(quoted.iter().filter(|pre| words(**pre).contains(evil)).count(), 2);
}

/// A day of `step_s` long stretches with something in every field, and as much of all else as there
/// may be.
fn day() -> Report {
    let mut report = sample::report();
    let pattern = report.timeline.clone();
    let step_s = DAY_S as f64 / 480.0;
    let point = |at: usize| TimelinePoint {
        start_s: at as f64 * step_s,
        end_s: (at + 1) as f64 * step_s,
        due: 1_234_567 + at as u64,
        ..pattern[at % pattern.len()].clone()
    };
    report.timeline = (0..480).map(point).collect();
    report.annotations = (0..500)
        .map(|at| Annotation {
            at_s: f64::from(at) * 170.0,
            kind: AnnotationKind::Condition,
            text: format!("rpc-{at} of the target's endpoints is failing"),
        })
        .collect();
    let curve = report.curves[0].clone();
    report
        .curves
        .extend((0..40).map(|at| LatencyCurve { of: format!("step-{at}"), ..curve.clone() }));
    let sample = report.failures[0].samples[0].clone();
    for failure in &mut report.failures {
        failure.samples = vec![sample.clone(); 5];
        for sample in &mut failure.samples {
            sample.detail.body = Some("<&>".repeat(1_000));
        }
    }
    report.failures = report.failures.iter().cycle().take(40).cloned().collect();
    report
}

#[test]
fn a_day_is_a_small_page_that_keeps_what_stood_out() {
    let mut report = day();
    report.timeline[77].in_flight.max = 98_765;
    let text = page(&report);
    assert!(text.len() < BYTES_MAX, "{} bytes", text.len());
    parsed(&closed(&text));
    assert!(text.contains("At most 98,765 users in flight"));
}

#[test]
fn a_run_that_measured_nothing_still_has_a_page() {
    let mut report = sample::passed();
    report.timeline.clear();
    report.annotations.clear();
    report.curves.clear();
    report.steps.clear();
    report.thresholds.clear();
    report.endpoints.clear();
    report.resources = None;
    (report.outcomes.succeeded, report.outcomes.failed) = (0, 0);
    let xml = closed(&page(&report));
    let page = parsed(&xml);
    assert!(pictures(&page).is_empty());
    assert!(words(by_id(&page, "diagnosis")).contains("Nothing held the run back."));
}

#[test]
fn a_part_of_a_run_tells_of_the_parts_before_it() {
    let mut report = sample::passed();
    report.run.resumed = Some(Resumed {
        part: 2,
        earlier_report: Some("report.1.json".into()),
        gap_s: 95,
        arrivals_before: 412,
        wallets_reused: 3,
        swept_wei: Wei::from_tokens(2),
        fees_wei: Wei::new(21_000),
    });
    let xml = closed(&page(&report));
    let page = parsed(&xml);
    assert!(words(by_id(&page, "notes")).contains("This is part 2 of a run. 412 arrivals"));
    let gaps = all(&page, |node| is(node, &["li"]) && has_class(node, "gap"));
    assert_eq!(gaps.len(), 1);
    assert!(words(gaps[0]).contains("part 2 begins, 1m 35s after"));
    let marks = all(&page, |node| is(node, &["line"]) && has_class(node, "gap"));
    assert!(!marks.is_empty());
}

#[test]
fn equal_reports_are_equal_pages() {
    assert_eq!(page(&sample::report()), page(&sample::report()));
}
