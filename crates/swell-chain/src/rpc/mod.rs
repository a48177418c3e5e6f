//! JSON-RPC to the chain.

mod client;
mod envelope;
mod error;
mod transport;
mod types;

pub use client::Rpc;
pub use error::{ChainError, ChainErrorKind, RpcFailure, RpcMethod};
pub use types::{
    Block, BlockHeader, BlockTag, BlockWithReceipts, CallRequest, FeeHistory, Log, Receipt,
    TransactionView, Transfer,
};
