//! What a run wants done. Performing it is dumb.

use crate::admission::ShedReason;
use crate::arrival::Arrival;
use crate::snapshot::Phase;
use crate::units::Wei;
use crate::wallet::WalletIndex;

/// What a run wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Begin this user's journey.
    StartJourney {
        /// The user.
        arrival: Arrival,
        /// Whether it waited in the backlog.
        waited: bool,
    },
    /// Count an arrival as refused.
    RecordShed {
        /// The user.
        arrival: Arrival,
        /// Why.
        reason: ShedReason,
    },
    /// Count arrivals as never started.
    RecordAbandoned(u64),
    /// Pay a new wallet.
    Fund(WalletIndex),
    /// Drop what is asked for and not yet sent.
    StopFunding,
    /// Hand a wallet to a user.
    Lease {
        /// The user.
        seq: u64,
        /// The wallet.
        index: WalletIndex,
        /// Its balance.
        balance: Wei,
    },
    /// Hand a wallet that holds nothing to a user.
    Lend {
        /// The user.
        seq: u64,
        /// The wallet.
        index: WalletIndex,
    },
    /// Send a wallet's residue home.
    Sweep {
        /// The wallet.
        index: WalletIndex,
        /// Whether the chain may hold a transaction of this wallet's.
        in_doubt: bool,
    },
    /// Send what the lanes hold to the relayer.
    SweepLanes,
    /// The phase has changed.
    Enter(Phase),
    /// No more arrivals are wanted.
    StopArrivals,
    /// End every journey in flight now.
    AbortJourneys,
    /// The run is over.
    Finish,
}
