//! What became of each variable of a `.env`.

use swell_core::target::{KeyRef, StorageTarget, Target};
use swell_view::check::VariableRow;

use super::asked::{SUSTAIN, read_minutes};
use super::text::EnvFile;
use super::variables::{KNOWN, Means, PREFIX, Part, find, similar};
use crate::config::duration;
use crate::config::raw::Origin;
use crate::config::settings::{ResolvedValue, TargetChoice};

/// What became of each variable of a `.env`, and what does not go together in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvNotes {
    /// Each variable, what it was used for, or why it was not.
    pub rows: Vec<VariableRow>,
    /// What may be meant otherwise, one sentence each.
    pub warnings: Vec<String>,
}

impl EnvNotes {
    /// Tells what became of the variables of `file`, once `values` and `target` were resolved;
    /// `is_set` knows the variables of the process.
    #[must_use]
    pub fn of(
        file: &EnvFile,
        values: &[ResolvedValue],
        target: &TargetChoice,
        is_set: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut notes = Self::default();
        let resolved = Resolved { values, target, is_set };
        let mut foreign = 0_usize;
        for entry in file.entries() {
            let name = entry.name.as_str();
            let row = match find(name) {
                Some(known) => row(file, name, known.means, &resolved),
                None if name.starts_with(PREFIX) => {
                    let hint = similar(name)
                        .map_or_else(String::new, |name| format!("; did you mean {name}?"));
                    notes.warnings.push(format!(
                        "{}:{}: no variable is called {name}{hint}",
                        file.path, entry.line
                    ));
                    VariableRow::ignored(name, "no such variable is known")
                }
                None => {
                    foreign += 1;
                    continue;
                }
            };
            notes.rows.push(row);
        }
        if foreign > 0 {
            let name = if foreign == 1 { "1 other".into() } else { format!("{foreign} others") };
            notes.rows.push(VariableRow::ignored(&name, "nothing that a load test is told"));
        }
        notes.warnings.extend(repeated(file));
        notes.warnings.extend(ramps(file));
        notes
    }
}

/// One sentence for each variable that is set more than once. Of those that mean nothing here, nothing
/// is said.
fn repeated(file: &EnvFile) -> impl Iterator<Item = String> {
    file.repeated().filter(|(name, _)| find(name).is_some()).filter_map(|(name, lines)| {
        let (last, before) = lines.split_last()?;
        let before: Vec<String> = before.iter().map(usize::to_string).collect();
        let what = match file.empty(name) {
            Some(_) => "and is empty there, which counts as not set",
            None => "which counts",
        };
        Some(format!(
            "{}:{last}: {name} is set again, {what}; before that it is set in line {}",
            file.path,
            before.join(" and ")
        ))
    })
}

/// What the run will use.
struct Resolved<'a> {
    values: &'a [ResolvedValue],
    target: &'a TargetChoice,
    is_set: &'a dyn Fn(&str) -> bool,
}

fn row(file: &EnvFile, name: &str, means: Means, resolved: &Resolved<'_>) -> VariableRow {
    let Resolved { values, target, is_set } = resolved;
    if let Some(stronger) = twin(file, name, means) {
        return VariableRow::ignored(name, &format!("{stronger} says it"));
    }
    match means {
        Means::Setting(setting) => of_setting(name, setting, values),
        Means::Milliseconds => of_setting(name, "journey-timeout", values),
        Means::Sustain if file.get("LOAD_TEST_DURATION_MINUTES").is_none() => {
            VariableRow::used(name, "duration, together with the ramps")
        }
        Means::Sustain => VariableRow::ignored(name, "the duration and the ramps say it"),
        Means::Nothing(why) => VariableRow::ignored(name, why),
        Means::Part(part) => match target {
            TargetChoice::Network { target, .. } => of_part(name, part, target, is_set),
            TargetChoice::Sandbox { .. } => {
                VariableRow::ignored(name, "the target is the sandbox, which has its own")
            }
            TargetChoice::File { path, .. } => {
                let why = format!("the target file {} says it", path.display());
                VariableRow::ignored(name, &why)
            }
        },
    }
}

