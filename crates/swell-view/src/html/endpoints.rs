//! What the target's endpoints, its chain and its storage did.

use maud::{Markup, html};
use swell_core::report::{EndpointRow, EndpointState, Report, StorageRow};

use super::Section;
use super::parts::{FEW_PERCENTILES, FOUR_TIMES, cell, facts, few_percentiles, table, trouble};
use super::view::RunView;
use crate::human::{bytes, count, latency, money};

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    let more =
        run.report.map(|report| html! { (inclusion(report)) (relay(report)) (storage(report)) });
    let more = more.unwrap_or_default();
    if run.endpoints.is_empty() && more.0.is_empty() {
        return None;
    }
    let mut head = vec!["endpoint", "state", "requests", "errors", "retries", "429s", "behind"];
    head.extend(FEW_PERCENTILES);
    let rows: Vec<Vec<Markup>> = run.endpoints.iter().map(row).collect();
    let body = html! {
        @if !rows.is_empty() { (table(FOUR_TIMES, &head, &rows)) }
        (more)
    };
    Some(Section { id: "endpoints", title: "Endpoints", body })
}

fn row(row: &EndpointRow) -> Vec<Markup> {
    let class = match row.state {
        EndpointState::Healthy => "good",
        EndpointState::Lagging | EndpointState::Unverified => "doubt",
        EndpointState::Failing | EndpointState::OtherChain => "bad",
    };
    let mut cells = vec![
        cell(&row.name),
        html! { span class=(class) { (row.state.label()) } },
        cell(count(row.requests)),
        trouble(row.errors),
        cell(count(row.retries)),
        trouble(row.rate_limited),
        cell(count(row.head_lag_blocks_max)),
    ];
    cells.extend(few_percentiles(&row.latency_ms, row.requests > 0));
    cells
}

fn inclusion(report: &Report) -> Markup {
    if report.inclusion.is_empty() {
        return Markup::default();
    }
    let mut head = vec!["transactions of", "included"];
    head.extend(FEW_PERCENTILES);
    head.extend(["blocks p50", "blocks p99", "blocks max"]);
    let row = |row: &swell_core::report::InclusionRow| {
        let mut cells = vec![cell(&row.tag), cell(count(row.count))];
        cells.extend(few_percentiles(&row.ms, row.count > 0));
        cells.extend(
            [row.blocks.p50, row.blocks.p99, row.blocks.max].map(|blocks| cell(count(blocks))),
        );
        cells
    };
    let rows: Vec<Vec<Markup>> = report.inclusion.iter().map(row).collect();
    html! { h3 { "Into a block" } (table("", &head, &rows)) }
}

fn relay(report: &Report) -> Markup {
    let Some(relay) = &report.relay else { return Markup::default() };
    let by = if relay.queue_ms.is_some() { "the relayer's lanes" } else { "the target's relay" };
    let at = |times: &swell_core::report::Latency| {
        cell(format!("{} at p50, {} at p99", latency(times.p50), latency(times.p99)))
    };
    let mut rows = vec![("Calls", cell(format!("{} by {by}", count(relay.calls))))];
    rows.extend(relay.queue_ms.as_ref().map(|queue| ("In the queue", at(queue))));
    rows.push(("Until the hash", at(&relay.hash_ms)));
    rows.push(("Then into a block", at(&relay.inclusion_ms)));
    rows.push((
        "Cost a call",
        cell(format!(
            "{} on average, {} at most",
            money(relay.cost.mean_wei),
            money(relay.cost.max_wei)
        )),
    ));
    rows.extend(relay.nonce_gaps.map(|gaps| ("Nonce gaps", cell(count(gaps)))));
    rows.extend(relay.polls.map(|polls| ("Asked again", cell(format!("{} times", count(polls))))));
    html! { h3 { "Users' calls" } (facts(rows)) }
}

fn storage(report: &Report) -> Markup {
    if report.storage.is_empty() {
        return Markup::default();
    }
    let mut head = vec!["storage", "objects", "size", "errors", "URL", "its gas a user"];
    head.extend(FEW_PERCENTILES);
    let row = |row: &StorageRow| {
        let mut cells = vec![
            cell(&row.provider),
            cell(count(row.objects)),
            cell(bytes(row.bytes)),
            trouble(row.errors),
            cell(format!("{:.0} characters", row.url_chars)),
            cell(count(row.url_gas)),
        ];
        cells.extend(few_percentiles(&row.latency_ms, row.objects + row.errors > 0));
        cells
    };
    let rows: Vec<Vec<Markup>> = report.storage.iter().map(row).collect();
    html! { h3 { "Storage" } (table(FOUR_TIMES, &head, &rows)) }
}
