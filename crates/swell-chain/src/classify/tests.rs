use alloy_primitives::Bytes;

use super::classify;
use crate::rpc::RpcFailure;
use crate::submit::RejectReason::{
    self, AlreadyKnown, ExceedsBlockGas, GasTooLow, InsufficientFunds, NonceTooHigh, NonceTooLow,
    Other, PoolFull, RateLimited, ReplacementUnderpriced, Underpriced,
};

/// Answers in the words of each node.
const ANSWERS: &[(&str, i64, &str, RejectReason)] = &[
    ("geth", -32_000, "nonce too low: next nonce 5, tx nonce 4", NonceTooLow),
    ("geth", -32_000, "nonce too high", NonceTooHigh),
    ("geth", -32_000, "nonce too high: tx nonce 9, gapped nonce 5", NonceTooHigh),
    ("geth", -32_000, "already known", AlreadyKnown),
    ("geth", -32_000, "replacement transaction underpriced", ReplacementUnderpriced),
    (
        "geth",
        -32_000,
        "replacement transaction underpriced: new tx gas fee cap 1 < 2 queued",
        ReplacementUnderpriced,
    ),
    ("geth", -32_000, "transaction underpriced: tip needed 1, tip permitted 0", Underpriced),
    ("geth", -32_000, "max fee per gas less than block base fee: address 0x00", Underpriced),
    (
        "geth",
        -32_000,
        "insufficient funds for gas * price + value: balance 0, tx cost 21000",
        InsufficientFunds,
    ),
    (
        "geth",
        -32_000,
        "insufficient funds for gas * price + value: balance 5, queued cost 4, tx cost 2, overshot 1",
        InsufficientFunds,
    ),
    ("geth", -32_000, "txpool is full", PoolFull),
    ("geth", -32_000, "account limit exceeded: pooled 16", PoolFull),
    ("geth", -32_000, "future transaction tries to replace pending", PoolFull),
    ("geth", -32_000, "intrinsic gas too low: gas 20000, minimum needed 21000", GasTooLow),
    (
        "geth",
        -32_000,
        "insufficient gas for floor data gas cost: gas 1, minimum needed 2",
        GasTooLow,
    ),
    ("geth", -32_000, "exceeds block gas limit", ExceedsBlockGas),
    (
        "geth",
        -32_000,
        "transaction gas limit too high (cap: 16777216, tx: 20000000)",
        ExceedsBlockGas,
    ),
    ("reth", -32_000, "already known", AlreadyKnown),
    ("reth", -32_000, "nonce too low: next nonce 1, tx nonce 0", NonceTooLow),
    ("reth", -32_000, "replacement transaction underpriced", ReplacementUnderpriced),
    (
        "reth",
        -32_003,
        "insufficient funds for gas * price + value: have 0 want 1",
        InsufficientFunds,
    ),
    ("reth", -32_003, "txpool is full", PoolFull),
    ("reth", -32_003, "exceeds block gas limit", ExceedsBlockGas),
    ("reth", -32_003, "gapped-nonce tx from delegated accounts", NonceTooHigh),
    ("anvil", -32_003, "nonce too low", NonceTooLow),
    ("anvil", -32_003, "nonce too high", NonceTooHigh),
    ("anvil", -32_003, "transaction already imported", AlreadyKnown),
    ("anvil", -32_003, "replacement transaction underpriced", ReplacementUnderpriced),
    ("anvil", -32_003, "Insufficient funds for gas * price + value", InsufficientFunds),
    ("anvil", -32_003, "max fee per gas less than block base fee", Underpriced),
    ("anvil", -32_003, "intrinsic gas too high -- CallGasCostMoreThanGasLimit", ExceedsBlockGas),
    ("nethermind", -32_010, "AlreadyKnown", AlreadyKnown),
    ("nethermind", -32_010, "OldNonce, Current nonce: 5, nonce of rejected tx: 4", NonceTooLow),
    ("nethermind", -32_010, "NonceGap, Future nonce. Expected nonce: 5", NonceTooHigh),
    ("nethermind", -32_010, "ReplacementNotAllowed", ReplacementUnderpriced),
    ("nethermind", -32_010, "FeeTooLow, MaxFeePerGas too low", Underpriced),
    ("nethermind", -32_010, "FeeTooLowToCompete", Underpriced),
    ("nethermind", -32_010, "InsufficientFunds, Account balance: 0", InsufficientFunds),
    ("nethermind", -32_010, "GasLimitExceeded, Gas limit: 1", ExceedsBlockGas),
    ("a gateway", -32_005, "daily request limit exceeded", RateLimited),
    ("a gateway", 429, "Too Many Requests", RateLimited),
    ("anyone", -32_602, "invalid sender", Other { code: -32_602 }),
];

fn failure(code: i64, message: &str) -> RpcFailure {
    RpcFailure { code, message: message.into(), data: None }
}

#[test]
fn every_nodes_words_are_understood() {
    for (node, code, message, reason) in ANSWERS {
        assert_eq!(classify(&failure(*code, message)).as_ref(), Some(reason), "{node}: {message}");
    }
}

#[test]
fn a_revert_keeps_what_the_contract_returned() {
    let data = Some(Bytes::from_static(&[1, 2, 3, 4]));
    let failure = RpcFailure { data: data.clone(), ..failure(3, "execution reverted") };
    assert_eq!(classify(&failure), Some(RejectReason::Reverted { data }));
}

#[test]
fn an_answer_that_leaves_it_open_is_no_refusal() {
    for message in ["request timed out", "Internal error", "upstream connection reset"] {
        assert_eq!(classify(&failure(-32_603, message)), None, "{message}");
    }
}
