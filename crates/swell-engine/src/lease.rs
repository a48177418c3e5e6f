//! A wallet in a user's hands.

use swell_chain::AccountKey;
use swell_core::units::Wei;
use swell_core::wallet::WalletIndex;

/// A wallet in a user's hands: used by this user only, then swept.
#[derive(Debug)]
pub struct Lease {
    /// Its position under the run's key tree.
    pub index: WalletIndex,
    /// Its key.
    pub key: AccountKey,
    /// Its balance when it was leased.
    pub balance: Wei,
}
