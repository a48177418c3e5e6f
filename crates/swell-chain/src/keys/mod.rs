//! Keys: the relayer's, and every other derived from it.

mod account_key;
mod bip32;
mod relayer;
mod run_id;
mod tree;

pub use account_key::AccountKey;
pub use relayer::{KeyError, RelayerKey};
pub use run_id::{RunId, RunIdError};
pub use tree::{KeyTree, Role};
