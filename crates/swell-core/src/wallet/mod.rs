//! Wallets: derived on demand, funded, used once, swept, forgotten.

mod lifecycle;
mod pool;
mod sizing;

pub use lifecycle::{IllegalTransition, QuarantineReason, WalletEvent, WalletState};
pub use pool::{Pool, WalletIndex};
pub use sizing::WalletSizing;
