//! `swell init`: a run file and a target file to begin with, every line explained.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::args::InitArgs;
use crate::config::setting::{Group, Kind, SETTINGS, SettingSpec};

/// Name of the run file.
pub const RUN_FILE: &str = "swell.toml";
/// Name of the target file.
pub const TARGET_FILE: &str = "target.toml";

/// The target file as it is written: Vana's testnet Moksha, with a personal server and a store of
/// one's own.
pub const TARGET_TEXT: &str = include_str!("init/target.toml");

/// Why the files could not be written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file is already there.
    #[error("{} exists; expected a folder without it, or --force to replace it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file or its folder cannot be written.
    #[error("{} cannot be written: {reason}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: io::ErrorKind,
    },
}

/// Writes both files, or neither when one exists and is not to be replaced. Returns what to do next.
///
/// # Errors
/// [`InitError`].
pub fn init(args: &InitArgs) -> Result<String, InitError> {
    let run_file = args.dir.join(RUN_FILE);
    let target_file = args.dir.join(TARGET_FILE);
    if !args.force {
        for path in [&run_file, &target_file] {
            if path.exists() {
                return Err(InitError::Exists { path: path.clone() });
            }
        }
    }
    fs::create_dir_all(&args.dir).map_err(|error| unwritable(&args.dir, &error))?;
    write(&run_file, &run_text(), args.force)?;
    write(&target_file, TARGET_TEXT, args.force)?;
    Ok(next_steps(&run_file, &target_file))
}

/// The run file as it is written: every setting, commented out, with what it does and its default.
#[must_use]
pub fn run_text() -> String {
    let mut text = String::from(RUN_HEAD);
    let mut group_before: Option<Group> = None;
    for spec in SETTINGS {
        if group_before != Some(spec.group) {
            text.push_str(&format!("\n# === {} ===\n", spec.group.heading()));
            group_before = Some(spec.group);
        }
        text.push_str(&entry(spec));
    }
    text
}

const RUN_HEAD: &str = "\
# A run of Swell: `swell run swell.toml`.
#
# Every setting is here, commented out and as it is by default where a default can be written.
# Times are \"500ms\", \"90s\", \"15m\", \"1m30s\" or \"1h\"; a bare number is minutes.
# An option (--pool-size 200) and a variable (SWELL_POOL_SIZE=200) are each stronger than this file.
# `swell run swell.toml --print-config` shows what holds in the end, and why.
";

fn entry(spec: &SettingSpec) -> String {
    let values = match spec.kind {
        Kind::Text if spec.value_name.contains('|') => {
            format!(" ({})", spec.value_name.replace('|', ", "))
        }
        _ => String::new(),
    };
    format!(
        "\n# {}{values}. Default: {}.\n# {} = {}\n",
        spec.help, spec.default_words, spec.name, spec.example
    )
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), InitError> {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> InitError {
    InitError::Unwritable { path: path.to_owned(), reason: error.kind() }
}

fn next_steps(run_file: &Path, target_file: &Path) -> String {
    let (run, target) = (run_file.display(), target_file.display());
    format!(
        "Wrote {run} and {target}.\n\n\
         1. Edit {target}: your RPC, store and server. It names the variables with the keys, never a key.\n\
         2. swell check {run} --target {target}   asks the target, sends no transaction\n\
         3. swell run {run} --target {target}     runs; without --target, against the sandbox\n"
    )
}

#[cfg(test)]
mod tests;
