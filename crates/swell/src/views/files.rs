//! Files that build servers and notebooks read. One that cannot be written is warned of: the report
//! is there all the same.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use swell_core::report::Report;
use swell_view::{junit, step_summary, timeline_csv};

use crate::config::Settings;

/// The run over time, in the run's folder.
const TIMELINE_FILE: &str = "timeline.csv";

/// Where GitHub Actions wants the Markdown of a step.
const STEP_SUMMARY_VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// Whether the folders of asked files are there: found out before the run, not at its end.
///
/// # Errors
/// One sentence with the first that is not.
pub fn check_folders(settings: &Settings) -> Result<(), String> {
    let views = &settings.views;
    for (name, file) in [("junit", &views.junit), ("events", &views.events)] {
        let folder = file.as_deref().and_then(Path::parent);
        if let Some(missing) = folder.filter(|folder| !is_here(folder) && !folder.is_dir()) {
            return Err(format!(
                "{name} is to be written into the folder {}, which is not there; expected one that is",
                missing.display()
            ));
        }
    }
    Ok(())
}

fn is_here(folder: &Path) -> bool {
    folder.as_os_str().is_empty()
}

/// Writes every file that `settings` or the environment ask for. One sentence for each that could
/// not be written.
pub fn write(settings: &Settings, folder: &Path, report: &Report) -> Vec<String> {
    let timeline = folder.join(TIMELINE_FILE);
    let mut sentences = Vec::new();
    let mut note = |path: &Path, written: io::Result<()>| {
        let sentence =
            written.err().map(|error| format!("{} could not be written: {error}", path.display()));
        sentences.extend(sentence);
    };
    let csv = timeline_csv(&report.timeline).map_err(io::Error::other);
    note(&timeline, csv.and_then(|text| std::fs::write(&timeline, text)));
    if let Some(path) = &settings.views.junit {
        let xml = junit(report).map_err(io::Error::other);
        note(path, xml.and_then(|text| std::fs::write(path, text)));
    }
    let asked = std::env::var_os(STEP_SUMMARY_VARIABLE).filter(|path| !path.is_empty());
    if let Some(path) = asked.map(PathBuf::from) {
        note(&path, append(&path, &step_summary(report)));
    }
    sentences
}

/// Other parts of the same step may have written there.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())
}
