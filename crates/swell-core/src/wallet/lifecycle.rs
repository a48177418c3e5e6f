//! The states of one wallet, and the only ways between them.
//!
//! ```text
//!  Funding ──Funded──▶ Ready ──Leased──▶ Leased ──Ended──▶ Sweeping ──▶ (forgotten)
//!     │                  │                  │                  ▲             ▲
//!     │                  └──SweepStarted────┼──────────────────┘             │
//!     └──FundingUnknown──▶ Quarantined ◀────┴──OutcomeUnknown                │
//!                               └── read again, then swept ─────────────────┘
//! ```
//!
//! *Invariant*: a leased wallet never returns to ready. It is used by one user, then swept.

use crate::time::RunOffset;
use crate::units::Wei;

/// Where a wallet is in its short life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletState {
    /// A lane has been asked to pay it.
    Funding {
        /// When it was asked for.
        since: RunOffset,
    },
    /// Funded, proven from state, and unused.
    Ready {
        /// Its balance.
        balance: Wei,
    },
    /// In a user's hands.
    Leased {
        /// The user.
        seq: u64,
        /// Its balance when it was leased.
        balance: Wei,
    },
    /// The chain may hold a transaction of ours. Not to be swept before it is read again.
    Quarantined {
        /// Why.
        why: QuarantineReason,
    },
    /// Its residue is on the way home.
    Sweeping,
}

/// Why a wallet's state must be read before anything is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuarantineReason {
    /// Its user ended while a transaction was neither included nor refused.
    TransactionInDoubt,
    /// The lane could not tell whether it was paid.
    FundingInDoubt,
}

/// What happens to a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalletEvent {
    /// Its balance is there.
    Funded {
        /// As read from the chain.
        balance: Wei,
    },
    /// The lane could not tell whether it was paid.
    FundingUnknown,
    /// It was handed to a user.
    Leased {
        /// The user.
        seq: u64,
    },
    /// Its user ended, and everything the user sent is included or refused.
    Ended,
    /// Its user ended with a transaction in doubt.
    OutcomeUnknown,
    /// It is to be swept without having been used.
    SweepStarted,
}

/// A transition that must not happen. Carries state and event: one log line is enough to debug it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a wallet in state {state:?} cannot take {event:?}")]
pub struct IllegalTransition {
    /// The state it was in.
    pub state: WalletState,
    /// What was to happen to it.
    pub event: WalletEvent,
}

impl WalletState {
    /// Whether the wallet may never have been paid.
    #[must_use]
    pub const fn may_be_unfunded(&self) -> bool {
        matches!(
            self,
            Self::Funding { .. } | Self::Quarantined { why: QuarantineReason::FundingInDoubt }
        )
    }

    /// The state after `event`.
    ///
    /// # Errors
    /// [`IllegalTransition`] when `event` cannot happen to a wallet in this state.
    pub fn on(self, event: WalletEvent) -> Result<Self, IllegalTransition> {
        use {WalletEvent as E, WalletState as S};
        match (self, event) {
            (S::Funding { .. }, E::Funded { balance }) => Ok(S::Ready { balance }),
            (S::Funding { .. }, E::FundingUnknown) => {
                Ok(S::Quarantined { why: QuarantineReason::FundingInDoubt })
            }
            (S::Ready { balance }, E::Leased { seq }) => Ok(S::Leased { seq, balance }),
            (S::Leased { .. }, E::Ended) | (S::Ready { .. }, E::SweepStarted) => Ok(S::Sweeping),
            (S::Leased { .. }, E::OutcomeUnknown) => {
                Ok(S::Quarantined { why: QuarantineReason::TransactionInDoubt })
            }
            (state, event) => Err(IllegalTransition { state, event }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_drawn_transitions_exist() {
        let states = [
            WalletState::Funding { since: RunOffset::ZERO },
            WalletState::Ready { balance: Wei::new(5) },
            WalletState::Leased { seq: 1, balance: Wei::new(5) },
            WalletState::Quarantined { why: QuarantineReason::FundingInDoubt },
            WalletState::Sweeping,
        ];
        let events = [
            WalletEvent::Funded { balance: Wei::new(5) },
            WalletEvent::FundingUnknown,
            WalletEvent::Leased { seq: 1 },
            WalletEvent::Ended,
            WalletEvent::OutcomeUnknown,
            WalletEvent::SweepStarted,
        ];
        let legal: Vec<(usize, usize)> = states
            .iter()
            .enumerate()
            .flat_map(|(s, state)| {
                events
                    .iter()
                    .enumerate()
                    .filter(move |(_, event)| state.on(**event).is_ok())
                    .map(move |(e, _)| (s, e))
            })
            .collect();
        assert_eq!(legal, [(0, 0), (0, 1), (1, 2), (1, 5), (2, 3), (2, 4)]);
    }

    #[test]
    fn a_leased_wallet_never_becomes_ready_again() {
        let leased = WalletState::Leased { seq: 1, balance: Wei::new(5) };
        for event in [WalletEvent::Ended, WalletEvent::OutcomeUnknown] {
            assert!(!matches!(leased.on(event), Ok(WalletState::Ready { .. })));
        }
    }
}
