//! What is known of a run that is over or dead: its ledger, its report, the sweeps after it.

mod glance;
mod job;
mod refusal;
mod swept;
#[cfg(test)]
mod tests;

pub use glance::{Glance, GlanceError, MoneyGlance, RunGlance, read_report};
pub use job::{RunRecord, SweepJob, compare};
pub use refusal::SweepRefusal;
pub use swept::{SWEPT_FILE, SweptNote};
