//! A row a step.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use swell_core::snapshot::Snapshot;

use super::grid::{Column, Grid, number, per_s, time};
use super::screen::Screen;
use crate::human::count;

const COLUMNS: [Column<'static>; 8] = [
    ("step, response time", 0),
    ("count", 9),
    ("1 min", 8),
    ("p50", 7),
    ("p95", 7),
    ("p99", 7),
    ("errors", 8),
    ("in it", 7),
];

/// Rows the table takes.
pub(super) fn height(snapshot: &Snapshot) -> u16 {
    1 + snapshot.steps.len() as u16
}

pub(super) fn draw(
    snapshot: &Snapshot,
    screen: &Screen,
    scroll: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let palette = screen.palette;
    let mut grid = Grid::new(&COLUMNS, 1, palette.head());
    for (at, step) in snapshot.steps.iter().enumerate() {
        let times = &step.response_ms;
        let errors = if step.errors > 0 {
            Span::styled(format!("✗ {}", count(step.errors)), palette.bad())
        } else {
            Span::styled("0", Style::new())
        };
        grid.push(vec![
            Span::raw(step.name),
            number(step.count),
            Span::raw(per_s(screen.rates.per_s(at))),
            time(step.count, times.p50),
            time(step.count, times.p95),
            time(step.count, times.p99),
            errors,
            number(step.active),
        ]);
    }
    grid.draw(area, scroll, buffer);
}
