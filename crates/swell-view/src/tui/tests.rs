//! Every panel as it looks.

use std::collections::BTreeMap;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;
use swell_core::command::RatePercent;
use swell_core::report::Latency;
use swell_core::snapshot::{Phase, PoolCounts, RecentRates, Snapshot};

use super::*;
use crate::sample;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 50);

fn shown(size: (u16, u16), snapshot: Option<&Snapshot>, screen: &Screen) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| draw(frame, snapshot, screen)).unwrap();
    terminal.backend().clone()
}

/// The screen after two snapshots ten seconds apart and these keys.
fn after(keys: &str) -> (Snapshot, Screen) {
    let mut screen = Screen::new(Palette::Colour);
    let mut before = sample::snapshot();
    before.elapsed_s -= 10.0;
    for step in &mut before.steps {
        step.count -= 30;
    }
    screen.see(&before);
    screen.say("the page is at http://127.0.0.1:4680/");
    let snapshot = sample::snapshot();
    screen.see(&snapshot);
    for key in keys.chars() {
        let _wish = screen.press(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
    }
    (snapshot, screen)
}

fn just_begun() -> Snapshot {
    let begun = sample::snapshot();
    let zero = Latency::default();
    let mut steps = begun.steps;
    for step in &mut steps {
        (step.count, step.errors, step.active) = (0, 0, 0);
        (step.response_ms, step.service_ms) = (zero, zero);
    }
    let mut thresholds = begun.thresholds;
    for threshold in &mut thresholds {
        (threshold.value, threshold.pass) = (None, false);
    }
    Snapshot {
        phase: Phase::Prime,
        elapsed_s: 0.3,
        left_s: None,
        due: 0,
        started: 0,
        succeeded: 0,
        failed: 0,
        failed_by_class: BTreeMap::new(),
        waited_for_place: 0,
        in_flight: 0,
        offered_per_s: 0.0,
        throughput_per_s: 0.0,
        offered_lately: RecentRates::default(),
        throughput_lately: RecentRates::default(),
        success_percent: None,
        response_ms: zero,
        service_ms: zero,
        pool: PoolCounts::default(),
        funded: 0,
        funding_per_s: 0.0,
        failures: Vec::new(),
        endpoints: Vec::new(),
        block: None,
        rss_bytes: 0,
        cpu_percent_of_core: 0.0,
        schedule_lag_us_p99: 0,
        annotations: Vec::new(),
        timeline: Vec::new(),
        steps,
        thresholds,
        ..sample::snapshot()
    }
}

#[test]
fn every_panel_on_the_smallest_and_on_a_large_screen() {
    for (at, panel) in Panel::ALL.into_iter().enumerate() {
        let (snapshot, screen) = after(&(at + 1).to_string());
        for (word, size) in [("small", SMALL), ("large", LARGE)] {
            let name = format!("{}_{word}", panel.label());
            insta::assert_snapshot!(name, shown(size, Some(&snapshot), &screen));
        }
    }
}

#[test]
fn a_screen_between_small_and_large_adds_the_steps() {
    let (snapshot, screen) = after("");
    insta::assert_snapshot!(shown((120, 36), Some(&snapshot), &screen));
}

#[test]
fn help_and_questions() {
    for (name, keys) in [("help", "?"), ("abort_question", "a"), ("drain_question", "q")] {
        let (snapshot, screen) = after(keys);
        insta::assert_snapshot!(name, shown(SMALL, Some(&snapshot), &screen));
    }
    let (snapshot, screen) = after("?");
    insta::assert_snapshot!("help_large", shown(LARGE, Some(&snapshot), &screen));
}

#[test]
fn a_paused_run_says_so() {
    let (mut snapshot, mut screen) = after("p");
    (snapshot.paused, snapshot.left_s) = (true, None);
    screen.see(&snapshot);
    insta::assert_snapshot!(shown(SMALL, Some(&snapshot), &screen));
}

#[test]
fn a_run_that_just_began_shows_no_numbers_it_does_not_have() {
    let mut screen = Screen::new(Palette::Colour);
    insta::assert_snapshot!("before_the_first_snapshot", shown(SMALL, None, &screen));
    let snapshot = just_begun();
    screen.see(&snapshot);
    for (word, size) in [("small", SMALL), ("large", LARGE)] {
        let name = format!("just_begun_{word}");
        insta::assert_snapshot!(name, shown(size, Some(&snapshot), &screen));
    }
    for key in ['2', '3', '4', '5', '6'] {
        let _wish = screen.press(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
        shown(SMALL, Some(&snapshot), &screen);
        shown(LARGE, Some(&snapshot), &screen);
    }
}

/// A day at ten thousand users a second that goes badly: no number may run into another.
#[test]
fn the_largest_numbers_keep_their_columns() {
    let (mut snapshot, screen) = after("");
    let slow = Latency { p50: 1e6, p95: 4e6, p99: 7.2e7, max: 8e7, ..Latency::default() };
    (snapshot.phase, snapshot.elapsed_s, snapshot.left_s) = (Phase::Load, 86_000.0, Some(400.0));
    (snapshot.planned, snapshot.due, snapshot.started) = (864_000_000.0, 859_123_456, 859_123_456);
    (snapshot.succeeded, snapshot.failed, snapshot.shed) = (7_123_456, 1_234_567, 1_234_567);
    (snapshot.in_flight, snapshot.backlog, snapshot.run.places) = (100_000, 1_234_567, 100_000);
    (snapshot.waited_for_place, snapshot.offered_per_s) = (7_123_456, 10_000.0);
    (snapshot.throughput_per_s, snapshot.funding_per_s) = (9_999.0, 10_000.0);
    snapshot.offered_lately = RecentRates { last_10_s: 10_000.0, last_5_min: 10_000.0 };
    snapshot.throughput_lately = RecentRates { last_10_s: 9_999.0, last_5_min: 9_999.0 };
    (snapshot.response_ms, snapshot.service_ms) = (slow, slow);
    snapshot.pool = PoolCounts {
        funding: 100_000,
        ready: 100_000,
        leased: 100_000,
        sweeping: 100_000,
        quarantined: 100_000,
    };
    (snapshot.funded, snapshot.block) = (859_123_456, Some(123_456_789));
    (snapshot.rss_bytes, snapshot.cpu_percent_of_core) = (1023 << 20, 199.0);
    snapshot.schedule_lag_us_p99 = 130_000_000;
    snapshot.rate_percent = (0..90).fold(RatePercent::default(), |rate, _| rate.faster());
    for point in &mut snapshot.timeline {
        (point.due, point.succeeded) = (10_000, 9_999);
    }
    for step in &mut snapshot.steps {
        (step.count, step.errors, step.active) = (859_123_456, 1_234_567, 100_000);
        step.response_ms = slow;
    }
    insta::assert_snapshot!("largest_numbers", shown(SMALL, Some(&snapshot), &screen));
    let mut screen = screen;
    let _wish = screen.press(KeyEvent::new(KeyCode::Char('2'), KeyModifiers::NONE));
    insta::assert_snapshot!("largest_numbers_of_steps", shown(SMALL, Some(&snapshot), &screen));
}

#[test]
fn every_phase_says_what_is_left() {
    let (mut snapshot, screen) = after("");
    let phases = [
        (Phase::Prime, "arrivals begin soon"),
        (Phase::Load, "3m 36s left"),
        (Phase::Drain, "14 users to end"),
        (Phase::Settle, "waiting for blocks"),
        (Phase::Sweep, "102 wallets to sweep"),
        (Phase::Report, "nothing but the report"),
    ];
    for (phase, left) in phases {
        snapshot.phase = phase;
        let text = shown(SMALL, Some(&snapshot), &screen).to_string();
        assert!(text.contains(left), "{text}");
    }
}

#[test]
fn a_screen_that_has_become_too_small_says_so_and_nothing_breaks_at_any_size() {
    let (snapshot, mut screen) = after("a");
    let text = shown((60, 10), Some(&snapshot), &screen).to_string();
    assert!(text.contains("60 x 10 is too small: 80 x 24 is needed."), "{text}");
    for key in ['1', '2', '3', '4', '5', '6', '?', 'q'] {
        let _wish = screen.press(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
        for size in
            [(1, 1), (80, 24), (81, 25), (149, 29), (150, 34), (160, 36), (400, 100), (90, 70)]
        {
            shown(size, Some(&snapshot), &screen);
            shown(size, None, &screen);
        }
    }
}

#[test]
fn without_colour_nothing_is_lost_but_colour() {
    let (snapshot, mut screen) = after("");
    let coloured = shown(SMALL, Some(&snapshot), &screen);
    screen.palette = Palette::Plain;
    let plain = shown(SMALL, Some(&snapshot), &screen);
    assert_eq!(coloured.to_string(), plain.to_string());
    let is_coloured = |backend: &TestBackend| {
        backend.buffer().content().iter().any(|cell| cell.fg != Color::Reset)
    };
    assert!(is_coloured(&coloured) && !is_coloured(&plain));
    let has_background = |cell: &ratatui::buffer::Cell| cell.bg != Color::Reset;
    assert!(!coloured.buffer().content().iter().any(has_background));
}
