//! The `swell` program: where it is, and how a run of it is started.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use super::clock::Stopwatch;
use super::process::Process;
use super::report::{self, Report};
use crate::shell;

/// Names a binary to measure instead of building one.
const BINARY_VARIABLE: &str = "SWELL_BIN";
/// What every variable of `swell` begins with; a bench heeds none of them.
const PREFIX: &str = "SWELL_";
/// Where runs leave their folders.
const SCRATCH: &str = "target/bench";

/// The program that is measured.
pub(crate) struct Swell {
    binary: PathBuf,
    /// Whether the bench built it, from the repository as it stands.
    built_here: bool,
}

/// A run that ended by itself.
pub(crate) struct Ended {
    /// The run's folder.
    pub(crate) folder: PathBuf,
    /// From the start of the process to its end.
    pub(crate) wall: Duration,
}

impl Ended {
    /// The run's report.
    pub(crate) fn report(&self) -> Result<Report, String> {
        report::read(&self.folder.join("report.json"))
    }
}

impl Swell {
    /// The binary that `SWELL_BIN` names, or else a release build of this repository.
    pub(crate) fn find() -> Result<Self, String> {
        let Some(named) = env::var_os(BINARY_VARIABLE) else {
            shell::run(shell::cargo().args(["build", "--release", "-p", "swell"]))?;
            return Ok(Self {
                binary: shell::root().join("target/release/swell"),
                built_here: true,
            });
        };
        let binary = PathBuf::from(named);
        let binary = fs::canonicalize(&binary).map_err(|error| {
            format!("{BINARY_VARIABLE} names no program ({}): {error}.", binary.display())
        })?;
        Ok(Self { binary, built_here: false })
    }

    /// The commit that was measured. Of a binary built elsewhere it is the last one before it was
    /// built, in the repository it lies in, and says so.
    pub(crate) fn version(&self) -> String {
        let version = if self.built_here { self.described() } else { self.last_before() };
        version.unwrap_or_else(|| "unknown".to_owned())
    }

    fn described(&self) -> Option<String> {
        self.git(&["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
    }

    fn last_before(&self) -> Option<String> {
        let built = fs::metadata(&self.binary).ok()?.modified().ok()?;
        let built_s = built.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let before = format!("--before=@{built_s}");
        let commit = self.git(&["log", "-1", "--abbrev=12", "--format=%h", &before])?;
        Some(format!("{commit}, the last commit before the binary was built"))
    }

    fn git(&self, arguments: &[&str]) -> Option<String> {
        let folder = self.binary.parent()?;
        let text = shell::output(shell::program("git").args(arguments).current_dir(folder))?;
        (!text.is_empty()).then_some(text)
    }

    /// The program, without settings from the environment and with its store in `scratch`.
    pub(crate) fn command(&self, scratch: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in env::vars_os().filter(|(name, _)| is_setting(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.current_dir(scratch).env("SWELL_HOME", scratch.join("home")).stdin(Stdio::null());
        command
    }

    /// Carries a run out in `scratch`. A failed verdict is as good as a passed one: what counts is
    /// the report.
    pub(crate) fn run(
        &self,
        scratch: &Path,
        arguments: &str,
        deadline: Duration,
    ) -> Result<Ended, String> {
        println!("$ swell run {arguments}");
        let output = fs::File::create(scratch.join("run.out"))
            .map_err(|error| format!("Could not create run.out: {error}."))?;
        let folder = scratch.join("run");
        let mut command = self.command(scratch);
        command.arg("run").args(arguments.split(' ')).arg("--out").arg(&folder);
        command.args(["--ui", "off"]).stderr(Stdio::inherit()).stdout(output);
        let watch = Stopwatch::start();
        let status = Process::start(&mut command)?.wait(deadline)?;
        let wall = watch.elapsed();
        if !folder.join("report.json").is_file() {
            return Err(format!("`swell run {arguments}` left no report: {status}."));
        }
        Ok(Ended { folder, wall })
    }
}

/// An empty folder below `target/bench`.
pub(crate) fn scratch(name: &str) -> Result<PathBuf, String> {
    let folder = shell::root().join(SCRATCH).join(name);
    let cannot = |error| format!("Could not empty the folder {SCRATCH}/{name}: {error}.");
    if folder.is_dir() {
        fs::remove_dir_all(&folder).map_err(cannot)?;
    }
    fs::create_dir_all(&folder).map_err(cannot)?;
    Ok(folder)
}

fn is_setting(variable: &str) -> bool {
    variable.starts_with(PREFIX)
}
