//! Whose address is whose.

use std::collections::BTreeMap;
use std::fmt;

use alloy_primitives::Address;
use swell_chain::{KeyTree, RelayerKey, RunId};

/// An account of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Account {
    Relayer,
    Lane(u32),
    Wallet(u32),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relayer => f.write_str("the relayer"),
            Self::Lane(index) => write!(f, "lane {index}"),
            Self::Wallet(index) => write!(f, "wallet {index}"),
        }
    }
}

/// The accounts a small run may use, by address.
#[derive(Clone, Debug)]
pub(crate) struct Accounts(BTreeMap<Address, Account>);

impl Accounts {
    const LANES: u32 = 8;
    /// More than any simulated run uses; whatever lies beyond shows up as a stranger.
    pub(crate) const WALLETS: u32 = 96;

    /// The accounts of the run `run_id` under `relayer`.
    pub(crate) fn derive(relayer: &RelayerKey, run_id: &RunId) -> Self {
        let keys = KeyTree::new(relayer, run_id);
        let lanes =
            (0..Self::LANES).map(|index| (keys.lane(0, index).address(), Account::Lane(index)));
        let wallets = (0..Self::WALLETS)
            .map(|index| (keys.wallet(0, index).address(), Account::Wallet(index)));
        let home = std::iter::once((relayer.address(), Account::Relayer));
        Self(home.chain(lanes).chain(wallets).collect())
    }

    /// Whose address it is; `None` for a stranger's.
    pub(crate) fn of(&self, address: Address) -> Option<Account> {
        self.0.get(&address).copied()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Address, Account)> + '_ {
        self.0.iter().map(|(address, account)| (*address, *account))
    }
}
