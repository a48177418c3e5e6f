//! Returns what a run left in wallets and lanes to its relayer, long after the run.
//!
//! ```text
//!  relayer's key + run id ─▶ keys ─▶ who holds money? ─▶ sweeps, some at a time ─▶ relayer
//!                                         ▲                                   │
//!                                         └── again, until nothing is found ◀─┘
//! ```
//!
//! Transactions of the dead run may still be on their way while this goes on, so the search is
//! repeated on final blocks until it finds nothing that is worth a transfer.

mod recovery;
mod search;
mod statement;
#[cfg(test)]
mod tests;

pub use recovery::{SweepError, SweepSetup, salvage_run, survey_run, sweep_run};
pub(crate) use search::Search;
pub use search::SweepRange;
pub use statement::{Held, Salvage, SweepProgress, SweepStatement, SweepSurvey};
