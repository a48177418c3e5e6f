//! JSON-RPC in front of the chain.

mod blocks;
mod dev;
mod envelope;
mod error;
mod fees;
mod format;
mod logs;
mod methods;
mod params;
mod reads;

pub use envelope::handle_rpc;

pub(crate) use envelope::answer;
pub(crate) use error::RpcError;
pub(crate) use format::{block_header, quantity};
pub(crate) use logs::LogFilter;
pub(crate) use methods::dispatch;
