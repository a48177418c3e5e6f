//! The text of a `.env`, read as the tool it comes from reads it.

use std::path::Path;

use zeroize::Zeroizing;

use crate::config::problem::{Problem, Problems};

/// One variable of a `.env`.
#[derive(Clone)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The line it stands in, from 1.
    pub line: usize,
    /// What it says. Some of them are keys: never to be shown.
    value: Zeroizing<String>,
}

impl Entry {
    /// What it says, without white space around it.
    #[must_use]
    pub fn value(&self) -> &str {
        self.value.trim()
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Entry({}, line {})", self.name, self.line)
    }
}

/// The variables of a `.env`. An empty one counts as not set; of two with one name, the later counts.
#[derive(Clone, Debug)]
pub struct EnvFile {
    /// The file as it was named.
    pub path: String,
    entries: Vec<Entry>,
    /// Variables that the file sets to nothing.
    empty: Vec<Entry>,
    /// Names that are given a value more than once, with the lines they stand in.
    repeated: Vec<(String, Vec<usize>)>,
}

/// Longer than any `.env`.
const TEXT_BYTES_MAX: usize = 1 << 20;

impl EnvFile {
    /// Reads the file `path`, whose text is `text`. Lines that cannot be read are problems.
    #[must_use]
    pub fn parse(path: &str, text: &str, problems: &mut Problems) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            entries: Vec::new(),
            empty: Vec::new(),
            repeated: Vec::new(),
        };
        if text.len() > TEXT_BYTES_MAX {
            let found = text.len();
            problems.push(Problem::new(format!(
                "{path} has {found} bytes; expected a .env of at most {TEXT_BYTES_MAX}"
            )));
            return file;
        }
        let plain = Plain::of(text);
        for read in dotenvy::from_read_iter(plain.text.as_bytes()) {
            match read {
                Ok((name, value)) => {
                    let line = plain.line_of(&name);
                    file.put(Entry { name, line, value: Zeroizing::new(value) });
                }
                Err(dotenvy::Error::LineParse(found, _)) => {
                    let found = Zeroizing::new(found);
                    let line = plain.line_with(&found);
                    problems.push(Problem::new(format!(
                        "{path}:{line}: the line cannot be read; expected NAME=value"
                    )));
                }
                Err(_) => {
                    problems.push(Problem::new(format!(
                        "{path} cannot be read as a .env; expected lines such as NAME=value"
                    )));
                    break;
                }
            }
        }
        file.repeated = plain.repeated();
        file
    }

    /// Reads the file at `path` for one of its variables. `Ok(None)` if it is not set there.
    ///
    /// # Errors
    /// The file system refused, or it is no text.
    pub fn look_up(path: &Path, variable: &str) -> std::io::Result<Option<Zeroizing<String>>> {
        let text = Zeroizing::new(std::fs::read_to_string(path)?);
        // What is wrong with other lines was said when the file was read as a whole.
        let file = Self::parse("", &text, &mut Problems::default());
        Ok(file.get(variable).map(|entry| Zeroizing::new(entry.value().to_owned())))
    }

    /// The variable called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Every variable, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// The variable called `name`, where the file sets it to nothing.
    #[must_use]
    pub fn empty(&self, name: &str) -> Option<&Entry> {
        self.empty.iter().find(|entry| entry.name == name)
    }

    /// Names that are given a value more than once, with the lines they stand in. The last one counts.
    pub fn repeated(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.repeated.iter().map(|(name, lines)| (name.as_str(), lines.as_slice()))
    }

    fn put(&mut self, entry: Entry) {
        for list in [&mut self.entries, &mut self.empty] {
            list.retain(|known| known.name != entry.name);
        }
        let list = if entry.value().is_empty() { &mut self.empty } else { &mut self.entries };
        list.push(entry);
    }
}

/// The text with every value quoted: what comes from Node reads an unquoted value to the end of its
/// line, JSON and all, and never puts other variables into a value.
struct Plain {
    text: Zeroizing<String>,
    /// Where each name is given a value.
    lines: Vec<(String, usize)>,
}

