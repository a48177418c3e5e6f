//! `swell run`.

use crate::config::Settings;
use crate::exit::Exit;

/// Runs the load test that `settings` describe.
#[must_use]
pub fn run(_settings: Settings) -> Exit {
    crate::terminal::complain("error: this build cannot run a load test yet.\n");
    Exit::Failed
}
