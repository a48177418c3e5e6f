//! Tables in plain text.

/// A table whose first columns are words and the others numbers.
#[derive(Clone, Debug)]
pub struct Table {
    /// How many columns stand to the left; the others stand to the right.
    words: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with a head, of whose columns the first `words` stand to the left.
    #[must_use]
    pub fn new(words: usize, head: &[&str]) -> Self {
        Self { words, rows: vec![head.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The lines, indented by two, each cell as wide as its column's widest.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.rows.iter().map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::from("  ");
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            if column < self.words {
                line.push_str(&format!("{cell:<width$}"));
            } else {
                line.push_str(&format!("{cell:>width$}"));
            }
        }
        line.trim_end().to_owned()
    }
}
