//! The whole screen: what the run is and where it stands, the panel, the latest message, the keys.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{LineGauge, Paragraph, Widget};
use swell_core::snapshot::{Phase, RunIdentity, Snapshot};

use super::palette::Palette;
use super::screen::{Panel, Screen};
use super::{charts, endpoints, failures, help, messages, overview, question, steps};
use crate::human::{count, length};
use crate::style::cut;

/// The fewest columns of a screen.
pub const MIN_WIDTH: u16 = 80;
/// The fewest lines of a screen.
pub const MIN_HEIGHT: u16 = 24;

/// Columns of the panels' names, and a gap.
const TABS: u16 = 82;
/// Columns of the pace, beside the gauge.
const PACE: u16 = 25;

/// Draws the run as it stands; `None` before the first snapshot.
pub fn draw(frame: &mut Frame<'_>, snapshot: Option<&Snapshot>, screen: &Screen) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
        too_small(area, buffer);
        return;
    }
    let [title, status, gauge, body, said, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .horizontal_margin(1)
    .areas(area);
    tabs(screen, title, buffer);
    match snapshot {
        Some(snapshot) => {
            standing(snapshot, screen.palette, status, buffer);
            progress(snapshot, screen.palette, gauge, buffer);
            let below = Rect { y: gauge.y + 1, height: 1, ..gauge };
            identity(&snapshot.run, screen.palette, [title, below], buffer);
            panel(snapshot, screen, body, buffer);
        }
        None => {
            Line::raw("The run is being set up: numbers come with the first second.")
                .render(status, buffer);
            if screen.is_help_open {
                help::draw(screen.palette, body, buffer);
            } else {
                messages::draw(None, screen, screen.scroll, body, buffer);
            }
        }
    }
    let latest = screen.latest(snapshot).unwrap_or_default();
    Line::raw(cut(&latest, usize::from(said.width))).render(said, buffer);
    key_line(screen.palette).render(keys, buffer);
    if let Some(asked) = screen.question {
        question::draw(asked, screen.palette, area, buffer);
    }
}

fn too_small(area: Rect, buffer: &mut Buffer) {
    let text = format!(
        "{} x {} is too small: {MIN_WIDTH} x {MIN_HEIGHT} is needed. The run goes on, and keys work.",
        area.width, area.height
    );
    Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }).render(area, buffer);
}

/// The panels.
fn tabs(screen: &Screen, area: Rect, buffer: &mut Buffer) {
    let palette = screen.palette;
    let mut spans = Vec::new();
    for (at, panel) in Panel::ALL.into_iter().enumerate() {
        let is_chosen = panel == screen.panel && !screen.is_help_open;
        let style = if is_chosen { palette.chosen() } else { palette.faint() };
        spans.push(Span::styled(format!(" {} {} ", at + 1, panel.label()), style));
    }
    let style = if screen.is_help_open { palette.chosen() } else { palette.faint() };
    spans.push(Span::styled(" ? help ", style));
    let line = Line::from(spans);
    line.render(area, buffer);
}

/// What the run is: at the end of the first line if it fits there, below the gauge otherwise.
fn identity(run: &RunIdentity, palette: Palette, [first, below]: [Rect; 2], buffer: &mut Buffer) {
    let words = format!("{} on {}, run {}", run.journey, run.target, run.id);
    if words.chars().count() <= usize::from(first.width.saturating_sub(TABS)) {
        Line::styled(words, palette.head()).right_aligned().render(first, buffer);
    } else {
        let words = cut(&words, usize::from(below.width));
        Line::styled(words, palette.faint()).render(below, buffer);
    }
}

/// Phase, elapsed, what is left.
fn standing(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let phase = snapshot.phase.label().to_uppercase();
    let spans = vec![
        Span::styled(format!("{phase:<8}"), palette.head()),
        Span::raw(format!("{:>7} elapsed   ", length(snapshot.elapsed_s))),
        Span::raw(left(snapshot)),
    ];
    Line::from(spans).render(area, buffer);
    let (due, planned) = (count(snapshot.due), count(snapshot.planned.round() as u64));
    Line::raw(format!("{due} of {planned} due")).right_aligned().render(area, buffer);
}

/// What is left of the phase, in its own measure.
fn left(snapshot: &Snapshot) -> String {
    let users = snapshot.in_flight + snapshot.backlog;
    match (snapshot.phase, snapshot.left_s) {
        (Phase::Load, Some(seconds)) => format!("{} left", length(seconds)),
        (Phase::Load, None) if snapshot.paused => "time stands still".into(),
        (Phase::Load | Phase::Drain, _) => format!("{} users to end", count(users)),
        (Phase::Check | Phase::Prime, _) => "arrivals begin soon".into(),
        (Phase::Settle, _) => "waiting for blocks".into(),
        (Phase::Sweep, _) => {
            let pool = &snapshot.pool;
            format!("{} wallets to sweep", count(pool.ready + pool.leased + pool.sweeping))
        }
        (Phase::Report, _) => "nothing but the report".into(),
    }
}

/// How many of the expected arrivals have come, and at which pace they come.
fn progress(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let ratio = if snapshot.planned > 0.0 { snapshot.due as f64 / snapshot.planned } else { 0.0 };
    let ratio = ratio.clamp(0.0, 1.0);
    LineGauge::default()
        .ratio(ratio)
        .label(format!("{:>3.0} %", (100.0 * ratio).floor()))
        .filled_symbol("█")
        .unfilled_symbol("·")
        .filled_style(palette.good())
        .unfilled_style(palette.faint())
        .render(Rect { height: 1, width: area.width.saturating_sub(PACE), ..area }, buffer);
    let mut pace = vec![Span::raw(format!("rate {:>6}  ", snapshot.rate_percent.to_string()))];
    if snapshot.paused {
        pace.push(Span::styled(" ‖ PAUSED ", palette.chosen()));
    }
    let place = Rect { x: area.right().saturating_sub(PACE) + 2, ..area };
    Line::from(pace).render(place.intersection(area), buffer);
}

fn panel(snapshot: &Snapshot, screen: &Screen, area: Rect, buffer: &mut Buffer) {
    let (palette, scroll) = (screen.palette, screen.scroll);
    if screen.is_help_open {
        help::draw(palette, area, buffer);
        return;
    }
    match screen.panel {
        Panel::Overview => overview::draw(snapshot, screen, area, buffer),
        Panel::Steps => steps::panel(snapshot, screen, area, buffer),
        Panel::Failures => failures::draw(snapshot, palette, scroll, area, buffer),
        Panel::Endpoints => endpoints::draw(snapshot, palette, scroll, area, buffer),
        Panel::Charts => charts::draw(snapshot, palette, area, buffer),
        Panel::Messages => messages::draw(Some(snapshot), screen, scroll, area, buffer),
    }
}

fn key_line(palette: Palette) -> Line<'static> {
    const KEYS: [(&str, &str); 7] = [
        ("p", "pause"),
        ("+ -", "rate"),
        ("d", "drain"),
        ("a", "abort"),
        ("q", "quit"),
        ("Tab", "panels"),
        ("?", "help"),
    ];
    let spans = KEYS.into_iter().flat_map(|(key, does)| {
        [Span::styled(format!(" {key} "), palette.chosen()), Span::raw(format!(" {does}  "))]
    });
    Line::from(spans.collect::<Vec<_>>())
}
