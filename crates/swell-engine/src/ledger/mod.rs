//! The run's memory on disk: which keys may hold money. No secret is in it.
//!
//! Append-only JSON lines. The first line says whose run it is; every further line raises the
//! high-water mark of an account kind, *before* any index below the mark is used. With the
//! relayer's key and the run's id, that is all a sweep needs.
//!
//! ```text
//! {"format":1,"run":"…","relayer":"0x…","chain_id":14800,"target":"…","place":{"file":"…"}}
//! {"wallets":1000,"lanes":5}
//! {"wallets":1000,"lanes":5,"arrived":{"part":1,"arrivals":40,"unix_s":1767225600}}
//! ```
//!
//! Arrivals have a mark of their own, so that a run can go on where it was interrupted and start
//! nobody twice.
//!
//! Marks of accounts only ever rise. So a line that cannot be read takes nothing away when one that can be
//! follows it, and a last line without its end was cut off before anything below it was used.

mod file;
mod format;
mod keep;
mod read;
#[cfg(test)]
mod tests;

pub use format::{
    Arrived, Beginning, HighWater, LEDGER_FILE, LEDGER_FORMAT, LedgerError, LedgerHeader,
    TargetPlace,
};
pub use keep::Ledger;
pub use read::{Damage, LedgerRecord, is_kept, parse_ledger, read_ledger};
