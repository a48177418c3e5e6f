//! What a run leaves in its folder.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use swell_core::report::{Report, Resources, ThresholdResult};

use crate::config::Settings;
use crate::config::print::print_config;

/// The report for machines.
pub const REPORT_FILE: &str = "report.json";
/// Facts of the host, which virtual runs keep apart so that equal seeds give equal reports.
pub const HOST_FILE: &str = "host.json";
/// The resolved configuration.
pub const CONFIG_FILE: &str = "config.toml";

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be written", path.display())]
pub struct WriteError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// What only the host explains.
#[derive(Serialize)]
struct HostFacts {
    resources: Option<Resources>,
    thresholds: Vec<ThresholdResult>,
}

/// Writes the configuration: a run that does not end can go on with it.
///
/// # Errors
/// [`WriteError`].
pub fn write_config(folder: &Path, settings: &Settings) -> Result<(), WriteError> {
    put(folder, CONFIG_FILE, &print_config(settings))
}

/// Writes the report.
///
/// # Errors
/// [`WriteError`].
pub fn write(folder: &Path, settings: &Settings, report: &Report) -> Result<(), WriteError> {
    if !settings.virtual_time {
        return put(folder, REPORT_FILE, &json(report));
    }
    let host_exprs: Vec<&str> = settings
        .plan
        .thresholds
        .iter()
        .filter(|threshold| threshold.is_host())
        .map(|threshold| threshold.expr.as_str())
        .collect();
    let (host, rest) = report
        .thresholds
        .iter()
        .cloned()
        .partition(|result| host_exprs.contains(&result.expr.as_str()));
    let same = Report { resources: None, thresholds: rest, ..report.clone() };
    put(folder, REPORT_FILE, &json(&same))?;
    put(folder, HOST_FILE, &json(&HostFacts { resources: report.resources, thresholds: host }))
}

fn json(value: &impl Serialize) -> String {
    // Reports hold nothing that JSON cannot say.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn put(folder: &Path, name: &str, text: &str) -> Result<(), WriteError> {
    let (path, part) = (folder.join(name), folder.join(format!("{name}.part")));
    // Whole or not at all: half a report would be read as one.
    let written = std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, &path));
    written.map_err(|source| {
        let _nothing_there = std::fs::remove_file(&part);
        WriteError { path, source }
    })
}
