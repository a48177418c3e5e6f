//! The catalogue as tables for people.

use super::catalogue::{CATALOGUE, LABELS, Unit};

/// The table of all metrics, as Markdown.
#[must_use]
pub fn metric_table() -> String {
    let mut table =
        "| Metric | Kind | Unit | Labels | What it says |\n|---|---|---|---|---|\n".to_owned();
    for metric in CATALOGUE {
        let unit = match metric.unit {
            Unit::One => "",
            unit => unit.suffix().unwrap_or_default(),
        };
        let labels: Vec<String> = metric.labels.iter().map(|name| format!("`{name}`")).collect();
        table += &format!(
            "| `{}` | {} | {unit} | {} | {} |\n",
            metric.name,
            metric.kind.label(),
            labels.join(", "),
            metric.help
        );
    }
    table
}

/// The table of all labels and what keeps their values few, as Markdown.
#[must_use]
pub fn label_table() -> String {
    let mut table = "| Label | Values |\n|---|---|\n".to_owned();
    for label in LABELS {
        table += &format!("| `{}` | {} |\n", label.name, label.values);
    }
    table
}
