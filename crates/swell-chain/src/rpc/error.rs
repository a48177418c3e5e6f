//! Why a chain request gave no usable answer.

use std::fmt;

use alloy_primitives::Bytes;
use swell_core::journey::{FailureClass, FailureDetail};
use swell_net::{EndpointId, NetError};

/// A JSON-RPC method of the chain, by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RpcMethod(pub &'static str);

impl RpcMethod {
    pub(crate) const CHAIN_ID: Self = Self("eth_chainId");
    pub(crate) const CLIENT_VERSION: Self = Self("web3_clientVersion");
    pub(crate) const BLOCK_NUMBER: Self = Self("eth_blockNumber");
    pub(crate) const BLOCK_BY_NUMBER: Self = Self("eth_getBlockByNumber");
    pub(crate) const BLOCK_RECEIPTS: Self = Self("eth_getBlockReceipts");
    pub(crate) const BALANCE: Self = Self("eth_getBalance");
    pub(crate) const NONCE: Self = Self("eth_getTransactionCount");
    pub(crate) const CODE: Self = Self("eth_getCode");
    pub(crate) const CALL: Self = Self("eth_call");
    pub(crate) const ESTIMATE_GAS: Self = Self("eth_estimateGas");
    pub(crate) const GAS_PRICE: Self = Self("eth_gasPrice");
    pub(crate) const FEE_HISTORY: Self = Self("eth_feeHistory");
    pub(crate) const MAX_PRIORITY_FEE: Self = Self("eth_maxPriorityFeePerGas");
    pub(crate) const TRANSACTION: Self = Self("eth_getTransactionByHash");
    pub(crate) const RECEIPT: Self = Self("eth_getTransactionReceipt");
    pub(crate) const SEND_RAW: Self = Self("eth_sendRawTransaction");
}

impl fmt::Display for RpcMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A chain request gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{method} on {endpoint} failed")]
pub struct ChainError {
    /// What was asked.
    pub method: RpcMethod,
    /// Whom; a name, never a URL.
    pub endpoint: EndpointId,
    /// Why there is no answer.
    #[source]
    pub kind: ChainErrorKind,
}

/// Why a chain request gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainErrorKind {
    /// No HTTP answer.
    #[error("no answer came")]
    Net(#[source] NetError),
    /// An HTTP answer with an error status.
    #[error("the node answered with HTTP status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// The node refused the request.
    #[error("the node refused the request")]
    Refused(#[source] RpcFailure),
    /// The answer does not have the agreed shape.
    #[error("the answer is not what the method returns: {0}")]
    Malformed(String),
    /// The node is behind a block that was acted upon: what it knows is old.
    #[error("the node is at block {head}, behind block {floor}, which was read already")]
    Stale {
        /// Its newest block.
        head: u64,
        /// The block it had to know.
        floor: u64,
    },
}

impl ChainErrorKind {
    /// Whether the node may have acted on the request although no usable answer came.
    #[must_use]
    pub const fn may_have_acted(&self) -> bool {
        match self {
            Self::Net(error) => error.may_have_acted(),
            // A gateway's 5xx says nothing of what happened behind it; 4xx never got there.
            Self::Status { status } => *status >= 500,
            Self::Refused(_) | Self::Stale { .. } => false,
            Self::Malformed(_) => true,
        }
    }
}

/// The error a node put into its answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code {code}: {message}")]
pub struct RpcFailure {
    /// Its code.
    pub code: i64,
    /// Its message, cut to [`Self::MESSAGE_CHARS_MAX`] characters.
    pub message: String,
    /// What came with it; of a reverted call, what the contract returned.
    pub data: Option<Bytes>,
}

impl RpcFailure {
    /// Longest message kept.
    pub const MESSAGE_CHARS_MAX: usize = 300;
    /// JSON-RPC's code for a method that does not exist.
    const METHOD_NOT_FOUND: i64 = -32_601;
    /// The code geth gives to a reverted call.
    const REVERTED: i64 = 3;

    /// Whether a contract was executed and reverted.
    #[must_use]
    pub fn is_revert(&self) -> bool {
        self.code == Self::REVERTED || self.message.to_ascii_lowercase().contains("revert")
    }
}

impl ChainError {
    /// What the contract returned, when a call reverted with data.
    #[must_use]
    pub fn revert_data(&self) -> Option<&Bytes> {
        match &self.kind {
            ChainErrorKind::Refused(failure) if failure.is_revert() => failure.data.as_ref(),
            _ => None,
        }
    }

    /// Whether the node does not know the method.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        let ChainErrorKind::Refused(failure) = &self.kind else { return false };
        let message = failure.message.to_ascii_lowercase();
        failure.code == RpcFailure::METHOD_NOT_FOUND
            || ["not found", "not supported", "not available", "does not exist", "unsupported"]
                .iter()
                .any(|words| message.contains("method") && message.contains(words))
    }

    /// Whether the node may have acted on the request although no usable answer came.
    #[must_use]
    pub const fn may_have_acted(&self) -> bool {
        self.kind.may_have_acted()
    }

    /// The class reports count it under.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        match &self.kind {
            ChainErrorKind::Net(NetError::Timeout(_)) => FailureClass::Timeout,
            ChainErrorKind::Net(NetError::Unavailable { .. }) => FailureClass::Unavailable,
            ChainErrorKind::Net(NetError::RateLimited { .. }) => FailureClass::RateLimited,
            ChainErrorKind::Net(NetError::TooLarge { .. }) => FailureClass::Protocol,
            ChainErrorKind::Net(NetError::Invalid(_)) => FailureClass::Internal,
            ChainErrorKind::Net(_) => FailureClass::Transport,
            ChainErrorKind::Status { status: 429 } => FailureClass::RateLimited,
            ChainErrorKind::Status { status: 401 | 403 } => FailureClass::Unauthorized,
            ChainErrorKind::Status { status: 404 } => FailureClass::NotFound,
            ChainErrorKind::Status { status: 400..=499 } => FailureClass::BadRequest,
            ChainErrorKind::Status { .. } => FailureClass::ServerError,
            ChainErrorKind::Refused(failure) if failure.is_revert() => FailureClass::Reverted,
            ChainErrorKind::Refused(_) => FailureClass::Rejected,
            ChainErrorKind::Malformed(_) => FailureClass::Protocol,
            ChainErrorKind::Stale { .. } => FailureClass::Unavailable,
        }
    }

    /// What reports keep of it.
    #[must_use]
    pub fn detail(&self) -> FailureDetail {
        let status = match &self.kind {
            ChainErrorKind::Status { status } => Some(*status),
            _ => None,
        };
        let cause = match &self.kind {
            ChainErrorKind::Net(error) => error.to_string(),
            ChainErrorKind::Refused(failure) => failure.to_string(),
            other => other.to_string(),
        };
        FailureDetail { status, ..FailureDetail::words(format_args!("{self}: {cause}")) }
    }
}
