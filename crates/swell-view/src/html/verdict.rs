//! The verdict, and the key numbers.

use maud::{Markup, html};
use swell_core::report::{Ended, VerdictOutcome};

use super::view::{RunState, RunView};
use crate::human::{count, latency, length, money, rate};

/// What comes first on every page: whether the run met its thresholds, or where it is.
#[must_use]
pub fn headline(run: &RunView<'_>) -> Markup {
    let (class, word) = word(run);
    let met = run.thresholds.iter().filter(|threshold| threshold.pass).count();
    let clock = if run.virtual_time { " of virtual time" } else { "" };
    html! {
        section #verdict class=(format!("verdict {class}")) aria-label="Verdict" {
            span .badge { (word) }
            h1 { (run.journey) " on " (run.target) }
            p {
                @match run.state {
                    RunState::Over { ended, duration_s, .. } => {
                        "Took " (length(duration_s)) (clock) (how_it_ended(ended)) "."
                    }
                    RunState::Going { elapsed_s, left_s, paused, .. } => {
                        (length(elapsed_s)) (clock) " so far"
                        @if let Some(left_s) = left_s { ", " (length(left_s)) " of arrivals left" }
                        @if paused { ", arrivals are paused" }
                        "; " (met) " of " (run.thresholds.len()) " thresholds met as it stands."
                    }
                }
            }
            @if let RunState::Over { verdict, .. } = run.state {
                @if !verdict.reasons.is_empty() {
                    ul { @for reason in &verdict.reasons { li { (reason) } } }
                }
            }
            p .muted {
                "run " (run.id) " · seed " (run.seed) " · chain " (run.chain_id) " · swell " (run.version)
            }
        }
    }
}

fn word(run: &RunView<'_>) -> (&'static str, &'static str) {
    match run.state {
        RunState::Going { phase, .. } => ("going", phase.label()),
        RunState::Over { verdict, .. } => match verdict.outcome {
            VerdictOutcome::Passed => ("passed", "PASSED"),
            VerdictOutcome::Failed => ("failed", "FAILED"),
            VerdictOutcome::Inconclusive => ("doubt", "INCONCLUSIVE"),
            VerdictOutcome::Stopped => ("doubt", "STOPPED"),
        },
    }
}

const fn how_it_ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Completed => "",
        Ended::Drained => "; stopped by the user, those in flight could finish",
        Ended::Aborted => "; aborted by the user",
        Ended::ThresholdAborted => "; aborted by a threshold",
        Ended::LimitReached => "; stopped by a limit",
    }
}

/// The numbers that most people look for.
#[must_use]
pub fn tiles(run: &RunView<'_>) -> Markup {
    let ended = run.succeeded + run.failed;
    let over = run.is_over();
    let success =
        run.success_percent().map_or_else(|| "–".into(), |percent| format!("{percent:.1}%"));
    let measured = |ms: f64| if ended == 0 { "–".to_owned() } else { latency(ms) };
    let peak = run.timeline.iter().map(|point| point.in_flight.max).max().unwrap_or(0);
    let (flight, flight_note) = match run.state {
        RunState::Going { in_flight, backlog, .. } => {
            (in_flight, format!("{} wait for a place", count(backlog)))
        }
        RunState::Over { .. } => (peak, "at the peak".to_owned()),
    };
    let window = if over { "sustained" } else { "over the last minute" };
    let tiles = [
        (
            "Throughput",
            rate(run.throughput_per_s),
            format!("{window}; {} offered", rate(run.offered_per_s)),
        ),
        ("Succeeded", success, format!("{} of {} that ended", count(run.succeeded), count(ended))),
        (
            "Response p95",
            measured(run.response_ms.p95),
            format!("{} at p50", measured(run.response_ms.p50)),
        ),
        (
            "Service p95",
            measured(run.service_ms.p95),
            format!("{} at p50", measured(run.service_ms.p50)),
        ),
        ("In flight", count(flight), flight_note),
        (
            "Users due",
            count(run.due),
            format!("{} shed, {} abandoned", count(run.shed), count(run.abandoned)),
        ),
        ("Waited for a place", count(run.waited_for_place), "before they started".into()),
        ("Fees", money(run.spent), per_user(run)),
    ];
    html! {
        dl .tiles {
            @for (name, value, note) in tiles {
                div { dt { (name) } dd { (value) small { (note) } } }
            }
        }
    }
}

fn per_user(run: &RunView<'_>) -> String {
    match run.report {
        Some(report) => format!("{} a user", money(report.money.per_user_wei)),
        None => "so far".to_owned(),
    }
}
