//! What can happen to a run. Closed: a new event must be handled everywhere.

use crate::arrival::Arrival;
use crate::report::Ended;
use crate::units::Wei;
use crate::wallet::WalletIndex;

/// What can happen to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An arrival's time has come.
    ArrivalDue(Arrival),
    /// The schedule is exhausted.
    ArrivalsEnded,
    /// A user's journey has ended.
    JourneyEnded(JourneyEnd),
    /// The funding of a wallet has ended.
    FundingEnded {
        /// The wallet.
        index: WalletIndex,
        /// How.
        end: FundingEnd,
    },
    /// A wallet's residue is home, or what is left in it is known.
    WalletClosed {
        /// The wallet.
        index: WalletIndex,
    },
    /// The lanes hold what the first users' calls cost.
    LanesReady,
    /// The lanes are home.
    LanesClosed,
    /// A new block came.
    Block,
    /// A moment passed.
    Tick,
    /// Somebody or something wants the run to stop.
    Stop(StopReason),
}

/// How a journey ended, as far as the run's state cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JourneyEnd {
    /// The user.
    pub seq: u64,
    /// Whether the chain may hold a transaction of the user's that is neither included nor refused.
    pub in_doubt: bool,
}

/// How the funding of one wallet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundingEnd {
    /// The balance is there.
    Funded {
        /// As read from the chain.
        balance: Wei,
    },
    /// Nothing was sent.
    NotSent,
    /// It is not known whether it was paid.
    Unknown,
}

/// Why a run stops before its natural end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Ctrl-C: the first drains, the second aborts.
    Interrupt,
    /// The drain took longer than allowed.
    DrainTimeout,
    /// A threshold with `abort` was broken.
    Threshold,
    /// A limit of the run was reached.
    Limit,
}

impl StopReason {
    /// How a run that stops for this reason is said to have ended.
    #[must_use]
    pub const fn ended(self) -> Ended {
        match self {
            Self::Interrupt => Ended::Drained,
            Self::DrainTimeout => Ended::Aborted,
            Self::Threshold => Ended::ThresholdAborted,
            Self::Limit => Ended::LimitReached,
        }
    }
}
