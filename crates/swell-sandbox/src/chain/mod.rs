//! The dev chain: an EVM, a mempool, blocks on a clock, and JSON-RPC in front.
//!
//! [`Chain`] is the pure state machine: no clock, no runtime, no lock. [`SharedChain`] is the handle
//! that everything else holds; [`run`] makes blocks at the clock's pace; [`router`] answers HTTP
//! and WebSocket.
//!
//! Rules are Prague's, with the transaction gas cap of EIP-7825. Blob and set-code transactions are
//! refused. Base fees are burnt, tips go to the coinbase. Headers carry true transaction and
//! receipt roots; the state root is a running digest, since nothing here proves state.
//!
//! What finished users leave behind is forgotten: see [`Retain`].

mod archive;
mod block;
mod call;
mod config;
mod estimate;
mod execute;
mod fee;
mod filling;
mod genesis;
mod incoming;
mod journal;
mod machine;
mod pool;
mod pool_error;
mod pool_sender;
mod producer;
mod reorg;
mod router;
mod rpc;
mod shared;
mod socket;
mod state;

#[cfg(test)]
mod tests;

pub use block::{Block, Head, MinedTx};
pub use call::{CallError, CallRequest};
pub use config::{ChainConfig, GenesisAccount, PoolLimits, Retain, TX_GAS_LIMIT_MAX};
pub use fee::next_base_fee;
pub use machine::{Chain, ChainSizes};
pub use pool_error::PoolError;
pub use producer::run;
pub use router::router;
pub use rpc::handle_rpc;
pub use shared::SharedChain;
