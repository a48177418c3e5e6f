//! Endpoints and their health.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use swell_core::report::EndpointState;
use swell_core::snapshot::Snapshot;

use super::grid::{Column, Grid, UNKNOWN, number, time};
use super::palette::Palette;

const COLUMNS: [Column<'static>; 9] = [
    ("endpoint", 0),
    ("health", 13),
    ("requests", 9),
    ("errors", 7),
    ("429s", 7),
    ("p50", 7),
    ("p95", 7),
    ("p99", 7),
    ("lag", 4),
];

/// Rows the table takes.
pub(super) fn height(snapshot: &Snapshot) -> u16 {
    1 + snapshot.endpoints.len() as u16
}

/// All of them in one line.
pub(super) fn in_short(snapshot: &Snapshot, palette: Palette) -> Line<'static> {
    let mut spans = vec![Span::styled(format!("{:<11}", "endpoints"), palette.head())];
    if snapshot.endpoints.is_empty() {
        spans.push(Span::raw(UNKNOWN));
    }
    for row in &snapshot.endpoints {
        let mut words = row.name.clone();
        if row.state != EndpointState::Healthy {
            words.push_str(&format!(" {}", row.state.label()));
        }
        spans.push(mark(row.state, palette));
        spans.push(Span::raw(format!(" {words}   ")));
    }
    Line::from(spans)
}

pub(super) fn draw(
    snapshot: &Snapshot,
    palette: Palette,
    scroll: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut grid = Grid::new(&COLUMNS, 2, palette.head());
    for row in &snapshot.endpoints {
        let mark = mark(row.state, palette);
        let health = format!("{} {}", mark.content, row.state.label());
        let times = &row.latency_ms;
        grid.push(vec![
            Span::raw(row.name.clone()),
            Span::styled(health, mark.style),
            number(row.requests),
            number(row.errors),
            number(row.rate_limited),
            time(row.requests, times.p50),
            time(row.requests, times.p95),
            time(row.requests, times.p99),
            number(row.head_lag_blocks_max),
        ]);
    }
    grid.draw(area, scroll, buffer);
}

fn mark(state: EndpointState, palette: Palette) -> Span<'static> {
    match state {
        EndpointState::Healthy => Span::styled("✓", palette.good()),
        EndpointState::Lagging | EndpointState::Unverified => Span::styled("!", palette.bad()),
        EndpointState::Failing | EndpointState::OtherChain => Span::styled("✗", palette.bad()),
    }
}
