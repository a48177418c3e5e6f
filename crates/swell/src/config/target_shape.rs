//! What does not belong into a target file: each mistake in one sentence that names the key, what was
//! found, and what is expected. Texts that may be a secret are described and never shown.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::line_at;
use super::target_fields::{Field, Shape, TARGET};

/// A mistake: the line it is in, and a sentence.
pub(super) type Mistake = (usize, String);

/// Every mistake in `table`, the file whose text is `text`, in the file's order.
pub(super) fn mistakes(text: &str, table: &Spanned<DeTable<'_>>) -> Vec<Mistake> {
    let mut walk = Walk { text, found: Vec::new() };
    walk.table("", 0, table.get_ref(), TARGET);
    walk.found.sort_by_key(|(line, _)| *line);
    walk.found
}

struct Walk<'a> {
    text: &'a str,
    found: Vec<Mistake>,
}

/// Below this, a suggestion puzzles more than it helps.
const LIKENESS_MIN: f64 = 0.75;

/// The one of `names` that looks most like `name`, if one does.
fn similar<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = |known: &str| match strsim::osa_distance(name, known) {
        0 | 1 => 1.0,
        _ => strsim::jaro_winkler(&name.replace('-', "_"), known),
    };
    names
        .filter(|known| likeness(known) > LIKENESS_MIN)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

impl Walk<'_> {
    fn say(&mut self, at: usize, sentence: String) {
        self.found.push((line_at(self.text, at), sentence));
    }

    /// Looks at each key of `table`, which is found at `path` and begins at `at`.
    fn table(&mut self, path: &str, at: usize, table: &DeTable<'_>, fields: &[Field]) {
        let mut meant = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let Some(field) = fields.iter().find(|field| field.name == name) else {
                let absent = fields.iter().map(|field| field.name);
                let absent = absent.filter(|name| !table.contains_key(*name));
                let near = similar(name, absent);
                meant.extend(near);
                self.unknown(path, key.span().start, name, fields, near);
                continue;
            };
            self.value(&below(path, name), value, &field.shape);
        }
        for field in fields.iter().filter(|field| field.is_required) {
            if !table.contains_key(field.name) && !meant.contains(&field.name) {
                let (key, expected) = (below(path, field.name), expected(&field.shape));
                self.say(at, format!("{key} is missing; expected {expected}"));
            }
        }
    }

    fn unknown(&mut self, path: &str, at: usize, name: &str, fields: &[Field], near: Option<&str>) {
        const CHARS_MAX: usize = 40;
        let name: String = name.chars().take(CHARS_MAX).collect();
        let key = below(path, &name);
        let hint = match near {
            Some(near) => format!("did you mean {}?", below(path, near)),
            None => {
                let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
                format!("expected {}", one_of(&known, ""))
            }
        };
        self.say(at, format!("no key of a target file is called {key}; {hint}"));
    }

    fn value(&mut self, key: &str, value: &Spanned<DeValue<'_>>, shape: &Shape) {
        let at = value.span().start;
        let is_text = |value: &Spanned<DeValue<'_>>| value.get_ref().is_str();
        let is_right = match (shape, value.get_ref()) {
            (Shape::Text(_) | Shape::Urls | Shape::TextOr(..), DeValue::String(_))
            | (Shape::Number(_), DeValue::Integer(_) | DeValue::Float(_)) => true,
            (Shape::Count(_), DeValue::Integer(number)) => {
                u64::from_str_radix(number.as_str(), number.radix()).is_ok()
            }
            (Shape::Urls | Shape::UrlList, DeValue::Array(items)) => items.iter().all(is_text),
            (Shape::Address, DeValue::String(text)) => digits_of(text) == Some(ADDRESS_DIGITS),
            (Shape::Words(words) | Shape::Reference { words, .. }, DeValue::String(text)) => {
                words.contains(&text.as_ref())
            }
            (Shape::Reference { keys, .. }, DeValue::Table(table)) => {
                return self.reference(key, at, table, keys, shape);
            }
            (Shape::Table(fields) | Shape::TextOr(_, fields), DeValue::Table(table)) => {
                return self.table(key, at, table, fields);
            }
            (Shape::Kinds(kinds), DeValue::Table(table)) => {
                return self.kinds(key, at, table, kinds);
            }
            _ => false,
        };
        if !is_right {
            let (found, expected) = (found(value.get_ref(), shape), expected(shape));
            self.say(at, format!("{key} is {found}; expected {expected}"));
        }
    }

    /// A table with exactly one of `keys`.
    fn reference(
        &mut self,
        key: &str,
        at: usize,
        table: &DeTable<'_>,
        keys: &[Field],
        shape: &Shape,
    ) {
        let known = table.keys().filter(|name| keys.iter().any(|key| key.name == *name.get_ref()));
        match (known.count(), table.len()) {
            (0, 0) => {
                self.say(at, format!("{key} is an empty table; expected {}", expected(shape)));
            }
            (2.., _) => {
                let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                let names = one_of(&names, "");
                self.say(at, format!("{key} has several places; expected one of {names}"));
            }
            _ => self.table(key, at, table, keys),
        }
    }

    /// A table whose `kind` says what else belongs there.
    fn kinds(
        &mut self,
        key: &str,
        at: usize,
        table: &DeTable<'_>,
        kinds: &[(&'static str, &'static [Field])],
    ) {
        const KIND: &str = "kind";
        let words: Vec<&'static str> = kinds.iter().map(|(kind, _)| *kind).collect();
        let Some(kind) = table.get(KIND) else {
            let near = table.iter().find(|(name, _)| {
                let is_known = kinds
                    .iter()
                    .any(|(_, fields)| fields.iter().any(|field| field.name == *name.get_ref()));
                !is_known && similar(name.get_ref(), [KIND].into_iter()).is_some()
            });
            let expected = one_of(&words, "\"");
            match near {
                Some((name, _)) => self.say(
                    name.span().start,
                    format!(
                        "no key of a target file is called {}; did you mean {key}.{KIND}?",
                        below(key, name.get_ref())
                    ),
                ),
                None => self.say(at, format!("{key}.{KIND} is missing; expected {expected}")),
            }
            return;
        };
        let chosen = kind.get_ref().as_str();
        let fields = kinds.iter().find(|(word, _)| Some(*word) == chosen);
        let Some((_, fields)) = fields else {
            let found = match chosen {
                Some(text) => word(text, &words),
                None => found(kind.get_ref(), &Shape::Words(&[])),
            };
            let expected = one_of(&words, "\"");
            let sentence = format!("{key}.{KIND} is {found}; expected {expected}");
            return self.say(kind.span().start, sentence);
        };
        let mut others = table.clone();
        others.remove(KIND);
        self.table(key, at, &others, fields);
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Hexadecimal digits of an address.
const ADDRESS_DIGITS: usize = 40;

/// Digits of a text that is nothing but hexadecimal digits, perhaps after `0x`.
fn digits_of(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits.len())
}

