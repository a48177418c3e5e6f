//! The programs tests need beside cargo: Node with npm, a Solidity compiler, anvil, Prometheus.
//!
//! Node has to be there. Prometheus comes from Debian. The rest comes from npm at versions that lock
//! files pin, into folders of the repository that git ignores; install scripts are not run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Outcome, shell};

/// Where anvil's lock file is kept, and where it is installed.
const ANVIL_SOURCE: &str = "xtask/tools";
const ANVIL_HOME: &str = ".tools/anvil";
/// Where the contracts are.
pub(crate) const CONTRACTS: &str = "crates/swell-sandbox/contracts";
/// Names the anvil to test against; set it to use one of your own.
pub(crate) const ANVIL_VARIABLE: &str = "SWELL_ANVIL";

const NODE_MAJOR_MIN: u32 = 20;

/// Wants Node and npm.
pub(crate) fn require_node() -> Outcome {
    let Some(version) = shell::output(shell::program("node").arg("--version")) else {
        return Err(format!(
            "Tests need Node {NODE_MAJOR_MIN} or newer, with npm: `node` was not found."
        ));
    };
    let major = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok());
    if major.is_none_or(|major: u32| major < NODE_MAJOR_MIN) {
        return Err(format!("Tests need Node {NODE_MAJOR_MIN} or newer: found {version}."));
    }
    match shell::output(shell::program(NPM).arg("--version")) {
        Some(_) => Ok(()),
        None => Err(format!("Tests need npm beside Node {version}: `npm` was not found.")),
    }
}

/// Installs the Solidity compiler, unless the pinned one is there.
pub(crate) fn install_solc() -> Outcome {
    install(&shell::root().join(CONTRACTS))
}

/// Installs anvil, unless the pinned one is there, and returns its path.
///
/// # Errors
///
/// If npm fails, or has no anvil for this platform; `SWELL_ANVIL` may then name one.
pub(crate) fn install_anvil() -> Result<PathBuf, String> {
    if let Some(own) = env::var_os(ANVIL_VARIABLE) {
        return works(PathBuf::from(own));
    }
    let home = shell::root().join(ANVIL_HOME);
    copy_changed(&shell::root().join(ANVIL_SOURCE), &home)?;
    install(&home)?;
    works(home.join("node_modules/@foundry-rs").join(platform_package()?).join(ANVIL_PROGRAM))
}

/// Installs Prometheus with promtool from the system's packages, unless both are there.
///
/// # Errors
///
/// They are missing, and this is no Debian or nobody who may install.
pub(crate) fn install_prometheus() -> Outcome {
    if has_prometheus() {
        return Ok(());
    }
    let missing = "Observing a run needs `prometheus` and `promtool`";
    if shell::output(shell::program("id").arg("-u")).as_deref() != Some("0") {
        return Err(format!(
            "{missing}, and only root may install them: `apt-get install prometheus`."
        ));
    }
    if shell::output(shell::program("apt-get").arg("--version")).is_none() {
        return Err(format!("{missing}: install them; `apt-get` was not found."));
    }
    let apt = |arguments: &[&str]| {
        let mut command = shell::program("apt-get");
        shell::run(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
    };
    apt(&["update"])?;
    apt(&["install", "--yes", "--no-install-recommends", "prometheus"])?;
    // The package starts a service where it can; where it cannot, there is none to stop.
    let _none = shell::output(shell::program("systemctl").args(["disable", "--now", "prometheus"]));
    if has_prometheus() { Ok(()) } else { Err(format!("{missing}, which Debian's package lacks.")) }
}

fn has_prometheus() -> bool {
    ["prometheus", "promtool"]
        .into_iter()
        .all(|name| shell::output(shell::program(name).arg("--version")).is_some())
}

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
const ANVIL_PROGRAM: &str = if cfg!(windows) { "bin/anvil.exe" } else { "bin/anvil" };

fn platform_package() -> Result<String, String> {
    let system = match env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        other => return Err(no_anvil(other)),
    };
    let processor = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => return Err(no_anvil(other)),
    };
    Ok(format!("anvil-{system}-{processor}"))
}

fn no_anvil(platform: &str) -> String {
    format!("npm has no anvil for {platform}: set {ANVIL_VARIABLE} to the path of one.")
}

fn works(anvil: PathBuf) -> Result<PathBuf, String> {
    let version = shell::output(shell::program(&anvil.to_string_lossy()).arg("--version"));
    match version.as_deref().and_then(|text| text.lines().next()) {
        Some(line) => {
            println!("{line}");
            Ok(anvil)
        }
        None => Err(format!(
            "There is no working anvil at {}: set {ANVIL_VARIABLE} to the path of one.",
            anvil.display()
        )),
    }
}

/// Copies what npm needs. A folder that is up to date is left alone, and so is its install.
fn copy_changed(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).map_err(|error| cannot("create", to, &error))?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        let (source, copy) = (from.join(name), to.join(name));
        let text = fs::read(&source).map_err(|error| cannot("read", &source, &error))?;
        if fs::read(&copy).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&copy, text).map_err(|error| cannot("write", &copy, &error))?;
    }
    Ok(())
}

/// Runs `npm ci` in a folder, unless it ran there with the same lock file.
pub(crate) fn install(folder: &Path) -> Outcome {
    let lock_path = folder.join("package-lock.json");
    let lock = fs::read(&lock_path).map_err(|error| cannot("read", &lock_path, &error))?;
    let installed = folder.join("node_modules/.installed-from");
    if fs::read(&installed).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    let mut npm = shell::program(NPM);
    npm.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::run(&mut npm)?;
    fs::write(&installed, lock).map_err(|error| cannot("write", &installed, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("Could not {what} {}: {error}.", path.display())
}
