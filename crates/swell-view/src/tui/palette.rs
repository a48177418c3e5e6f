//! Colours that can be read on dark and on light terminals, or none.

use ratatui::style::{Color, Modifier, Style};

/// How things look. Colours are the terminal's own and stand for symbols or lines only: words and
/// numbers keep the terminal's foreground, so that any theme can show them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Bold, faint and reversed text alone, as `NO_COLOR` asks.
    #[default]
    Plain,
    /// Colours too.
    Colour,
}

impl Palette {
    /// Good news.
    pub(super) fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    /// Bad news.
    pub(super) fn bad(self) -> Style {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The second of several lines.
    pub(super) fn second(self) -> Style {
        self.coloured(Color::Magenta)
    }

    /// Heads of tables and names of sections.
    pub(super) fn head(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What may be overlooked.
    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What is chosen, or asked.
    pub(super) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    fn coloured(self, colour: Color) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Colour => Style::new().fg(colour),
        }
    }
}
