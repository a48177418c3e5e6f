//! Tables whose columns keep their place while numbers grow.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Cell, Row, Table, Widget};

use crate::human::{count, latency, rate};

/// A column: its name, and its width; the one of width 0 takes what is left.
pub(super) type Column<'a> = (&'a str, u16);

/// Beyond this a name stands too far from its numbers.
const WIDTH_MAX: u16 = 100;

/// A table with a head.
#[derive(Debug)]
pub(super) struct Grid<'a> {
    columns: &'a [Column<'a>],
    /// How many columns stand to the left; the others stand to the right.
    words: usize,
    head: Style,
    rows: Vec<Vec<Span<'a>>>,
}

impl<'a> Grid<'a> {
    pub(super) const fn new(columns: &'a [Column<'a>], words: usize, head: Style) -> Self {
        Self { columns, words, head, rows: Vec::new() }
    }

    pub(super) fn push(&mut self, row: Vec<Span<'a>>) {
        self.rows.push(row);
    }

    /// Draws the head and as many rows as there is room for, without the first `skipped`. What is
    /// below the last line is counted on it.
    pub(super) fn draw(self, area: Rect, skipped: usize, buffer: &mut Buffer) {
        let area = Rect { width: area.width.min(WIDTH_MAX), ..area };
        let room = usize::from(area.height.saturating_sub(1));
        let skipped = skipped.min(self.rows.len().saturating_sub(room));
        let hidden = self.rows.len().saturating_sub(skipped + room);
        let head = self.columns.iter().enumerate();
        let head = Row::new(head.map(|(at, (name, _))| self.cell(at, Span::raw(*name))));
        let widths = self.columns.iter().map(|(_, width)| match width {
            0 => Constraint::Fill(1),
            width => Constraint::Length(*width),
        });
        let rows = self.rows.iter().skip(skipped).take(room);
        let rows = rows.map(|row| {
            Row::new(row.iter().enumerate().map(|(at, cell)| self.cell(at, cell.clone())))
        });
        Widget::render(Table::new(rows, widths).header(head.style(self.head)), area, buffer);
        if hidden > 0 && room > 0 {
            let more = format!("↓ {} more", hidden + 1);
            let last = Rect { y: area.bottom() - 1, height: 1, ..area };
            Widget::render(ratatui::widgets::Clear, last, buffer);
            Widget::render(Line::styled(more, self.head), last, buffer);
        }
    }

    fn cell(&self, column: usize, cell: Span<'a>) -> Cell<'a> {
        let text = Text::from(Line::from(cell));
        Cell::new(if column < self.words { text } else { text.right_aligned() })
    }
}

/// A number that is not known yet.
pub(super) const UNKNOWN: &str = "-";

pub(super) fn number<'a>(number: u64) -> Span<'a> {
    Span::raw(count(number))
}

/// A latency of `of` events, or none.
pub(super) fn time<'a>(of: u64, ms: f64) -> Span<'a> {
    Span::raw(if of == 0 { UNKNOWN.to_owned() } else { latency(ms) })
}

pub(super) fn per_s(per_second: Option<f64>) -> String {
    per_second.map_or_else(|| UNKNOWN.to_owned(), rate)
}
