//! Looks into every account of the run when the books do not close: money that is there is not lost.

use swell_chain::{ChainError, KeyTree, Role};
use swell_core::units::Wei;

use crate::ledger::HighWater;
use crate::sweep::{Search, SweepRange};
use crate::sweeper::Sweeper;

/// What the run's accounts hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    /// In accounts that hold no more than their own transfer costs.
    pub(crate) dust: Wei,
    /// In all others: a sweep brings it home.
    pub(crate) worth: Wei,
}

/// Reads all accounts below `marks`. Memory does not grow with their number.
///
/// # Errors
/// When some cannot be read, or not what a transfer costs.
pub(crate) async fn recount(
    sweeper: &Sweeper,
    keys: &KeyTree,
    marks: HighWater,
) -> Result<Counted, ChainError> {
    let quote = sweeper.chain.fees().sweep_quote().await?;
    let mut counted = Counted::default();
    for role in [Role::Wallet, Role::Lane] {
        let mut search = Search::new(sweeper, keys, role, SweepRange::Below(marks));
        while let Some(accounts) = search.next_batch().await? {
            for account in accounts {
                if quote.sweep_value(account.balance).is_some() {
                    counted.worth += account.balance;
                } else {
                    counted.dust += account.balance;
                }
            }
        }
    }
    Ok(counted)
}
