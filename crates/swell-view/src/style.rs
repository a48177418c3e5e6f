//! How a page looks: its width, and whether it has colours.

use std::fmt::Write;

/// Whether text has colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// ANSI colours, for a terminal.
    Colour,
}

impl Style {
    /// Good news.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// Bad news.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// What to look at.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// What may be overlooked.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// How a page looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Columns at most. Tables that need more take more.
    pub width: usize,
    /// Whether it has colours.
    pub style: Style,
}

impl Default for Page {
    /// 100 columns of plain text.
    fn default() -> Self {
        Self { width: 100, style: Style::Plain }
    }
}

impl Page {
    /// `text` broken at spaces to fit, after `first` on the first line and `indent` columns on the
    /// others. Ends with a newline.
    pub(crate) fn paragraph(self, first: &str, indent: usize, text: &str) -> String {
        let mut out = first.to_owned();
        let mut column = first.chars().count();
        let mut is_begun = false;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if is_begun && column + 1 + length > self.width {
                let _infallible = write!(out, "\n{:indent$}", "");
                column = indent;
            } else if is_begun {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
            is_begun = true;
        }
        out.push('\n');
        out
    }
}

/// `text` cut to `width` columns, its end marked when something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let one_line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= width {
        return one_line;
    }
    let kept: String = one_line.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_break_at_spaces_and_hang() {
        let page = Page { width: 12, style: Style::Plain };
        assert_eq!(
            page.paragraph("a: ", 3, "one two three four"),
            "a: one two\n   three\n   four\n"
        );
    }

    #[test]
    fn cut_text_says_so() {
        assert_eq!(cut("two\nlines", 20), "two lines");
        assert_eq!(cut("abcdef", 4), "abc…");
    }

    #[test]
    fn plain_text_has_no_colours() {
        assert_eq!(Style::Plain.bad("x"), "x");
        assert_eq!(Style::Colour.bad("x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
