//! The layer of `SWELL_*` variables.

use std::collections::BTreeMap;

use super::problem::{Problem, Problems};
use super::raw::{Layer, Origin, Raw};
use super::setting::{self, Kind, SETTINGS};
use super::view::{OTLP_AUTHORIZATION, REMOTE_WRITE_AUTHORIZATION};

/// What every variable of ours begins with.
pub const PREFIX: &str = "SWELL_";

/// Variables of ours that are no settings.
const RESERVED: &[&str] = &["SWELL_HOME", REMOTE_WRITE_AUTHORIZATION, OTLP_AUTHORIZATION];

/// Reads the `SWELL_*` variables. An empty one counts as not set; lists are separated by `;`.
///
/// A variable whose name ends in `_KEY` or `_PASSWORD` holds a secret, is named by a target file, and
/// is left alone.
pub fn layer(variables: &BTreeMap<String, String>, problems: &mut Problems) -> Layer {
    let mut layer = Layer::new();
    for (variable, text) in variables {
        if text.is_empty() || !variable.starts_with(PREFIX) || is_reserved(variable) {
            continue;
        }
        let Some(spec) = SETTINGS.iter().find(|spec| spec.variable() == *variable) else {
            problems.push(unknown(variable));
            continue;
        };
        let values = match spec.kind {
            Kind::List => text.split(';').map(|part| part.trim().to_owned()).collect(),
            _ => vec![text.clone()],
        };
        layer.insert(spec.name, Raw { values, origin: Origin::Variable(variable.clone()) });
    }
    layer
}

fn is_reserved(variable: &str) -> bool {
    let holds_secret = ["_KEY", "_PASSWORD"];
    RESERVED.contains(&variable) || holds_secret.iter().any(|end| variable.ends_with(end))
}

/// The value stays unsaid: nobody knows what is in it.
fn unknown(variable: &str) -> Problem {
    let name = variable.trim_start_matches(PREFIX).to_lowercase().replace('_', "-");
    let hint = setting::similar(&name)
        .map_or_else(String::new, |spec| format!("; did you mean {}?", spec.variable()));
    Problem::new(format!("the variable {variable} is set, but no setting has that name{hint}"))
}
