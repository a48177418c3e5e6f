//! What a node's refusal of a transaction means.

use crate::rpc::RpcFailure;
use crate::submit::RejectReason;

/// Words by which nodes say why, most specific first. Lower case.
///
/// # Sources
/// geth `core/error.go`, `core/txpool/errors.go` and `legacypool`; reth
/// `rpc-eth-types/src/error`; anvil `eth/error.rs`; nethermind `AcceptTxResult.cs`.
const WORDINGS: &[(&str, RejectReason)] = &[
    ("already known", RejectReason::AlreadyKnown),
    ("alreadyknown", RejectReason::AlreadyKnown),
    ("already imported", RejectReason::AlreadyKnown),
    ("known transaction", RejectReason::AlreadyKnown),
    ("already in the pool", RejectReason::AlreadyKnown),
    ("already exists in the pool", RejectReason::AlreadyKnown),
    ("replacement", RejectReason::ReplacementUnderpriced),
    ("replacementnotallowed", RejectReason::ReplacementUnderpriced),
    ("replace existing", RejectReason::ReplacementUnderpriced),
    ("nonce too low", RejectReason::NonceTooLow),
    ("nonce is too low", RejectReason::NonceTooLow),
    ("oldnonce", RejectReason::NonceTooLow),
    ("nonce too high", RejectReason::NonceTooHigh),
    ("noncegap", RejectReason::NonceTooHigh),
    ("nonce gap", RejectReason::NonceTooHigh),
    ("gapped-nonce", RejectReason::NonceTooHigh),
    ("too far in the future", RejectReason::NonceTooHigh),
    ("insufficient funds", RejectReason::InsufficientFunds),
    ("insufficientfunds", RejectReason::InsufficientFunds),
    ("insufficient balance", RejectReason::InsufficientFunds),
    ("overshot", RejectReason::InsufficientFunds),
    ("feetoolow", RejectReason::Underpriced),
    ("fee too low", RejectReason::Underpriced),
    ("gas price too low", RejectReason::Underpriced),
    ("exceeds block gas", RejectReason::ExceedsBlockGas),
    ("exceeds transaction gas", RejectReason::ExceedsBlockGas),
    ("gas limit too high", RejectReason::ExceedsBlockGas),
    ("gas limit exceeded", RejectReason::ExceedsBlockGas),
    ("gaslimitexceeded", RejectReason::ExceedsBlockGas),
    ("gas limit is too high", RejectReason::ExceedsBlockGas),
    ("greater than the block", RejectReason::ExceedsBlockGas),
    ("intrinsic gas too low", RejectReason::GasTooLow),
    ("intrinsic gas too high", RejectReason::ExceedsBlockGas),
    ("floor data gas", RejectReason::GasTooLow),
    ("gas too low", RejectReason::GasTooLow),
    ("gas limit too low", RejectReason::GasTooLow),
    ("gaslimittoolow", RejectReason::GasTooLow),
    ("out of gas", RejectReason::GasTooLow),
    ("call gas cost exceeds the gas limit", RejectReason::GasTooLow),
    ("txpool is full", RejectReason::PoolFull),
    ("pool is full", RejectReason::PoolFull),
    ("txpool full", RejectReason::PoolFull),
    ("pool full", RejectReason::PoolFull),
    ("account limit exceeded", RejectReason::PoolFull),
    ("exceeds account limit", RejectReason::PoolFull),
    ("exceeded max transaction slots", RejectReason::PoolFull),
    ("too many transactions", RejectReason::PoolFull),
    ("in-flight transaction limit", RejectReason::PoolFull),
    ("future transaction tries to replace pending", RejectReason::PoolFull),
    ("underpriced", RejectReason::Underpriced),
    ("less than block base fee", RejectReason::Underpriced),
    ("lower than the block base fee", RejectReason::Underpriced),
    ("max fee per gas less than", RejectReason::Underpriced),
    ("tip needed", RejectReason::Underpriced),
    ("below the minimum", RejectReason::Underpriced),
    ("too many requests", RejectReason::RateLimited),
    ("rate limit", RejectReason::RateLimited),
    ("request limit", RejectReason::RateLimited),
];

/// Words by which a node says that it does not know itself what became of the transaction.
const DOUBTFUL: &[&str] = &["timeout", "timed out", "internal error", "connection", "unavailable"];

/// The code geth gives to a reverted call.
const CODE_REVERTED: i64 = 3;

/// EIP-1474's code for "limit exceeded".
const CODE_LIMIT: i64 = -32_005;

/// Returns why a node refused a transaction, or `None` when its answer leaves open whether it took
/// it: such an answer counts as unknown.
#[must_use]
pub fn classify(failure: &RpcFailure) -> Option<RejectReason> {
    let message = failure.message.to_ascii_lowercase();
    let known = WORDINGS.iter().find(|(words, _)| message.contains(words));
    if let Some((_, reason)) = known {
        return Some(reason.clone());
    }
    if failure.code == CODE_REVERTED || message.contains("revert") {
        return Some(RejectReason::Reverted { data: failure.data.clone() });
    }
    if failure.code == CODE_LIMIT {
        return Some(RejectReason::RateLimited);
    }
    if DOUBTFUL.iter().any(|words| message.contains(words)) {
        return None;
    }
    Some(RejectReason::Other { code: failure.code })
}

#[cfg(test)]
mod tests;
