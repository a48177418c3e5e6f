//! The contracts on a bare EVM, against what the originals were recorded to do.

mod evm;
mod execution;
mod gas;
mod message;
mod multicall;
mod reverts;
mod schemas;
mod storage;
