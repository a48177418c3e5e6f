//! JSON-RPC to the chain.

mod asking;
mod client;
pub(crate) mod envelope;
mod error;
mod pool;
mod reads;
mod submitting;
mod transport;
mod types;

pub use client::Rpc;
pub use error::{ChainError, ChainErrorKind, RpcFailure, RpcMethod};
pub use types::{
    Block, BlockHeader, BlockTag, BlockWithReceipts, CallRequest, EndpointView, FeeHistory, Log,
    Receipt, TransactionView, Transfer,
};
