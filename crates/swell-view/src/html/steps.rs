//! Where a user's time went.

use maud::{Markup, html};

use super::Section;
use super::parts::{PERCENTILES, SIX_TIMES, cell, percentiles, table, trouble};
use super::view::{RunView, StepView};
use crate::charts::{Bar, Tone, Waterfall};
use crate::human::{count, latency};

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    if run.steps.iter().all(|step| step.count == 0) {
        return None;
    }
    let mut head = vec!["step", "ended", "failed"];
    if !run.is_over() {
        head.insert(1, "now");
    }
    head.extend(PERCENTILES);
    let rows: Vec<Vec<Markup>> = run.steps.iter().map(row).collect();
    let body = html! {
        (waterfall(run).markup())
        h3 { "Service time by step" }
        (table(SIX_TIMES, &head, &rows))
    };
    Some(Section { id: "steps", title: "Where a user's time went", body })
}

fn row(step: &StepView<'_>) -> Vec<Markup> {
    let mut row = vec![cell(step.name)];
    row.extend(step.active.map(|active| cell(count(active))));
    row.extend([cell(count(step.count)), trouble(step.errors)]);
    row.extend(percentiles(&step.service_ms, step.count > 0));
    row
}

/// Every step's share of an average user: what users spent in it, divided by all users that ended, so
/// that the bars add up to the mean response time though not every user came to every step.
fn waterfall<'a>(run: &RunView<'_>) -> Waterfall<'a> {
    let ended = run.steps.iter().map(|step| step.count).max().unwrap_or(0).max(1) as f64;
    let of = |step: &StepView<'_>, mean: f64| mean * step.count as f64 / ended;
    let whole: f64 = run.steps.iter().map(|step| of(step, step.response_ms.mean)).sum();
    let mut bars = Vec::new();
    for (at, step) in run.steps.iter().enumerate() {
        let (response, service) = (of(step, step.response_ms.mean), of(step, step.service_ms.mean));
        let waited = (response - service).max(0.0);
        // What lies between two steps is next to nothing, except before the first: the backlog.
        let is_told = at == 0 || waited > whole / 100.0;
        if is_told {
            let name =
                if at == 0 { "waiting to start".into() } else { format!("before {}", step.name) };
            bars.push(Bar { name, ms: waited, tone: Tone::Orange, note: None });
        }
        let note = (step.errors > 0).then(|| format!("{} failed", count(step.errors)));
        let ms = if is_told { service } else { response };
        bars.push(Bar { name: step.name.to_owned(), ms, tone: Tone::Blue, note });
    }
    let total: f64 = bars.iter().map(|bar| bar.ms).sum();
    let longest = bars.iter().max_by(|one, other| one.ms.total_cmp(&other.ms));
    let says = longest.map_or_else(String::new, |bar| {
        format!(
            "The average user took {}; most of it, {}, went into {}.",
            latency(total),
            latency(bar.ms),
            bar.name
        )
    });
    Waterfall { id: "chart-steps", title: "An average user", says, bars }
}
