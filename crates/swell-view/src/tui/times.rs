//! Response and service time, and beside them how users fare.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use swell_core::report::Latency;
use swell_core::snapshot::Snapshot;

use super::grid::UNKNOWN;
use super::palette::Palette;
use crate::human::{count, latency};

/// Rows it takes.
pub(super) const HEIGHT: u16 = 4;

pub(super) fn draw(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let head = format!("{:<11}{:>8}{:>9}{:>9}   users", "time", "p50", "p95", "p99");
    let places = format!("of {} in flight", count(snapshot.run.places));
    let waiting = format!("in backlog, {} waited", count(snapshot.waited_for_place));
    let lines = [
        Line::styled(head, palette.head()),
        row("response", snapshot, &snapshot.response_ms, snapshot.in_flight, places),
        row("service", snapshot, &snapshot.service_ms, snapshot.backlog, waiting),
        success(snapshot, palette),
    ];
    for (at, line) in lines.into_iter().enumerate() {
        let place = Rect { y: area.y + at as u16, height: 1, ..area };
        line.render(place.intersection(area), buffer);
    }
}

fn row(name: &str, snapshot: &Snapshot, times: &Latency, users: u64, are: String) -> Line<'static> {
    let ended = snapshot.succeeded + snapshot.failed;
    let shown = |ms| if ended == 0 { UNKNOWN.to_owned() } else { latency(ms) };
    let [p50, p95, p99] = [times.p50, times.p95, times.p99].map(shown);
    Line::raw(format!("{name:<11}{p50:>8}{p95:>9}{p99:>9}   {:>9} {are}", count(users)))
}

fn success(snapshot: &Snapshot, palette: Palette) -> Line<'static> {
    let percent = snapshot.success_percent;
    let shown = percent.map_or_else(|| UNKNOWN.to_owned(), |percent| format!("{percent:.1} %"));
    let bad_if = |number| if number > 0 { palette.bad() } else { Style::new() };
    let failed = format!("✗ {}", count(snapshot.failed));
    // The numbers of the three lines end in one column, unless they are too long for it.
    let room = 16_usize.saturating_sub(failed.chars().count());
    Line::from(vec![
        Span::raw(format!("{:<11}{shown:>8}  ", "success")),
        Span::styled("✓", palette.good()),
        Span::raw(format!(" {:<8} ", count(snapshot.succeeded))),
        Span::styled(failed, bad_if(snapshot.failed)),
        Span::styled(format!(" {:>room$} shed", count(snapshot.shed)), bad_if(snapshot.shed)),
    ])
}
