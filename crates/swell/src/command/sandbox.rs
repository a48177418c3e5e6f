//! `swell sandbox`.

use crate::args::SandboxArgs;
use crate::exit::Exit;

/// Serves the sandbox until it is stopped.
#[must_use]
pub fn sandbox(_args: SandboxArgs) -> Exit {
    crate::terminal::complain("error: this build cannot serve a sandbox yet.\n");
    Exit::Failed
}
