//! Throughput and latency over the last minutes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Widget};
use swell_core::snapshot::Snapshot;
use swell_core::timeline::{PointLatency, TimelinePoint};

use super::palette::Palette;
use super::series::{Counted, columns, due, round_up, succeeded};
use crate::human::{latency, length, rate};

/// What the charts are over, seconds.
const WINDOW_S: f64 = 900.0;

/// A point of a throughput line is over this at least, or arrivals by chance would make it jump.
const POINT_S: f64 = 5.0;

/// Columns of the labels beside a chart.
const LABELS: usize = 7;

/// Both charts, beside each other where that leaves each its room.
pub(super) fn draw(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    let layout = if area.width >= 160 && area.height < 40 {
        Layout::horizontal(halves)
    } else {
        Layout::vertical(halves)
    };
    let [first, second] = layout.areas(area);
    throughput(snapshot, palette, first, buffer);
    latencies(snapshot, palette, second, buffer);
}

pub(super) fn throughput(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let window = window(snapshot);
    let line = |of| rates(snapshot, window, area, of);
    let (offered, completed) = (line(due), line(succeeded));
    let curves = [
        Curve { name: "offered", marker: Marker::Dot, style: Style::new(), points: offered },
        Curve {
            name: "completed",
            marker: Marker::Braille,
            style: palette.good(),
            points: completed,
        },
    ];
    render("users/s", &curves, window, rate, palette, area, buffer);
}

pub(super) fn latencies(snapshot: &Snapshot, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let window = window(snapshot);
    let line = |of| percentile(&snapshot.timeline, window, of);
    let curve = |name, style, of| Curve { name, marker: Marker::Braille, style, points: line(of) };
    let curves = [
        curve("p50", palette.good(), |times| times.p50),
        curve("p95", Style::new(), |times| times.p95),
        curve("p99", palette.second(), |times| times.p99),
    ];
    render("response time, p99 on top", &curves, window, latency, palette, area, buffer);
}

struct Curve {
    name: &'static str,
    marker: Marker,
    style: Style,
    points: Vec<(f64, f64)>,
}

/// From when to when, seconds since the run began.
fn window(snapshot: &Snapshot) -> (f64, f64) {
    let to = snapshot.timeline.last().map_or(0.0, |point| point.end_s);
    ((to - WINDOW_S).max(0.0), to)
}

fn rates(snapshot: &Snapshot, window: (f64, f64), area: Rect, of: Counted) -> Vec<(f64, f64)> {
    let (from, to) = window;
    let parts = ((to - from) / POINT_S).ceil().clamp(1.0, f64::from(area.width.max(1)));
    let width = (to - from) / parts;
    let rates = columns(&snapshot.timeline, window, parts as usize, of);
    let middle = |part: usize| from + (part as f64 + 0.5) * width;
    let points = rates.into_iter().enumerate();
    points.filter_map(|(part, rate)| Some((middle(part), rate?))).collect()
}

fn percentile(
    points: &[TimelinePoint],
    (from, _): (f64, f64),
    of: fn(&PointLatency) -> f64,
) -> Vec<(f64, f64)> {
    let within = points.iter().filter(|point| point.end_s > from);
    let told = within.filter_map(|point| Some((point.end_s, of(point.response_ms.as_ref()?))));
    told.collect()
}

fn render(
    title: &str,
    curves: &[Curve],
    (from, to): (f64, f64),
    words: fn(f64) -> String,
    palette: Palette,
    area: Rect,
    buffer: &mut Buffer,
) {
    let highest = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .fold(0.0, |most: f64, point| most.max(point.1));
    let highest = round_up(highest);
    let label = |value: f64| Span::raw(format!("{:>LABELS$}", words(value)));
    let faint = palette.faint();
    let x_axis = Axis::default()
        .bounds([from, to.max(from + 1.0)])
        .labels([length(from), length(f64::midpoint(from, to)), length(to)])
        .style(faint);
    let y_axis = Axis::default()
        .bounds([0.0, highest])
        .labels([label(0.0), label(highest / 2.0), label(highest)])
        .style(faint);
    let datasets = curves.iter().map(|curve| {
        Dataset::default()
            .marker(curve.marker)
            .graph_type(GraphType::Line)
            .style(curve.style)
            .data(&curve.points)
    });
    let block = Block::new().title(legend(title, curves, palette));
    Chart::new(datasets.collect())
        .block(block)
        .x_axis(x_axis)
        .y_axis(y_axis)
        .legend_position(None)
        .render(area, buffer);
}

/// What is shown, each curve by what it looks like and where it ends: never by colour alone.
fn legend(title: &str, curves: &[Curve], palette: Palette) -> Line<'static> {
    let mut spans = vec![Span::styled(format!("{title:<10}"), palette.head())];
    for curve in curves {
        let sign = if curve.marker == Marker::Dot { "••" } else { "──" };
        spans.push(Span::styled(format!("  {sign} "), curve.style));
        spans.push(Span::raw(curve.name));
    }
    Line::from(spans)
}
