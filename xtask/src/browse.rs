//! `cargo xtask browse`: a run's pages in Chromium, during the run and after it.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bench::Process;
use crate::{Outcome, shell, tools};

/// Where the script is, and its packages.
const SCRIPTS: &str = "browse";
/// Where pictures go, and the run.
const SCRATCH: &str = "target/browse";
/// Names the Chromium to browse with; set it to use one of your own.
const CHROMIUM_VARIABLE: &str = "SWELL_CHROMIUM";
/// Where Debian has it.
const CHROMIUM: &str = "/usr/bin/chromium";
/// It takes about a minute; a machine that does much else takes longer.
const SCRIPT_WITHIN: Duration = Duration::from_secs(300);

/// Installs, builds, and browses.
pub(crate) fn run() -> Outcome {
    tools::require_node()?;
    let chromium = chromium()?;
    tools::install(&shell::root().join(SCRIPTS))?;
    // With the features that the tests were built with: nothing is built twice.
    shell::run(shell::cargo().args(["build", "--workspace", "--bins", "--examples"]))?;
    let mut node = Command::new("node");
    node.current_dir(shell::root().join(SCRIPTS)).stdin(Stdio::null());
    node.arg("browse.mjs").arg(shell::root().join("target/debug/swell")).arg(chromium);
    println!("$ node browse.mjs");
    let status = Process::start(node.arg(shell::root().join(SCRATCH)))?.wait(SCRIPT_WITHIN)?;
    if !status.success() {
        return Err(format!("{SCRIPTS}/browse.mjs failed: {status}. Pictures are in {SCRATCH}."));
    }
    println!("Pictures are in {SCRATCH}.");
    Ok(())
}

/// The Chromium to browse with, installed where that is possible.
fn chromium() -> Result<String, String> {
    if let Ok(own) = env::var(CHROMIUM_VARIABLE) {
        return works(own);
    }
    let is_there = Path::new(CHROMIUM).exists();
    let is_root = shell::output(Command::new("id").arg("-u")).as_deref() == Some("0");
    if !is_there && is_root && Path::new("/usr/bin/apt-get").exists() {
        shell::run(shell::program("apt-get").args(["update", "-qq"]))?;
        let install = ["install", "-y", "-qq", "--no-install-recommends", "chromium"];
        shell::run(shell::program("apt-get").args(install).arg("fonts-dejavu-core"))?;
    }
    works(CHROMIUM.to_owned())
}

fn works(chromium: String) -> Result<String, String> {
    match shell::output(Command::new(&chromium).arg("--version")) {
        Some(version) => {
            println!("{version}");
            Ok(chromium)
        }
        None => Err(format!(
            "There is no working Chromium at {chromium}: install the package `chromium`, or set \
             {CHROMIUM_VARIABLE} to the path of one."
        )),
    }
}
