//! A row a step.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use swell_core::snapshot::Snapshot;

use super::grid::{Column, Grid, number, per_s, time};
use super::screen::Screen;
use crate::human::count;
use crate::style::cut;

const COLUMNS: [Column<'static>; 8] = [
    ("step", 0),
    ("count", 11),
    ("/s 1 min", 9),
    ("p50", 7),
    ("p95", 7),
    ("p99", 7),
    ("errors", 11),
    ("in it", 7),
];

/// Rows the table takes.
pub(super) fn height(snapshot: &Snapshot) -> u16 {
    1 + snapshot.steps.len() as u16
}

/// The table, and what its numbers are.
pub(super) fn panel(snapshot: &Snapshot, screen: &Screen, area: Rect, buffer: &mut Buffer) {
    let words = "response time by step; counts are in all, and a second over the last minute";
    let [title, table] = Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(area);
    let words = cut(words, usize::from(title.width));
    Line::styled(words, screen.palette.faint()).render(title, buffer);
    draw(snapshot, screen, screen.scroll, table, buffer);
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
