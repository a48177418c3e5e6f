//! Raw text from one layer, and where it came from.

use std::collections::BTreeMap;
use std::fmt;

use super::choice::Choice;
use super::preset::Preset;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An option on the command line.
    Option,
    /// An environment variable.
    Variable(String),
    /// A line of the run file.
    File {
        /// The file as it was named.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// A preset.
    Preset(Preset),
    /// A variable of the file that `--env-file` names.
    EnvFile {
        /// The file as it was named.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The variable.
        variable: String,
    },
    /// Nobody asked for anything else; the words say what the default follows, if it does.
    Default(Option<String>),
    /// Drawn at random, because nobody chose.
    Drawn,
}

impl Origin {
    /// Whether somebody asked for this value.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        matches!(self, Self::Option | Self::Variable(_) | Self::File { .. } | Self::EnvFile { .. })
    }

    /// The strength of the layer: the greater beats the lesser.
    #[must_use]
    pub const fn strength(&self) -> u8 {
        match self {
            Self::Option => 5,
            Self::Variable(_) => 4,
            Self::File { .. } => 3,
            Self::Preset(_) => 2,
            Self::EnvFile { .. } => 1,
            Self::Default(_) | Self::Drawn => 0,
        }
    }

    /// How a message names the setting `name` that came from here.
    #[must_use]
    pub fn subject(&self, name: &str) -> String {
        match self {
            Self::Option => format!("--{name}"),
            Self::Variable(variable) => variable.clone(),
            Self::File { path, line } => format!("{path}:{line}: {name}"),
            Self::EnvFile { path, line, variable } => format!("{path}:{line}: {variable}"),
            Self::Preset(_) | Self::Default(_) | Self::Drawn => name.to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => f.write_str("option"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::File { path, line } => write!(f, "file {path}:{line}"),
            Self::Preset(preset) => write!(f, "preset {}", preset.as_str()),
            Self::EnvFile { path, line, variable } => {
                write!(f, "env file {path}:{line}, {variable}")
            }
            Self::Default(None) => f.write_str("default"),
            Self::Default(Some(words)) => write!(f, "default, {words}"),
            Self::Drawn => f.write_str("drawn at random"),
        }
    }
}

/// A setting's text before anyone has understood it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// One text, or one per repetition.
    pub values: Vec<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// What one layer says, by setting.
pub type Layer = BTreeMap<&'static str, Raw>;

/// A layer of options, from their values by setting.
#[must_use]
pub fn option_layer(values: &BTreeMap<&'static str, Vec<String>>) -> Layer {
    values
        .iter()
        .map(|(name, values)| (*name, Raw { values: values.clone(), origin: Origin::Option }))
        .collect()
}
