//! Wallets by state, and how fast they are funded.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use swell_core::snapshot::Snapshot;

use super::palette::Palette;
use crate::human::{count, rate};

/// Rows it takes.
pub(super) const HEIGHT: u16 = 2;

/// Widths of the columns behind the name.
const WIDTHS: [usize; 6] = [8, 9, 9, 10, 13, 15];

pub(super) fn draw(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let pool = &snapshot.pool;
    let heads = ["ready", "funding", "leased", "sweeping", "quarantined", "funded, 1 min"];
    let mut cells = [pool.ready, pool.funding, pool.leased, pool.sweeping, pool.quarantined]
        .map(count)
        .to_vec();
    cells.push(rate(snapshot.funding_per_s));
    let mut head = format!("{:<11}", "wallets");
    for (name, width) in heads.into_iter().zip(WIDTHS) {
        head.push_str(&format!("{name:>width$}"));
    }
    let mut row = vec![Span::raw(format!("{:<11}", "by state"))];
    for (at, (cell, width)) in cells.into_iter().zip(WIDTHS).enumerate() {
        let is_trouble = at == 4 && pool.quarantined > 0;
        let style = if is_trouble { palette.bad() } else { Style::new() };
        row.push(Span::styled(format!("{cell:>width$}"), style));
    }
    let line = |at: u16| Rect { y: area.y + at, height: 1, ..area }.intersection(area);
    Line::styled(head, palette.head()).render(line(0), buffer);
    Line::from(row).render(line(1), buffer);
}
