//! A question in the middle of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Clear, Paragraph, Widget};

use super::palette::Palette;
use super::screen::Question;

pub(super) fn draw(question: Question, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let (asked, means) = match question {
        Question::Drain => ("Stop the run?", "Nobody else arrives; users in flight may end."),
        Question::Abort => ("Abort the run?", "Users in flight end now; money still goes home."),
    };
    let place = area.centered(Constraint::Length(54), Constraint::Length(7));
    Clear.render(place, buffer);
    let lines = vec![
        Line::default(),
        Line::styled(asked, palette.head()),
        Line::raw(means),
        Line::default(),
        Line::styled(" y  yes     any other key  no ", palette.chosen()),
    ];
    let block = Block::bordered();
    Paragraph::new(Text::from(lines)).centered().block(block).render(place, buffer);
}
