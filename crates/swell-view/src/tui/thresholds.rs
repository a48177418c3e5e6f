//! Thresholds as they stand.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use swell_core::report::ThresholdResult;
use swell_core::snapshot::Snapshot;

use super::grid::{Column, Grid, UNKNOWN};
use super::palette::Palette;
use crate::human::measure;
use crate::style::cut;

const COLUMNS: [Column<'static>; 4] =
    [("thresholds now", 0), ("measured", 14), ("limit", 12), ("", 9)];

/// How many are met, in one line.
pub(super) fn tally(snapshot: &Snapshot, palette: Palette) -> Line<'static> {
    let all = snapshot.thresholds.len();
    let met = snapshot.thresholds.iter().filter(|threshold| threshold.pass).count();
    let mut spans = vec![Span::styled(format!("{:<11}", "thresholds"), palette.head())];
    if all == 0 {
        spans.push(Span::raw(UNKNOWN));
        return Line::from(spans);
    }
    spans.push(Span::styled("✓", palette.good()));
    spans.push(Span::raw(format!(" {met} of {all} met now")));
    if met < all {
        spans.push(Span::styled(format!("   ✗ {} not met", all - met), palette.bad()));
    }
    Line::from(spans)
}

/// Those not met first, in as many lines as there is room for.
pub(super) fn in_short(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let missed = snapshot.thresholds.iter().filter(|threshold| !threshold.pass);
    let met = snapshot.thresholds.iter().filter(|threshold| threshold.pass);
    for (at, threshold) in missed.chain(met).take(usize::from(area.height)).enumerate() {
        let place = Rect { y: area.y + at as u16, height: 1, ..area };
        sentence(threshold, palette, usize::from(area.width)).render(place, buffer);
    }
}

fn sentence(threshold: &ThresholdResult, palette: Palette, width: usize) -> Line<'static> {
    let mark = mark(threshold, palette);
    let value = measured(threshold);
    let room = width.saturating_sub(13 + 6 + value.chars().count());
    let expr = cut(&threshold.expr, room);
    Line::from(vec![Span::raw("           "), mark, Span::raw(format!(" {expr}: now {value}"))])
}

/// All of them as a table.
pub(super) fn draw(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let mut grid = Grid::new(&COLUMNS, 1, palette.head());
    for threshold in &snapshot.thresholds {
        let (word, style) =
            if threshold.pass { ("✓ met", palette.good()) } else { ("✗ not met", palette.bad()) };
        grid.push(vec![
            Span::raw(threshold.expr.clone()),
            Span::raw(measured(threshold)),
            Span::raw(measure(threshold.limit, &threshold.unit)),
            Span::styled(word, style),
        ]);
    }
    grid.draw(area, 0, buffer);
}

fn mark(threshold: &ThresholdResult, palette: Palette) -> Span<'static> {
    if threshold.pass {
        Span::styled("✓", palette.good())
    } else {
        Span::styled("✗", palette.bad())
    }
}

fn measured(threshold: &ThresholdResult) -> String {
    threshold.value.map_or_else(|| UNKNOWN.to_owned(), |value| measure(value, &threshold.unit))
}
