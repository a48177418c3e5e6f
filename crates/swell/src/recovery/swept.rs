//! What sweeps of a run have done, remembered in its folder.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use swell_core::units::Wei;
use swell_engine::sweep::SweepStatement;

/// The file's name in a run folder.
pub const SWEPT_FILE: &str = "swept.json";

/// What all sweeps of a run together have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweptNote {
    /// [`Self::FORMAT`].
    pub format: u32,
    /// The run's id.
    pub run: String,
    /// How many sweeps there were.
    pub sweeps: u32,
    /// When the last one ended, in seconds since the Unix epoch.
    pub unix_s: u64,
    /// Whether it left nothing that is worth its own transfer.
    pub complete: bool,
    /// What reached the relayer.
    pub swept_wei: Wei,
    /// What the transfers cost.
    pub fees_wei: Wei,
    /// What is left in wallets and lanes.
    pub left_wei: Wei,
}

impl SweptNote {
    /// Version of this format.
    pub const FORMAT: u32 = 1;

    /// What is remembered in `folder`. What cannot be read is as good as nothing: the chain knows.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read(folder.join(SWEPT_FILE)).ok()?;
        let note: Self = serde_json::from_slice(&text).ok()?;
        (note.format == Self::FORMAT).then_some(note)
    }

    /// The note after one more sweep of `run`, which ended at `unix_s`.
    #[must_use]
    pub fn after(earlier: Option<Self>, run: String, unix_s: u64, sweep: &SweepStatement) -> Self {
        let (sweeps, swept, fees) = earlier
            .map_or_else(Default::default, |note| (note.sweeps, note.swept_wei, note.fees_wei));
        Self {
            format: Self::FORMAT,
            run,
            sweeps: sweeps.saturating_add(1),
            unix_s,
            complete: sweep.is_complete(),
            swept_wei: swept + sweep.swept.amount,
            fees_wei: fees + sweep.fees,
            left_wei: sweep.dust.amount + sweep.stuck.amount,
        }
    }

    /// Remembers it in `folder`.
    ///
    /// # Errors
    /// The file system refused.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(folder.join(SWEPT_FILE), text)
    }
}