/// `"a", "b" or "c"`, each in `quote`.
fn one_of(words: &[&str], quote: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{quote}{word}{quote}")).collect();
    match quoted.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => quoted.concat(),
    }
}

/// What belongs there, as a phrase.
fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Text(phrase)
        | Shape::Count(phrase)
        | Shape::Number(phrase)
        | Shape::TextOr(phrase, _) => (*phrase).to_owned(),
        Shape::Urls => "a URL or a list of URLs".into(),
        Shape::UrlList => "a list of URLs".into(),
        Shape::Address => format!("an address: 0x and {ADDRESS_DIGITS} hexadecimal digits"),
        Shape::Words(words) => one_of(words, "\""),
        Shape::Reference { words, keys, example } => {
            let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            let table = format!("a table with one of {}, such as {example}", one_of(&names, ""));
            if words.is_empty() {
                return format!("{table}, never the credential itself");
            }
            format!("{}, or {table}, never the key itself", one_of(words, "\""))
        }
        Shape::Table(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            format!("a table with {}", names.join(", "))
        }
        Shape::Kinds(kinds) => {
            let words: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
            format!("a table whose kind is {}", one_of(&words, "\""))
        }
    }
}

/// What is there, as a phrase. Of a text that may be a secret, no more than that it is one.
fn found(value: &DeValue<'_>, shape: &Shape) -> String {
    match (value, shape) {
        (DeValue::String(text), Shape::Words(words)) => word(text, words),
        (DeValue::String(text), Shape::Address) => match digits_of(text) {
            Some(digits) if text.starts_with("0x") => {
                format!("0x and {digits} hexadecimal digits")
            }
            Some(digits) => format!("{digits} hexadecimal digits"),
            None => "a text of other characters".into(),
        },
        (DeValue::String(text), Shape::Reference { words, .. }) => {
            let near = similar(text, words.iter().copied());
            near.map_or_else(|| "a text".into(), |near| format!("almost \"{near}\""))
        }
        (DeValue::String(_), _) => "a text".into(),
        (DeValue::Integer(number), _) => format!("`{number}`"),
        (DeValue::Float(number), _) => format!("`{number}`"),
        (DeValue::Boolean(flag), _) => format!("`{flag}`"),
        (DeValue::Datetime(_), _) => "a date".into(),
        (DeValue::Array(items), _) if items.is_empty() => "an empty list".into(),
        (DeValue::Array(_), _) => "a list".into(),
        (DeValue::Table(_), _) => "a table".into(),
    }
}

/// A text where one of a few words belongs, and the one that may be meant.
fn word(text: &str, words: &[&'static str]) -> String {
    /// Longer than any of the words, and shorter than any secret.
    const CHARS_MAX: usize = 20;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let shown = match text.chars().count() {
        0 => return "empty".into(),
        1..=CHARS_MAX if text.chars().all(is_plain) => format!("`{text}`"),
        _ => "another text".into(),
    };
    match similar(text, words.iter().copied()) {
        Some(near) => format!("{shown}, almost \"{near}\""),
        None => shown,
    }
}

#[cfg(test)]
mod tests;