fn of_part(name: &str, part: Part, target: &Target, is_set: &dyn Fn(&str) -> bool) -> VariableRow {
    let of_key = |key: &KeyRef| match key {
        KeyRef::Env(own) => VariableRow::ignored(name, &format!("{own} is set in the environment")),
        _ => VariableRow::used(name, part.label()),
    };
    match part {
        Part::Relay => VariableRow::used(name, "the relay, for --submit endpoint"),
        Part::RelayerKey => of_key(&target.keys.relayer),
        Part::ApplicationKey => of_key(&target.keys.application),
        Part::Storage => match why_not(name, &target.storage, is_set) {
            Some(why) => VariableRow::ignored(name, &why),
            None => VariableRow::used(name, part.label()),
        },
        _ => VariableRow::used(name, part.label()),
    }
}

/// Why the store is not the one that the variable `name` speaks of.
fn why_not(name: &str, storage: &StorageTarget, is_set: &dyn Fn(&str) -> bool) -> Option<String> {
    let is_pinatas = name == "PINATA_JWT";
    let why = match storage {
        StorageTarget::Gcs(_) if is_pinatas => "Google Cloud Storage is configured too, and wins",
        StorageTarget::Pinata(_) if !is_pinatas => {
            "GOOGLE_CLOUD_STORAGE_BUCKET and GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON are not both set, and \
             PINATA_JWT is"
        }
        StorageTarget::Gcs(_) | StorageTarget::Pinata(_) if is_set(name) => {
            return Some(format!("{name} is set in the environment"));
        }
        StorageTarget::Gcs(_) | StorageTarget::Pinata(_) => return None,
        // A network has no other store than those, but where none is needed.
        _ => "nothing is stored in the journey wallet",
    };
    Some(why.to_owned())
}

fn of_setting(name: &str, setting: &'static str, values: &[ResolvedValue]) -> VariableRow {
    let value = values.iter().find(|value| value.name == setting);
    match value.map(|value| &value.origin) {
        Some(Origin::EnvFile { variable, .. }) if variable == name => {
            VariableRow::used(name, &format!("{setting}{}", remark(setting)))
        }
        Some(origin) => VariableRow::ignored(name, &format!("{setting} is set by {origin}")),
        None => VariableRow::ignored(name, "it is not needed"),
    }
}

/// What one may not expect of a setting that has another name here.
fn remark(setting: &str) -> &'static str {
    match setting {
        "fee-premium" => ": multiplies the tip, since the base fee leaves no choice",
        "max-fee" => ": the cap of the fee, in gwei",
        "journey-timeout" => ": one deadline for all that a user does",
        _ => "",
    }
}

/// A variable of `file` that means the same and counts instead.
fn twin(file: &EnvFile, name: &str, means: Means) -> Option<&'static str> {
    if means == Means::Part(Part::Storage) || matches!(means, Means::Nothing(_)) {
        return None;
    }
    let first = KNOWN.iter().find(|known| known.means == means && file.get(known.name).is_some());
    first.map(|known| known.name).filter(|first| *first != name)
}

/// Says so when the parts of the duration are not its sum.
fn ramps(file: &EnvFile) -> Option<String> {
    let minutes = |name: &str| read_minutes(file.get(name)?.value());
    let whole = minutes("LOAD_TEST_DURATION_MINUTES")?;
    let sustain = minutes(SUSTAIN)?;
    let up = minutes("LOAD_TEST_RAMP_UP_MINUTES").unwrap_or(0.0);
    let down = minutes("LOAD_TEST_RAMP_DOWN_MINUTES").unwrap_or(0.0);
    let sum = up + sustain + down;
    // A second, for those who write minutes with a few decimals.
    if (sum - whole).abs() < 1.0 / 60.0 {
        return None;
    }
    let show = |minutes: f64| {
        let time = std::time::Duration::try_from_secs_f64(minutes * 60.0);
        time.map_or_else(|_| format!("{minutes} minutes"), duration::show)
    };
    Some(format!(
        "{}: ramp-up ({}), {SUSTAIN} ({}) and ramp-down ({}) add up to {}, and \
         LOAD_TEST_DURATION_MINUTES is {}; the duration and the ramps are used",
        file.path,
        show(up),
        show(sustain),
        show(down),
        show(sum),
        show(whole)
    ))
}
