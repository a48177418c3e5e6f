//! What we know after asking a node to take a transaction.

use alloy_primitives::{B256, Bytes};

use swell_core::journey::FailureClass;

use crate::rpc::{ChainError, ChainErrorKind};

/// What we know after asking a node to take a transaction.
#[derive(Debug)]
#[must_use]
pub enum SubmitOutcome {
    /// The node has it. "Already known" counts as this.
    Accepted {
        /// Its hash.
        tx: B256,
    },
    /// The node refused it; by this attempt the nonce is not spent.
    Rejected {
        /// Why.
        reason: RejectReason,
    },
    /// No usable answer. The nonce may be spent: look before reuse.
    Unknown {
        /// Its hash.
        tx: B256,
        /// What came instead of an answer.
        source: ChainError,
    },
}

/// Why a node refused a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// The account's next nonce is higher: something was included under this one.
    #[error("nonce too low")]
    NonceTooLow,
    /// The node takes no transaction ahead of the account's next nonce.
    #[error("nonce too high")]
    NonceTooHigh,
    /// The node has it already. Reported as [`SubmitOutcome::Accepted`].
    #[error("already known")]
    AlreadyKnown,
    /// Another transaction holds the nonce, and this one pays too little more.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// The fee is below what the node or the block asks for.
    #[error("transaction underpriced")]
    Underpriced,
    /// The balance does not cover value and gas.
    #[error("insufficient funds")]
    InsufficientFunds,
    /// The node's pool, or the account's share of it, is full.
    #[error("transaction pool full")]
    PoolFull,
    /// The gas limit does not cover what every such transaction costs.
    #[error("gas limit too low")]
    GasTooLow,
    /// The gas limit is above the block's, or above the cap of one transaction.
    #[error("gas limit above what a block or transaction may use")]
    ExceedsBlockGas,
    /// The node executed it and it reverts.
    #[error("execution reverted")]
    Reverted {
        /// What the contract returned.
        data: Option<Bytes>,
    },
    /// The node asks for fewer requests; it did not look at the transaction.
    #[error("rate limited")]
    RateLimited,
    /// No endpoint could be reached: nothing was sent.
    #[error("the node cannot be reached")]
    Unreachable,
    /// Anything else.
    #[error("refused with code {code}")]
    Other {
        /// The node's code.
        code: i64,
    },
}

impl RejectReason {
    /// Why a request that certainly did nothing did not.
    pub(crate) fn unsent(error: &ChainError) -> Self {
        match (&error.kind, error.class()) {
            (_, FailureClass::RateLimited) => Self::RateLimited,
            (ChainErrorKind::Status { status }, _) => Self::Other { code: i64::from(*status) },
            _ => Self::Unreachable,
        }
    }

    /// Bounded label for reports.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::NonceTooLow => "nonce-too-low",
            Self::NonceTooHigh => "nonce-too-high",
            Self::AlreadyKnown => "already-known",
            Self::ReplacementUnderpriced => "replacement-underpriced",
            Self::Underpriced => "underpriced",
            Self::InsufficientFunds => "insufficient-funds",
            Self::PoolFull => "pool-full",
            Self::GasTooLow => "gas-too-low",
            Self::ExceedsBlockGas => "exceeds-block-gas",
            Self::Reverted { .. } => "reverted",
            Self::RateLimited => "rate-limited",
            Self::Unreachable => "unreachable",
            Self::Other { .. } => "other",
        }
    }

    /// Whether the same bytes may be accepted later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::NonceTooHigh | Self::PoolFull | Self::RateLimited | Self::Unreachable)
    }
}
