//! What happened and what was said, the newest last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget};
use swell_core::snapshot::Snapshot;

use super::screen::Screen;
use crate::human::length;
use crate::style::{Page, Style};

/// Columns of the times.
const TIME: usize = 9;

/// The newest that there is room for; `scroll` lines back from there.
pub(super) fn draw(
    snapshot: Option<&Snapshot>,
    screen: &Screen,
    scroll: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let happened = snapshot.iter().flat_map(|snapshot| &snapshot.annotations);
    let happened = happened.map(|note| (note.at_s, format!("{}: {}", word(note.kind), note.text)));
    let said = screen.messages.iter().map(|message| (message.at_s, message.text.clone()));
    let mut all: Vec<(f64, String)> = happened.chain(said).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let page = Page { width: usize::from(area.width), style: Style::Plain };
    let mut lines = Vec::new();
    for (at_s, text) in all {
        let text = page.paragraph(&format!("{:>7}  ", length(at_s)), TIME, &text);
        lines.extend(text.lines().map(|line| Line::raw(line.to_owned())));
    }
    let room = usize::from(area.height.saturating_sub(1));
    let end = lines.len() - scroll.min(lines.len().saturating_sub(room));
    let mut shown = vec![Line::styled("what happened, and what was said", screen.palette.head())];
    shown.extend(lines.drain(end.saturating_sub(room)..end));
    Paragraph::new(Text::from(shown)).render(area, buffer);
}

const fn word(kind: swell_core::annotation::AnnotationKind) -> &'static str {
    use swell_core::annotation::AnnotationKind as Kind;
    match kind {
        Kind::Phase => "phase",
        Kind::Command => "steered",
        Kind::Fault => "fault",
        Kind::Condition => "noticed",
    }
}
