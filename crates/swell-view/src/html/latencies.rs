//! How long users took: whole distributions.

use maud::{Markup, html};
use swell_core::report::{Latency, LatencyClock, LatencyCurve};

use super::Section;
use super::parts::{PERCENTILES, SIX_TIMES, cell, percentiles, table};
use super::view::RunView;
use crate::charts::{PercentilePlot, Tone};
use crate::human::latency;

/// Name of the curves of the whole journey.
const JOURNEY: &str = "journey";
/// Steps shown in one plot: more lines are not told apart.
const STEPS_MAX: usize = 5;

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    let ended = run.succeeded + run.failed;
    if ended == 0 {
        return None;
    }
    let mut rows = vec![
        row("response: from due to the end", &run.response_ms),
        row("service: from sent to the end", &run.service_ms),
    ];
    if let Some(report) = run.report.filter(|_| run.succeeded > 0) {
        rows.push(row("response of those that succeeded", &report.response_ms_succeeded));
    }
    let mut head = vec!["users that ended"];
    head.extend(PERCENTILES);
    let body = html! {
        (journeys(run))
        (table(SIX_TIMES, &head, &rows))
        (slowest_steps(run))
    };
    Some(Section { id: "latencies", title: "How long users took", body })
}

fn row(name: &str, times: &Latency) -> Vec<Markup> {
    let mut row = vec![cell(name)];
    row.extend(percentiles(times, true));
    row
}

fn journeys(run: &RunView<'_>) -> Markup {
    let tone = |curve: &LatencyCurve| match curve.clock {
        LatencyClock::Response => Tone::Blue,
        LatencyClock::Service => Tone::Green,
    };
    let of_journeys = run.curves.iter().filter(|curve| curve.of == JOURNEY);
    let curves = of_journeys.map(|curve| (curve.clock.label().to_owned(), tone(curve), curve));
    let times = &run.response_ms;
    PercentilePlot {
        id: "chart-percentiles",
        title: "Latency by percentile",
        says: format!(
            "Half of the users took {} or less, 99% {} or less, the slowest {}. Where response lies \
             above service, users waited before they were served.",
            latency(times.p50),
            latency(times.p99),
            latency(times.max),
        ),
        curves: curves.collect(),
        limits: limits(run),
    }
    .markup()
}

/// Limits of thresholds on percentiles of the response time.
fn limits(run: &RunView<'_>) -> Vec<(String, f64)> {
    let in_millis = |limit: f64, unit: &str| match unit {
        "ms" => Some(limit),
        "s" => Some(limit * 1_000.0),
        _ => None,
    };
    let on_response = run.thresholds.iter().filter(|threshold| {
        let expr = threshold.expr.trim_start();
        expr.starts_with('p') && expr.contains("(response)")
    });
    let limit = |threshold: &swell_core::report::ThresholdResult| {
        Some((threshold.expr.clone(), in_millis(threshold.limit, &threshold.unit)?))
    };
    on_response.filter_map(limit).filter(|(_, ms)| *ms > 0.0).take(3).collect()
}

/// The slowest steps that a curve is known of, slowest first.
fn slowest_steps(run: &RunView<'_>) -> Markup {
    const TONES: [Tone; STEPS_MAX] =
        [Tone::Blue, Tone::Orange, Tone::Green, Tone::Violet, Tone::Red];
    let mut steps: Vec<&LatencyCurve> = run
        .curves
        .iter()
        .filter(|curve| curve.of != JOURNEY && curve.clock == LatencyClock::Service)
        .collect();
    let median = |curve: &LatencyCurve| {
        curve.points.iter().find(|point| point.percent >= 50.0).map_or(0.0, |point| point.ms)
    };
    steps.sort_by(|one, other| median(other).total_cmp(&median(one)));
    // Next to the slowest, what takes next to no time is no line but a floor.
    let least = steps.first().map_or(0.0, |slowest| median(slowest) / 1_000.0);
    steps.retain(|curve| median(curve) > least);
    steps.truncate(STEPS_MAX);
    let words = steps.iter().map(|curve| format!("{} {}", curve.of, latency(median(curve))));
    let says = format!("Service time; at p50: {}.", words.collect::<Vec<_>>().join(", "));
    let curves = steps.iter().zip(TONES).map(|(curve, tone)| (curve.of.clone(), tone, *curve));
    let plot = PercentilePlot {
        id: "chart-step-percentiles",
        title: "The slowest steps",
        says,
        curves: curves.collect(),
        limits: Vec::new(),
    };
    let drawn = plot.markup();
    html! { @if !drawn.0.is_empty() { h3 { "By step" } (drawn) } }
}
