//! Schemas: what a user's data must look like.

use jsonschema::{Draft, Validator};
use serde_json::Value;

/// A schema as a validator: compiled once, used for every user.
#[derive(Debug)]
pub struct DataSchema {
    id: u64,
    name: String,
    /// `None` for a dialect in which data cannot be checked.
    validator: Option<Validator>,
}

/// Why a definition is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// Too long.
    #[error("the definition has {found} octets, expected at most {limit}")]
    TooLong {
        /// Octets found.
        found: usize,
        /// Octets allowed.
        limit: usize,
    },
    /// No JSON.
    #[error("the definition is not JSON: line {line}")]
    NotJson {
        /// Where, from 1.
        line: usize,
    },
    /// A part of it is not what it should be.
    #[error("the definition's {part} is {found}, expected {expected}")]
    Part {
        /// Which part.
        part: &'static str,
        /// What is there.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// JSON that is no JSON Schema.
    #[error("the definition is no JSON Schema: {why}")]
    NotASchema {
        /// Why not, with the place.
        why: String,
    },
}

/// Why data does not satisfy a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("schema {id} is not satisfied at {place}: {why}")]
pub struct Unsatisfied {
    /// The schema.
    pub id: u64,
    /// The field, as a JSON pointer; `the top` for the whole.
    pub place: String,
    /// What is wrong there.
    pub why: String,
}

/// The dialect in which data can be checked.
pub const JSON_DIALECT: &str = "json";

/// Longest explanation that is kept, in characters.
const WHY_CHARS_MAX: usize = 300;

impl DataSchema {
    /// The longest definition that is read, in octets.
    pub const DEFINITION_OCTETS_MAX: usize = 1 << 20;

    /// Compiles the definition of schema `id`: an object with `dialect` and `schema`, as the protocol's
    /// own tools write it, or a JSON Schema alone.
    ///
    /// # Errors
    /// [`DefinitionError`].
    pub fn compile(id: u64, definition: &[u8]) -> Result<Self, DefinitionError> {
        let (found, limit) = (definition.len(), Self::DEFINITION_OCTETS_MAX);
        if found > limit {
            return Err(DefinitionError::TooLong { found, limit });
        }
        let definition: Value = serde_json::from_slice(definition)
            .map_err(|error| DefinitionError::NotJson { line: error.line() })?;
        let text = |part: &str| definition.get(part).and_then(Value::as_str);
        let name = text("name").unwrap_or_default().to_owned();
        let Some(dialect) = definition.get("dialect") else {
            let validator = Some(validator(&definition)?);
            return Ok(Self { id, name, validator });
        };
        if dialect != JSON_DIALECT {
            return Ok(Self { id, name, validator: None });
        }
        let schema = definition.get("schema").filter(|schema| schema.is_object());
        let schema = schema.ok_or_else(|| DefinitionError::Part {
            part: "schema",
            found: kind(definition.get("schema")).to_owned(),
            expected: "an object",
        })?;
        Ok(Self { id, name, validator: Some(validator(schema)?) })
    }

    /// Its id on the chain.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// What it calls itself; may be empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether data can be checked: not in dialects other than JSON.
    #[must_use]
    pub const fn can_check(&self) -> bool {
        self.validator.is_some()
    }

    /// Checks `data`, which is to be JSON. Without a validator everything passes.
    ///
    /// # Errors
    /// [`Unsatisfied`] names the first field that is wrong.
    pub fn check(&self, data: &str) -> Result<(), Unsatisfied> {
        let Some(validator) = &self.validator else { return Ok(()) };
        let fault = |place: &str, why: String| Unsatisfied {
            id: self.id,
            place: if place.is_empty() { "the top".into() } else { place.into() },
            why: why.chars().take(WHY_CHARS_MAX).collect(),
        };
        let data: Value = serde_json::from_str(data)
            .map_err(|error| fault("", format!("it is not JSON: {error}")))?;
        validator
            .validate(&data)
            .map_err(|error| fault(error.instance_path().as_str(), error.to_string()))
    }
}

/// Draft 7 where none is named, as the protocol's own tools read it; formats are checked.
fn validator(schema: &Value) -> Result<Validator, DefinitionError> {
    if !schema.is_object() {
        let found = kind(Some(schema)).to_owned();
        return Err(DefinitionError::Part { part: "whole", found, expected: "an object" });
    }
    let mut options = jsonschema::options().should_validate_formats(true);
    if schema.get("$schema").is_none() {
        options = options.with_draft(Draft::Draft7);
    }
    options.build(schema).map_err(|error| {
        let why = format!("{error}, at {}", error.instance_path());
        DefinitionError::NotASchema { why: why.chars().take(WHY_CHARS_MAX).collect() }
    })
}

const fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a truth value",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: &str = r#"{"type": "object", "required": ["age"],
        "properties": {"age": {"type": "integer", "minimum": 18},
                       "mail": {"type": "string", "format": "email"}}}"#;

    #[test]
    fn data_is_checked_to_the_field() {
        let wrapped = format!(r#"{{"name": "Ages", "dialect": "json", "schema": {AGES}}}"#);
        for definition in [AGES, &wrapped] {
            let schema = DataSchema::compile(7, definition.as_bytes()).unwrap();
            assert!(schema.can_check());
            assert_eq!(schema.check(r#"{"age": 18}"#), Ok(()));
            let fault = schema.check(r#"{"age": 17}"#).unwrap_err();
            assert_eq!((fault.id, fault.place.as_str()), (7, "/age"));
            assert_eq!(schema.check("{}").unwrap_err().place, "the top");
            assert_eq!(schema.check(r#"{"age": 20, "mail": "x"}"#).unwrap_err().place, "/mail");
            assert!(schema.check("{").unwrap_err().why.contains("not JSON"));
        }
    }

    #[test]
    fn what_is_no_schema_is_refused_in_a_sentence() {
        let refusal = |text: &str| DataSchema::compile(1, text.as_bytes()).unwrap_err().to_string();
        assert_eq!(refusal("{"), "the definition is not JSON: line 1");
        assert_eq!(refusal("[]"), "the definition's whole is a list, expected an object");
        assert_eq!(
            refusal(r#"{"dialect": "json"}"#),
            "the definition's schema is missing, expected an object"
        );
        assert!(refusal(r#"{"type": "objekt"}"#).starts_with("the definition is no JSON Schema:"));
        let elsewhere = refusal(r#"{"$ref": "http://127.0.0.1:1/other.json"}"#);
        assert!(elsewhere.starts_with("the definition is no JSON Schema:"), "{elsewhere}");
        let long = " ".repeat(DataSchema::DEFINITION_OCTETS_MAX + 1);
        assert!(refusal(&long).contains("expected at most 1048576"));
    }

    #[test]
    fn other_dialects_check_nothing() {
        let definition = r#"{"name": "T", "dialect": "sqlite", "schema": "CREATE TABLE t (a)"}"#;
        let schema = DataSchema::compile(1, definition.as_bytes()).unwrap();
        assert!(!schema.can_check());
        assert_eq!(schema.check("anything"), Ok(()));
    }
}
