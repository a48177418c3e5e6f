//! `swell check`.

use crate::config::Settings;
use crate::exit::Exit;

/// Checks the target and the plan of `settings`, sending nothing; `json` prints for machines.
#[must_use]
pub fn check(_settings: Settings, _json: bool) -> Exit {
    crate::terminal::complain("error: this build cannot check a target yet.\n");
    Exit::Check
}
