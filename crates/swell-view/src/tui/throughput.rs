//! Offered against completed, now and over the last minutes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, SparklineBar, Widget};
use swell_core::snapshot::{RecentRates, Snapshot};

use super::grid::per_s;
use super::palette::Palette;
use super::series::{Counted, columns, due, load_began_s, succeeded};

/// Rows it takes.
pub(super) const HEIGHT: u16 = 3;

/// What the sparklines are over, seconds.
const WINDOW_S: f64 = 300.0;

/// Where the sparklines begin.
const NUMBERS: u16 = 39;

pub(super) fn draw(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let line = |at: u16| Rect { y: area.y + at, height: 1, ..area }.intersection(area);
    let head = format!("{:<11}{:>8}{:>9}{:>9}  5 minutes", "users/s", "10 s", "1 min", "5 min");
    Line::styled(head, palette.head()).render(line(0), buffer);
    let offered = Row {
        name: "offered",
        minute: snapshot.offered_per_s,
        lately: snapshot.offered_lately,
        of: due,
    };
    let completed = Row {
        name: "completed",
        minute: snapshot.throughput_per_s,
        lately: snapshot.throughput_lately,
        of: succeeded,
    };
    let lines = [offered.columns(snapshot, area), completed.columns(snapshot, area)];
    // One scale for both: their heights can be compared.
    let highest = lines.iter().flatten().flatten().fold(0.0_f64, |most, rate| most.max(*rate));
    for (at, (row, shown)) in [offered, completed].into_iter().zip(&lines).enumerate() {
        let place = line(at as u16 + 1);
        row.numbers(snapshot).render(place, buffer);
        let style = if at == 0 { Style::new() } else { palette.good() };
        let place = Rect { x: place.x + NUMBERS, width: chart_width(area), ..place };
        sparkline(shown, highest, style).render(place.intersection(area), buffer);
    }
}

#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    /// The rate of the last minute. As the others it is the run's own: stretches of the timeline grow
    /// longer than a window.
    minute: f64,
    lately: RecentRates,
    of: Counted,
}

impl Row {
    fn numbers(self, snapshot: &Snapshot) -> Line<'static> {
        let has_begun = load_began_s(snapshot).is_some();
        let rates = [self.lately.last_10_s, self.minute, self.lately.last_5_min];
        let [now, minute, minutes] = rates.map(|rate| per_s(has_begun.then_some(rate)));
        Line::from(vec![Span::raw(format!("{:<11}{now:>8}{minute:>9}{minutes:>9}", self.name))])
    }

    fn columns(self, snapshot: &Snapshot, area: Rect) -> Vec<Option<f64>> {
        let to = snapshot.timeline.last().map_or(0.0, |point| point.end_s);
        let from = (to - WINDOW_S).max(0.0);
        if to <= from {
            return Vec::new();
        }
        // A young run grows from the left: a column is always as long.
        let all = f64::from(chart_width(area));
        let shown = ((to - from) / WINDOW_S * all).ceil().min(all) as usize;
        let shown_s = shown as f64 / all * WINDOW_S;
        columns(&snapshot.timeline, (to - shown_s, to), shown, self.of)
    }
}

fn chart_width(area: Rect) -> u16 {
    area.width.saturating_sub(NUMBERS)
}

/// Sparklines count in whole numbers: a thousandth of the highest rate is one.
fn sparkline(columns: &[Option<f64>], highest: f64, style: Style) -> Sparkline<'static> {
    const FULL: f64 = 1_000.0;
    let scale = if highest > 0.0 { FULL / highest } else { 0.0 };
    let bar = |rate: &Option<f64>| SparklineBar::from(rate.map(|rate| (rate * scale) as u64));
    let bars: Vec<SparklineBar> = columns.iter().map(bar).collect();
    Sparkline::default().data(bars).max(FULL as u64).style(style)
}
