//! Why the mempool refused a transaction, in the words clients look for.

use alloy_primitives::{Address, U256};

/// Why the mempool refused a transaction.
///
/// The texts are those of geth's pool: client libraries tell errors apart by them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The bytes are not a signed transaction.
    #[error("rlp: {0}")]
    Undecodable(String),
    /// Blob and set-code transactions are not taken.
    #[error("transaction type not supported")]
    TypeNotSupported,
    /// The transaction does not say which chain it is for.
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    /// The transaction was signed for another chain.
    #[error("invalid sender: invalid chain id for signer: have {have} want {want}")]
    WrongChain {
        /// The chain it was signed for.
        have: u64,
        /// This chain.
        want: u64,
    },
    /// The signature does not give a sender.
    #[error("invalid sender: {0}")]
    InvalidSender(String),
    /// The transaction is larger than a node takes.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Its size in bytes.
        size: usize,
        /// The most taken.
        limit: usize,
    },
    /// The code to deploy is too long.
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitcodeTooLarge {
        /// Its size in bytes.
        size: usize,
        /// The most taken.
        limit: usize,
    },
    /// The transaction asks for more gas than any may.
    #[error("transaction gas limit too high (cap: {cap}, tx: {gas})")]
    GasLimitTooHigh {
        /// The most allowed.
        cap: u64,
        /// What it asks for.
        gas: u64,
    },
    /// The transaction asks for more gas than a block has.
    #[error("exceeds block gas limit")]
    ExceedsBlockGasLimit,
    /// The gas does not pay for the transaction's own bytes.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGasTooLow {
        /// What it asks for.
        gas: u64,
        /// What it needs.
        needed: u64,
    },
    /// The gas does not reach the floor for call data.
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {needed}")]
    FloorGasTooLow {
        /// What it asks for.
        gas: u64,
        /// What it needs.
        needed: u64,
    },
    /// The tip is above the fee cap.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}"
    )]
    TipAboveFeeCap {
        /// The tip, in wei per gas.
        tip: u128,
        /// The fee cap, in wei per gas.
        cap: u128,
    },
    /// The tip is below what the pool takes.
    #[error("transaction underpriced: gas tip cap {tip}, minimum needed {needed}")]
    Underpriced {
        /// The tip, in wei per gas.
        tip: u128,
        /// The least taken.
        needed: u128,
    },
    /// The sender has used this nonce.
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow {
        /// The sender's next nonce.
        next: u64,
        /// The transaction's.
        nonce: u64,
    },
    /// No account can have that many transactions.
    #[error("nonce has max value")]
    NonceMax,
    /// The sender cannot pay for the worst case of this and its waiting transactions.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, tx cost {cost}, overshot {}",
        overshot(.balance, .queued, .cost)
    )]
    InsufficientFunds {
        /// What the sender holds, in wei.
        balance: U256,
        /// What its other waiting transactions may cost, in wei.
        queued: U256,
        /// What this one may cost, in wei.
        cost: U256,
    },
    /// The sender is a contract.
    #[error("sender not an eoa: address {0}")]
    SenderNotEoa(Address),
    /// The very same transaction waits already.
    #[error("already known")]
    AlreadyKnown,
    /// Another transaction with this nonce waits, and this one does not pay 10 % more.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// The sender has as many transactions waiting as one may.
    #[error("account limit exceeded")]
    AccountLimit,
    /// The pool is full.
    #[error("txpool is full")]
    Full,
}

/// How much is missing, in wei.
fn overshot(balance: &U256, queued: &U256, cost: &U256) -> U256 {
    queued.saturating_add(*cost).saturating_sub(*balance)
}
