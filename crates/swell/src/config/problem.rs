//! What is wrong with a configuration: one sentence each, all of them at once.

use std::fmt;

use super::value::Refusal;
use crate::redact::redact;

/// One thing that is wrong, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(String);

impl Problem {
    /// A problem in words of its own. What could be a secret in them is masked.
    #[must_use]
    pub fn new(sentence: impl AsRef<str>) -> Self {
        Self(redact(sentence.as_ref()).into_owned())
    }

    /// `subject` was found to be `found`, where `expected` was expected.
    #[must_use]
    pub fn value(subject: &str, found: &str, expected: &str) -> Self {
        // A value of several lines may be a whole file, such as a key's.
        let first_line = found.lines().next().unwrap_or_default();
        let found: String = first_line.chars().take(FOUND_CHARS_MAX).collect();
        if found.is_empty() {
            return Self::new(format!("{subject} is empty; expected {expected}"));
        }
        Self::new(format!("{subject} is `{found}`; expected {expected}"))
    }
}

impl Problem {
    /// The text `found` of `subject` was refused.
    #[must_use]
    pub fn refused(subject: &str, found: &str, refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Expected(expected) => Self::value(subject, found, expected),
            Refusal::Sentence(sentence) => Self::new(format!("{subject}: {sentence}")),
        }
    }
}

/// Longest quotation of a value.
const FOUND_CHARS_MAX: usize = 120;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each problem, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    /// One problem per line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            let end = if problem.0.ends_with('?') { "" } else { "." };
            writeln!(f, "error: {problem}{end}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
