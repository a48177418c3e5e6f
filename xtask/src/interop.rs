//! `cargo xtask interop`: the published SDK checks what Swell produces, and drives the sandbox.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bench::{Process, wait_for};
use crate::{Outcome, shell, tools};

/// Where the scripts are, and their packages.
const SCRIPTS: &str = "interop";
/// Where bundle and target files go.
const SCRATCH: &str = "target/interop";
/// Everything that Swell produces and the verifier knows.
const SECTIONS: &str = "password,file,ecies,grant,typed_data,calldata,relay_request,\
                        operation_request,funding,signed_url";
/// How the relay answers and which personal server is played: each at least once.
const SANDBOXES: [(&str, &str); 3] =
    [("submitted", "sept"), ("pending", "main"), ("signed", "sept")];
/// The sandbox that must refuse what is tampered with, for each version of the personal server.
const REFUSING: [&str; 2] = ["sept", "main"];
/// The sandbox writes its target file within so long.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// No script takes longer.
const SCRIPT_WITHIN: Duration = Duration::from_secs(60);

/// Installs, builds, and runs every script.
pub(crate) fn run() -> Outcome {
    tools::require_node()?;
    tools::install(&shell::root().join(SCRIPTS))?;
    let scratch = shell::root().join(SCRATCH);
    fs::create_dir_all(&scratch).map_err(|error| format!("Could not make {SCRATCH}: {error}."))?;
    // With the features that the tests were built with: nothing is built twice.
    shell::run(shell::cargo().args(["build", "--workspace", "--bins", "--examples"]))?;
    verify(&scratch)?;
    for (relay, server) in SANDBOXES {
        let sandbox = Sandbox::serve(&scratch, relay, server)?;
        script(&scratch, "drive.mjs", &[&sandbox.target(), "--relay", relay, "--server", server])?;
    }
    for server in REFUSING {
        let sandbox = Sandbox::serve(&scratch, "submitted", server)?;
        script(&scratch, "refuse.mjs", &[&sandbox.target(), "--server", server])?;
    }
    Ok(())
}

/// What Swell produces is accepted, and refused once it is altered.
fn verify(scratch: &Path) -> Outcome {
    let bundle = scratch.join("bundle.json").display().to_string();
    shell::run(shell::program(&built("examples/interop_bundle")).arg(&bundle))?;
    script(scratch, "verify.mjs", &[&bundle, "--require", SECTIONS])?;
    script(scratch, "tamper.mjs", &[&bundle])
}

/// The path of what was built.
fn built(name: &str) -> String {
    shell::root().join("target/debug").join(name).display().to_string()
}

/// Runs one script, and ends it should it hang.
fn script(scratch: &Path, name: &str, arguments: &[&str]) -> Outcome {
    let mut node = Command::new("node");
    node.current_dir(shell::root().join(SCRIPTS)).args(["--import", "./sdk-loader.mjs", name]);
    node.args(arguments).stdin(Stdio::null());
    println!("$ node {name} {}", arguments.join(" ").replace(&*scratch.to_string_lossy(), SCRATCH));
    let status = Process::start(&mut node)?.wait(SCRIPT_WITHIN)?;
    if status.success() { Ok(()) } else { Err(format!("{SCRIPTS}/{name} failed: {status}.")) }
}

/// A served sandbox; it ends when it goes out of scope.
struct Sandbox {
    _process: Process,
    target: PathBuf,
}

impl Sandbox {
    fn serve(scratch: &Path, relay: &str, server: &str) -> Result<Self, String> {
        let target = scratch.join(format!("{relay}-{server}.toml"));
        // What an earlier sandbox wrote would be taken for this one's.
        if target.exists() {
            fs::remove_file(&target).map_err(|error| format!("Could not tidy up: {error}."))?;
        }
        let mut command = Command::new(built("swell"));
        command.current_dir(scratch).stdin(Stdio::null()).stdout(Stdio::null());
        command.args(["sandbox", "--port", "0", "--log", "off", "--operation-time", "300ms"]);
        command.args(["--relay-answers", relay, "--server-version", server, "--target-file"]);
        let mut process = Process::start(command.arg(&target))?;
        let ready = wait_for(READY_WITHIN, || match process.ended()? {
            Some(status) => Err(format!("The sandbox ended before it served: {status}.")),
            None => Ok(target.metadata().is_ok_and(|file| file.len() > 0).then_some(())),
        })?;
        ready.ok_or_else(|| format!("The sandbox wrote no target file in {READY_WITHIN:?}."))?;
        Ok(Self { _process: process, target })
    }

    fn target(&self) -> String {
        self.target.display().to_string()
    }
}
