//! Thresholds as they stand.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use swell_core::report::ThresholdResult;
use swell_core::snapshot::Snapshot;

use super::grid::{Column, Grid, UNKNOWN};
use super::palette::Palette;
use crate::human::measure;
use crate::style::cut;

const COLUMNS: [Column<'static>; 4] =
    [("thresholds now", 0), ("measured", 14), ("limit", 12), ("", 10)];

/// How one stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Missed,
    Unknown,
    Met,
}

impl Standing {
    const fn of(threshold: &ThresholdResult) -> Self {
        match (threshold.pass, threshold.value) {
            (true, _) => Self::Met,
            (false, Some(_)) => Self::Missed,
            (false, None) => Self::Unknown,
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Missed => "✗",
            Self::Unknown => "?",
            Self::Met => "✓",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Missed => "not met",
            Self::Unknown => "unknown",
            Self::Met => "met",
        }
    }

    fn style(self, palette: Palette) -> Style {
        match self {
            Self::Missed => palette.bad(),
            Self::Unknown => Style::new(),
            Self::Met => palette.good(),
        }
    }
}

/// How many are met, in one line.
pub(super) fn tally(snapshot: &Snapshot, palette: Palette) -> Line<'static> {
    let mut spans = vec![Span::styled(format!("{:<11}", "thresholds"), palette.head())];
    for standing in [Standing::Met, Standing::Missed, Standing::Unknown] {
        let all = snapshot.thresholds.iter();
        let number = all.filter(|threshold| Standing::of(threshold) == standing).count();
        if number > 0 {
            spans.push(Span::styled(standing.mark(), standing.style(palette)));
            spans.push(Span::raw(format!(" {number} {}   ", standing.word())));
        }
    }
    if snapshot.thresholds.is_empty() {
        spans.push(Span::raw(UNKNOWN));
    }
    Line::from(spans)
}

/// Those not met first, in as many lines as there is room for.
pub(super) fn in_short(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let order = [Standing::Missed, Standing::Unknown, Standing::Met];
    let ordered = order.into_iter().flat_map(|standing| {
        let all = snapshot.thresholds.iter();
        all.filter(move |threshold| Standing::of(threshold) == standing)
    });
    for (at, threshold) in ordered.take(usize::from(area.height)).enumerate() {
        let place = Rect { y: area.y + at as u16, height: 1, ..area };
        sentence(threshold, palette, usize::from(area.width)).render(place, buffer);
    }
}

fn sentence(threshold: &ThresholdResult, palette: Palette, width: usize) -> Line<'static> {
    let standing = Standing::of(threshold);
    let value = measured(threshold);
    let room = width.saturating_sub(13 + 6 + value.chars().count());
    let expr = cut(&threshold.expr, room);
    Line::from(vec![
        Span::raw(format!("{:<11}", "")),
        Span::styled(standing.mark(), standing.style(palette)),
        Span::raw(format!(" {expr}: now {value}")),
    ])
}

/// All of them as a table.
pub(super) fn draw(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let mut grid = Grid::new(&COLUMNS, 1, palette.head());
    for threshold in &snapshot.thresholds {
        let standing = Standing::of(threshold);
        let words = format!("{} {}", standing.mark(), standing.word());
        grid.push(vec![
            Span::raw(threshold.expr.clone()),
            Span::raw(measured(threshold)),
            Span::raw(measure(threshold.limit, &threshold.unit)),
            Span::styled(words, standing.style(palette)),
        ]);
    }
    grid.draw(area, 0, buffer);
}

fn measured(threshold: &ThresholdResult) -> String {
    threshold.value.map_or_else(|| UNKNOWN.to_owned(), |value| measure(value, &threshold.unit))
}
