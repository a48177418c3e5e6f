//! A sandbox in a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::clock;
use super::process::Process;
use super::swell::Swell;

/// How its target file is called, in its folder.
pub(crate) const TARGET: &str = "sandbox.toml";
/// It writes the target file within so long.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// A served sandbox; ends when it goes out of scope.
pub(crate) struct Sandbox(Process);

impl Sandbox {
    /// Serves the profile `fast` on a free port of 127.0.0.1, and waits for its target file.
    pub(crate) fn serve(swell: &Swell, scratch: &Path) -> Result<Self, String> {
        Self::serve_with(swell, scratch, &[])
    }

    /// The same, with some of its knobs turned.
    pub(crate) fn serve_with(
        swell: &Swell,
        scratch: &Path,
        knobs: &[&str],
    ) -> Result<Self, String> {
        let mut command = swell.command(scratch);
        command.args(["sandbox", "--port", "0", "--log", "off", "--target-file", TARGET]);
        command.args(knobs);
        let mut process = Process::start(command.stdout(Stdio::null()))?;
        let file = scratch.join(TARGET);
        let ready = clock::wait_for(READY_WITHIN, || match process.ended()? {
            Some(status) => Err(format!("The sandbox ended before it served: {status}.")),
            None => Ok(file.metadata().is_ok_and(|file| file.len() > 0).then_some(())),
        })?;
        ready.ok_or_else(|| format!("The sandbox wrote no {TARGET} in {READY_WITHIN:?}."))?;
        Ok(Self(process))
    }

    /// CPU seconds it has used.
    pub(crate) fn cpu_s(&self) -> Result<f64, String> {
        self.0.cpu_s()
    }
}
