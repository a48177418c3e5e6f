//! What the keys do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Widget};

use super::palette::Palette;

const KEYS: [(&str, &str); 10] = [
    ("p", "pause arrivals, or let them go on; paused time makes nobody late"),
    ("+  -", "10 % of the planned rate more, or less"),
    ("d", "drain: nobody else arrives, and users in flight may end"),
    ("q", "the same, after a question"),
    ("a, y", "abort: users in flight end now; money still goes home"),
    ("Ctrl-C", "the first drains, the second aborts"),
    ("1 to 6", "overview, steps, failures, endpoints, charts, messages"),
    ("Tab", "the next panel; Shift-Tab or the arrows to the sides work too"),
    ("up, down", "scroll; Page Up and Page Down by ten, Home to the beginning"),
    ("?", "this help; Esc closes it"),
];

const WORDS: [(&str, &str); 6] = [
    ("offered", "users whose time came; completed: those who reached the end"),
    ("response", "from when a user was due: what the user felt"),
    ("service", "from when it got its place: what the target took"),
    ("backlog", "users that are due and wait for a place; shed: refused one"),
    ("lag", "how late Swell itself noticed arrivals: beyond 20 ms it is marked"),
    ("✓  ✗", "met or healthy; not"),
];

pub(super) fn draw(palette: Palette, area: Rect, buffer: &mut Buffer) {
    let mut lines = vec![Line::styled("keys", palette.head())];
    let row = |(key, meaning): (&'static str, &'static str)| {
        Line::from(vec![Span::styled(format!("  {key:<10}"), palette.head()), Span::raw(meaning)])
    };
    lines.extend(KEYS.map(row));
    lines.push(Line::styled("words", palette.head()));
    lines.extend(WORDS.map(row));
    Paragraph::new(Text::from(lines)).render(area, buffer);
}
