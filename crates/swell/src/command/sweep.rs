//! `swell sweep`.

use crate::args::SweepArgs;
use crate::exit::Exit;

/// Returns what a run left in wallets to its relayer.
#[must_use]
pub fn sweep(_args: SweepArgs) -> Exit {
    crate::terminal::complain("error: this build cannot sweep yet.\n");
    Exit::Failed
}
