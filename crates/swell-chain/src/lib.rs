//! The EVM as a load tester needs it: RPC, submission with three answers, one block follower, lanes, keys.
//!
//! ```text
//!  KeyTree ──AccountKey──▶ TxSpec.sign ──SignedTx──▶ ChainHandle::submit / Lane
//!                                                        │ register, then send
//!                                  BlockFollower ◀───────┤
//!                    each block once, all receipts       ▼
//!                                  │                    Rpc ──▶ endpoint
//!                                  └──▶ TxWatch: included, final, withdrawn
//! ```
//!
//! Submitting has three answers ([`SubmitOutcome`]); what is unknown is looked up and sent again
//! with the same bytes, never replaced by something else under the same nonce.

mod account;
mod classify;
mod fees;
mod follower;
#[doc(hidden)]
pub mod fuzzing;
mod handle;
mod keys;
mod lane;
mod multicall;
mod rpc;
mod submit;
#[cfg(test)]
mod testing;
mod tx;

pub use account::{SendError, SendRequest, Submitted};
pub use classify::classify;
pub use fees::{FeeError, FeeOracle, FeePolicy, FeeQuote, replacement};
pub use follower::{
    FeeTag, FeeTotal, FeeTotals, FollowerEvent, FollowerHandle, FollowerStats, Head, HeadReceiver,
    Inclusion, TxRegistration, TxState, TxWatch, WatchError,
};
pub use handle::{ChainHandle, ChainOptions, ConnectError};
pub use keys::{AccountKey, KeyError, KeyTree, RelayerKey, Role, RunId, RunIdError};
pub use lane::{
    Lane, LaneAccepted, LaneCall, LaneCounters, LaneError, LaneOptions, LaneOrder, LaneTask,
    NonceWindow,
};
pub use multicall::{estimate_batch, pay_many};
pub use rpc::{
    Block, BlockHeader, BlockTag, BlockWithReceipts, CallRequest, ChainError, ChainErrorKind,
    EndpointView, FeeHistory, Log, Receipt, Rpc, RpcFailure, RpcMethod, TransactionView, Transfer,
};
pub use submit::{RejectReason, SubmitOutcome};
pub use tx::{SignedTx, TxSpec};