impl Plain {
    fn of(text: &str) -> Self {
        let mut plain =
            Self { text: Zeroizing::new(String::with_capacity(2 * text.len())), lines: Vec::new() };
        // The quote that a value of several lines ends with.
        let mut open: Option<char> = None;
        for (at, line) in text.lines().enumerate() {
            if let Some(quote) = open {
                plain.push(line, quote == '"');
                open = if closes(line, quote) { None } else { open };
                continue;
            }
            let Some((name, value)) = assignment(line) else {
                plain.push(line, false);
                continue;
            };
            plain.lines.push((name.to_owned(), at + 1));
            match value.trim_start().chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    plain.push(line, quote == '"');
                    open = (!closes(&value.trim_start()[1..], quote)).then_some(quote);
                }
                _ => plain.push_quoted(name, value),
            }
        }
        plain
    }

    fn push(&mut self, line: &str, is_weakly_quoted: bool) {
        if is_weakly_quoted && line.contains('$') {
            self.text.push_str(&Zeroizing::new(line.replace('$', "\\$")));
        } else {
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    fn push_quoted(&mut self, name: &str, value: &str) {
        let value = value.split('#').next().unwrap_or_default().trim();
        let value = Zeroizing::new(value.replace('\'', "'\"'\"'"));
        for part in [name, "='", &value, "'\n"] {
            self.text.push_str(part);
        }
    }

    fn repeated(&self) -> Vec<(String, Vec<usize>)> {
        let mut names: Vec<(String, Vec<usize>)> = Vec::new();
        for (name, line) in &self.lines {
            match names.iter_mut().find(|(known, _)| known == name) {
                Some((_, lines)) => lines.push(*line),
                None => names.push((name.clone(), vec![*line])),
            }
        }
        names.retain(|(_, lines)| lines.len() > 1);
        names
    }

    fn line_of(&self, name: &str) -> usize {
        self.lines.iter().rev().find(|(known, _)| known == name).map_or(1, |(_, line)| *line)
    }

    fn line_with(&self, found: &str) -> usize {
        let first = found.lines().next().unwrap_or_default();
        let found = self.text.lines().position(|line| line.trim() == first.trim());
        found.map_or(1, |at| at + 1)
    }
}

/// Whether `text` has the `quote` that ends a value.
fn closes(text: &str, quote: char) -> bool {
    let mut is_escaped = false;
    text.chars().any(|c| {
        let ends = c == quote && !is_escaped;
        is_escaped = quote == '"' && c == '\\' && !is_escaped;
        ends
    })
}

/// Name and value of `NAME=value`, with or without `export`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let name = name.strip_prefix("export ").map_or(name, str::trim);
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let goes_on = letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    (begins && goes_on).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (EnvFile, String) {
        let mut problems = Problems::default();
        let file = EnvFile::parse(".env", text, &mut problems);
        (file, problems.to_string())
    }

    #[test]
    fn values_are_read_as_node_reads_them() {
        let text = "# head\n\
            export A=1\n\
            B = two words # a comment\n\
            C='single # kept $A'\n\
            D=\"double\\nline $A\"\n\
            E={\"type\": \"service_account\", \"k\": \"a\\nb\"}\n\
            F=it's\n\
            G=\n\
            A=3\n\
            H='{\n  \"x\": 1,\nQ==\n}'\n\
            I=$A\n";
        let (file, problems) = parse(text);
        assert_eq!(problems, "");
        let value = |name: &str| file.get(name).map(Entry::value);
        assert_eq!(value("A"), Some("3"));
        assert_eq!(file.get("A").map(|entry| entry.line), Some(9));
        assert_eq!(value("B"), Some("two words"));
        assert_eq!(value("C"), Some("single # kept $A"));
        assert_eq!(value("D"), Some("double\nline $A"));
        assert_eq!(value("E"), Some(r#"{"type": "service_account", "k": "a\nb"}"#));
        assert_eq!(value("F"), Some("it's"));
        assert_eq!(value("G"), None);
        assert_eq!(value("H"), Some("{\n  \"x\": 1,\nQ==\n}"));
        assert_eq!(value("I"), Some("$A"));
        assert_eq!(file.empty("G").map(|entry| entry.line), Some(8));
        assert_eq!(file.repeated().collect::<Vec<_>>(), [("A", &[2, 9][..])]);
    }

    #[test]
    fn a_line_that_is_none_is_named_and_never_quoted() {
        let (file, problems) = parse("A=1\n0xdeadbeefdeadbeef\nB=2\n");
        assert_eq!(problems, "error: .env:2: the line cannot be read; expected NAME=value.\n");
        assert_eq!(file.get("B").map(Entry::value), Some("2"));
        assert!(!format!("{file:?}").contains("\"1\""));
    }
}
