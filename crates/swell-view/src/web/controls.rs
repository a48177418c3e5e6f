//! How far the run is, and what steers it.

use maud::{Markup, html};
use swell_core::report::{Report, VerdictOutcome};
use swell_core::snapshot::{Phase, Snapshot};

use super::sections::{Piece, Place};
use crate::human::{count, length};

/// A button: what it wishes, its words, the key that presses it, and what is to be asked first.
struct Button {
    action: &'static str,
    words: &'static str,
    key: Option<&'static str>,
    question: Option<&'static str>,
    is_useful: bool,
}

fn piece(html: &Markup) -> Piece {
    Piece::new(Place::Steer, "controls", html! { div .steer { (html) } })
}

/// Before the first snapshot.
pub(super) fn before() -> Piece {
    piece(&html! { p .where { strong { "The run begins." } } })
}

/// Of a run that goes on.
pub(super) fn of_run(snapshot: &Snapshot) -> Piece {
    let percent = done_percent(snapshot);
    let html = html! {
        p .where {
            strong { (state(snapshot)) }
            " "
            span { (progress_words(snapshot)) }
        }
        progress max="100" value=(format!("{percent:.1}")) aria-label="Arrivals that are due, of those planned" {
            (format!("{percent:.0} %"))
        }
        div .buttons role="group" aria-label="Steer the run" {
            @for one in buttons(snapshot) { (button(&one)) }
        }
    };
    piece(&html)
}

/// Of a run that has ended.
pub(super) fn of_report(report: &Report) -> Piece {
    let (class, word) = match report.verdict.outcome {
        VerdictOutcome::Passed => ("good", "Passed"),
        VerdictOutcome::Failed => ("bad", "Failed"),
        VerdictOutcome::Inconclusive => ("doubt", "Inconclusive"),
        VerdictOutcome::Stopped => ("doubt", "Stopped"),
    };
    let met = report.thresholds.iter().filter(|threshold| threshold.pass).count();
    let html = html! {
        p .where {
            strong { "The run is over." }
            " "
            span {
                b class=(class) { (word) } ": "
                (met) " of " (report.thresholds.len()) " thresholds met in "
                (length(report.run.duration_s)) "."
            }
        }
        p { a .button href="/report" download=(file_name(report)) { "Save the report" } }
    };
    piece(&html)
}

/// What the report is called as a file.
pub(super) fn file_name(report: &Report) -> String {
    // Ids are letters and digits; a report that says otherwise was not written by us.
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric();
    format!("swell-{}.html", report.run.id.chars().filter(is_plain).collect::<String>())
}

/// The arrivals that are due, percent of those planned.
pub(super) fn done_percent(snapshot: &Snapshot) -> f64 {
    if snapshot.phase > Phase::Load {
        return 100.0;
    }
    if snapshot.planned <= 0.0 {
        return 0.0;
    }
    (snapshot.due as f64 / snapshot.planned * 100.0).clamp(0.0, 100.0)
}

fn state(snapshot: &Snapshot) -> String {
    match snapshot.phase {
        Phase::Check => "Checking the target".into(),
        Phase::Prime => "Funding the first wallets".into(),
        Phase::Load if snapshot.paused => "Paused".into(),
        Phase::Load => format!("Under load at {} of the planned rate", snapshot.rate_percent),
        Phase::Drain => "Draining: users in flight may end".into(),
        Phase::Settle => "Settling: waiting for the last blocks".into(),
        Phase::Sweep => "Sweeping: money goes home".into(),
        Phase::Report => "Writing the report".into(),
    }
}

fn progress_words(snapshot: &Snapshot) -> String {
    let planned = snapshot.planned.round().max(0.0) as u64;
    format!("{} of {} users due", count(snapshot.due), count(planned))
}

fn buttons(snapshot: &Snapshot) -> [Button; 5] {
    let arrive = snapshot.phase <= Phase::Load;
    let goes_on = snapshot.phase <= Phase::Drain;
    let plain = |action, words, key| Button {
        action,
        words,
        key: Some(key),
        question: None,
        is_useful: arrive,
    };
    [
        if snapshot.paused { plain("resume", "Resume", "p") } else { plain("pause", "Pause", "p") },
        plain("slower", "Slower", "-"),
        plain("faster", "Faster", "+"),
        Button {
            action: "drain",
            words: "Drain",
            key: Some("d"),
            question: Some("No more users arrive; those in flight may end. This cannot be undone."),
            is_useful: arrive,
        },
        Button {
            action: "abort",
            words: "Abort",
            key: None,
            question: Some(
                "Users in flight are cut off and count as failed. This cannot be undone.",
            ),
            is_useful: goes_on,
        },
    ]
}

fn button(one: &Button) -> Markup {
    html! {
        button type="button" id={ "do-" (if one.action == "resume" { "pause" } else { one.action }) }
            data-action=(one.action) data-key=[one.key] data-question=[one.question]
            aria-keyshortcuts=[one.key] disabled[!one.is_useful] {
            (one.words)
            @if let Some(key) = one.key { kbd aria-hidden="true" { (key) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn buttons_say_what_can_still_be_wished() {
        let mut snapshot = sample::snapshot();
        let enabled = |snapshot: &Snapshot| {
            let useful = |one: &Button| one.is_useful.then_some(one.action);
            buttons(snapshot).iter().filter_map(useful).collect::<Vec<_>>()
        };
        assert_eq!(enabled(&snapshot), ["pause", "slower", "faster", "drain", "abort"]);
        snapshot.paused = true;
        assert_eq!(enabled(&snapshot)[0], "resume");
        snapshot.phase = Phase::Drain;
        assert_eq!(enabled(&snapshot), ["abort"]);
        snapshot.phase = Phase::Sweep;
        assert!(enabled(&snapshot).is_empty());
    }

    #[test]
    fn every_action_that_a_button_wishes_is_one() {
        let mut snapshot = sample::snapshot();
        for paused in [false, true] {
            snapshot.paused = paused;
            for button in buttons(&snapshot) {
                let action = serde_json::Value::from(button.action);
                let read = serde_json::from_value::<swell_core::command::Action>(action);
                assert!(read.is_ok(), "{}", button.action);
            }
        }
    }

    #[test]
    fn a_report_names_its_file_without_what_file_systems_or_headers_mind() {
        let mut report = sample::report();
        report.run.id = "../a\r\n\"b".into();
        assert_eq!(file_name(&report), "swell-ab.html");
    }

    #[test]
    fn how_far_a_run_is_as_html() {
        let mut snapshot = sample::snapshot();
        let live = of_run(&snapshot).html;
        snapshot.paused = true;
        let over = of_report(&sample::report()).html;
        insta::assert_snapshot!([live, of_run(&snapshot).html, over].join("\n\n"));
    }
}
