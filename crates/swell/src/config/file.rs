//! The layer of a run file: flat TOML, with the options' names as keys.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Problems};
use super::raw::{Layer, Origin, Raw};
use super::setting::{self, Kind, SettingSpec};

/// Reads the run file `path`, whose text is `text`.
pub fn layer(path: &str, text: &str, problems: &mut Problems) -> Layer {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        let words = error.message().lines().next().unwrap_or("not TOML");
        problems.push(Problem::new(format!("{path}:{line}: the file is not valid TOML: {words}")));
    }
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut layer = Layer::new();
    for (key, value) in entries {
        let line = line_at(text, key.span().start);
        let Some(spec) = setting::find(key.get_ref()) else {
            problems.push(unknown(path, line, key.get_ref(), value.get_ref()));
            continue;
        };
        let origin = Origin::File { path: path.to_owned(), line };
        match texts(spec, value) {
            Ok(values) => drop(layer.insert(spec.name, Raw { values, origin })),
            Err(found) => {
                let subject = origin.subject(spec.name);
                problems.push(Problem::value(&subject, &found, spec.kind.in_words()));
            }
        }
    }
    layer
}

/// The line, from 1, in which byte `at` of `text` stands.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn unknown(path: &str, line: usize, key: &str, value: &DeValue<'_>) -> Problem {
    if matches!(value, DeValue::Table(_)) {
        return Problem::new(format!(
            "{path}:{line}: [{key}] is a section; a run file has none, only keys such as \
             `rate = 3.0`"
        ));
    }
    let hint = setting::similar(&key.replace('_', "-"))
        .map_or_else(String::new, |spec| format!("; did you mean `{}`?", spec.name));
    Problem::new(format!("{path}:{line}: no setting is called `{key}`{hint}"))
}

/// The value as texts, or what was found when it is of the wrong kind.
fn texts(spec: &SettingSpec, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    let value = value.get_ref();
    let one = |text: String| Ok(vec![text]);
    match (spec.kind, value) {
        (Kind::Whole | Kind::Number | Kind::Time, DeValue::Integer(_))
        | (Kind::Number | Kind::Time, DeValue::Float(_))
        | (Kind::Time | Kind::Text | Kind::List | Kind::Address(_), DeValue::String(_))
        | (Kind::Flag, DeValue::Boolean(_)) => one(plain(value)),
        (Kind::List, DeValue::Array(items)) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Ok(text.to_string()),
                other => Err(format!("a list with {}", shown(other))),
            })
            .collect(),
        (_, other) => Err(shown(other)),
    }
}

/// The value as an option would say it.
fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.to_string(), |number| number.to_string()),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(instant) => instant.to_string(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a section".into(),
    }
}

/// The value as the file says it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        other => plain(other),
    }
}
