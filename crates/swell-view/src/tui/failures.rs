//! The most frequent failures, each with its last sample.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Widget};
use swell_core::report::{FailureRow, FailureSample};
use swell_core::snapshot::Snapshot;

use super::palette::Palette;
use crate::human::{count, length};
use crate::style::{Page, Style, cut};

/// The most frequent one in one line.
pub(super) fn in_short(snapshot: &Snapshot, palette: Palette, width: u16) -> Line<'static> {
    let name = Span::styled(format!("{:<11}", "failures"), palette.head());
    let Some(row) = snapshot.failures.first() else {
        return Line::from(vec![name, Span::styled("✓", palette.good()), Span::raw(" none")]);
    };
    let sample = last(row).map(in_words).unwrap_or_default();
    let more = match snapshot.failures.len() {
        1 => String::new(),
        kinds => format!(" (+{} kinds)", kinds - 1),
    };
    let words = format!(" {} {} in {}{more}: {sample}", count(row.count), row.class, row.step);
    let room = usize::from(width).saturating_sub(12);
    let mark = Span::styled("✗", palette.bad());
    Line::from(vec![name, mark, Span::raw(" "), Span::raw(cut(&words, room.saturating_sub(1)))])
}

pub(super) fn draw(
    snapshot: &Snapshot,
    palette: Palette,
    scroll: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut lines = vec![Line::styled("failures, with the last sample of each", palette.head())];
    if snapshot.failures.is_empty() {
        lines.push(Line::from(vec![Span::styled("✓", palette.good()), Span::raw(" none so far")]));
    }
    for row in &snapshot.failures {
        lines.push(Line::from(vec![
            Span::styled(format!("✗ {:>7} {}", count(row.count), row.class), palette.bad()),
            Span::raw(format!(" in {}, first after {}", row.step, length(row.first_at_s))),
        ]));
        let page = Page { width: usize::from(area.width), style: Style::Plain };
        let words = last(row).map(in_words).unwrap_or_default();
        let sample = page.paragraph("          ", 10, &words);
        lines.extend(sample.lines().map(|line| Line::raw(line.to_owned())));
    }
    let most = lines.len().saturating_sub(usize::from(area.height));
    let scroll = u16::try_from(scroll.min(most)).unwrap_or(u16::MAX);
    Paragraph::new(Text::from(lines)).scroll((scroll, 0)).render(area, buffer);
}

fn last(row: &FailureRow) -> Option<&FailureSample> {
    row.last.as_ref().or_else(|| row.samples.last())
}

fn in_words(sample: &FailureSample) -> String {
    let detail = &sample.detail;
    let mut parts = vec![format!("user {}", sample.seq)];
    parts.extend(detail.status.map(|status| format!("status {status}")));
    parts.extend(detail.body.clone());
    parts.extend(detail.operation_id.as_ref().map(|id| format!("operation {id}")));
    parts.extend(sample.wallet.as_ref().map(|wallet| format!("wallet {wallet}")));
    parts.extend(detail.tx.as_ref().map(|tx| format!("tx {tx}")));
    parts.join(", ")
}
