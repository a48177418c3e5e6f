//! What a run leaves in its folder.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use swell_core::report::{Report, Resources, ThresholdResult};
use swell_view::report_html;

use crate::config::Settings;
use crate::config::print::print_config;
use crate::redact::redact;

/// The report for machines.
pub const REPORT_FILE: &str = "report.json";
/// The report for people.
pub const PAGE_FILE: &str = "report.html";
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
    let (same, host) = apart(settings, report);
    put(folder, REPORT_FILE, &json(&same))?;
    host.map_or(Ok(()), |host| put(folder, HOST_FILE, &json(&host)))
}

/// Writes the report as a page.
///
/// # Errors
/// [`WriteError`].
pub fn write_page(folder: &Path, settings: &Settings, report: &Report) -> Result<(), WriteError> {
    let (same, _) = apart(settings, report);
    // A page is shared where a run file is not: what looks like a secret is masked in it.
    let configuration = print_config(settings);
    put(folder, PAGE_FILE, &report_html(&same, Some(&redact(&configuration))))
}

/// The report as it is written, and what is kept apart from it: in virtual time, what the host alone
/// explains.
fn apart<'a>(settings: &Settings, report: &'a Report) -> (Cow<'a, Report>, Option<HostFacts>) {
    if !settings.virtual_time {
        return (Cow::Borrowed(report), None);
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
    (Cow::Owned(same), Some(HostFacts { resources: report.resources, thresholds: host }))
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
