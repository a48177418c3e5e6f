//! `--print-config`: every setting, its value, and where it came from, as a run file.

use super::settings::{ResolvedValue, Settings, TargetChoice};

/// Widest value after which origins still stand in one column.
const COLUMN_MAX: usize = 40;

/// The settings as a run file that repeats them, with their origins as comments.
#[must_use]
pub fn print_config(settings: &Settings) -> String {
    let mut lines = Vec::new();
    for value in &settings.values {
        let is_moot =
            value.name == "profile" && !matches!(settings.target, TargetChoice::Sandbox { .. });
        match &value.toml {
            Some(toml) if !is_moot => {
                lines.push((format!("{} = {toml}", value.name), value.origin.to_string()));
            }
            _ => lines.push((format!("# {}", value.name), "not set".to_owned())),
        }
    }
    let widths = lines.iter().map(|(entry, _)| entry.chars().count());
    let width = widths.filter(|width| *width <= COLUMN_MAX).max().unwrap_or(0);
    let mut text = String::from(
        "# The settings of this run, each with where it came from.\n# Save them as \
         FILE, and `swell run FILE` repeats them.\n\n",
    );
    for (entry, origin) in lines {
        text.push_str(&format!("{entry:width$}  # {origin}\n"));
    }
    text.push_str(&judged_by(settings));
    text
}

/// The thresholds in effect: given ones and default ones.
fn judged_by(settings: &Settings) -> String {
    let is_off = |value: &ResolvedValue| value.toml.as_deref() == Some("false");
    let mut values = settings.values.iter();
    let defaults_hold = values.any(|value| value.name == "no-default-thresholds" && is_off(value));
    let mut text = String::from("\n# The run is judged by:\n");
    for threshold in &settings.plan.thresholds {
        text.push_str(&format!("#   {}\n", threshold.expr));
    }
    if settings.plan.thresholds.is_empty() {
        text.push_str("#   nothing\n");
    } else if defaults_hold {
        text.push_str("# `no-default-thresholds = true` leaves only those of `threshold`.\n");
    }
    text
}
