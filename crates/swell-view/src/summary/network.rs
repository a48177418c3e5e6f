//! What the network did.

use swell_core::report::{EndpointRow, EndpointState, Report};

use super::labelled;
use crate::human::{count, latency};
use crate::style::Page;
use crate::table::Table;

/// How long transactions took into a block.
pub(super) fn inclusion(report: &Report, page: Page) -> String {
    if report.inclusion.is_empty() {
        return String::new();
    }
    let rows = report.inclusion.iter().map(|row| {
        format!(
            "{} {} at p50, {} and {} at p99",
            row.tag,
            latency(row.ms.p50),
            latency(row.ms.p99),
            blocks(row.blocks.p99),
        )
    });
    labelled(page, "Into a block", &rows.collect::<Vec<_>>().join("; "))
}

pub(super) fn blocks(number: u64) -> String {
    if number == 1 { "1 block".into() } else { format!("{} blocks", count(number)) }
}

/// A row an endpoint, where there is anything to compare or to tell.
pub(super) fn endpoints(report: &Report, page: Page) -> String {
    let chain = report.endpoints.iter().filter(|row| row.name.starts_with("rpc")).count();
    if chain < 2 && !report.endpoints.iter().any(has_trouble) {
        return String::new();
    }
    let head = ["Endpoint", "requests", "errors", "429s", "p50", "p99", "max", "lag", "now"];
    let mut table = Table::new(1, &head);
    for row in &report.endpoints {
        table.push(cells(row));
    }
    let mut text = String::new();
    for (at, line) in table.lines().iter().enumerate() {
        let row = at.checked_sub(1).map(|row| &report.endpoints[row]);
        let line = match row {
            None => page.style.strong(line),
            Some(row) if row.state == EndpointState::Healthy => line.clone(),
            Some(_) => page.style.bad(line),
        };
        text.push_str(&(line + "\n"));
    }
    text
}

fn has_trouble(row: &EndpointRow) -> bool {
    row.errors > 0 || row.rate_limited > 0 || row.state != EndpointState::Healthy
}

fn cells(row: &EndpointRow) -> Vec<String> {
    let mut cells =
        vec![row.name.clone(), count(row.requests), count(row.errors), count(row.rate_limited)];
    let times = &row.latency_ms;
    for ms in [times.p50, times.p99, times.max] {
        cells.push(if row.requests == 0 { "-".into() } else { latency(ms) });
    }
    cells.push(count(row.head_lag_blocks_max));
    cells.push(row.state.label().into());
    cells
}
