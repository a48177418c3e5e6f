//! What a dev chain is told before it begins.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::{Address, Bytes, U256, address};

/// The most gas one transaction may ask for.
///
/// # Source
/// EIP-7825, which Moksha's clients already obey.
pub const TX_GAS_LIMIT_MAX: u64 = 16_777_216;

/// The rules of one dev chain. [`Default`] is the sandbox's profile `fast`, with no accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// The chain id transactions must be signed for.
    pub chain_id: u64,
    /// Time between two blocks.
    pub block_time: Duration,
    /// Gas a block may use.
    pub gas_limit: u64,
    /// Base fee of the first block, in wei per gas.
    pub base_fee_initial: u64,
    /// The base fee never falls below this, in wei per gas.
    pub base_fee_floor: u64,
    /// When set, every block has this base fee, in wei per gas.
    pub base_fee_pinned: Option<u64>,
    /// Gas limit ÷ gas target. Blocks fuller than the target raise the base fee.
    pub elasticity: u64,
    /// The tip that `eth_maxPriorityFeePerGas` suggests, in wei per gas.
    pub tip_suggested: u128,
    /// Who receives the tips.
    pub coinbase: Address,
    /// The accounts that exist from the beginning.
    pub accounts: Vec<GenesisAccount>,
    /// What the mempool takes.
    pub pool: PoolLimits,
    /// How much of the past is kept.
    pub retain: Retain,
    /// An account of no contract holding no more than this, in wei, counts as empty once it is
    /// as old as [`Retain`] says; what it held is added to [`Chain::forgotten`](super::Chain::forgotten).
    pub dust: U256,
    /// The most gas `eth_call` and `eth_estimateGas` spend.
    pub call_gas_cap: u64,
    /// Timestamp of the genesis block, in seconds since the Unix epoch.
    pub genesis_unix: u64,
    /// Blocks that [`Chain::reorganise`](super::Chain::reorganise) can take back. For each of them
    /// a copy of the state is kept.
    pub undo_blocks_max: usize,
}

impl Default for ChainConfig {
    fn default() -> Self {
        Self {
            chain_id: 14_800,
            block_time: Duration::from_secs(1),
            gas_limit: 1_000_000_000,
            base_fee_initial: 1_000_000_000,
            base_fee_floor: 7,
            base_fee_pinned: None,
            elasticity: 2,
            tip_suggested: 1_000_000,
            coinbase: address!("00000000000000000000000000000000000c01ba"),
            accounts: Vec::new(),
            pool: PoolLimits::default(),
            retain: Retain::default(),
            dust: U256::ZERO,
            call_gas_cap: 50_000_000,
            genesis_unix: 1_767_225_600,
            undo_blocks_max: 0,
        }
    }
}

/// An account that exists from the beginning. It is never forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Where it is.
    pub address: Address,
    /// What it holds, in wei.
    pub balance: U256,
    /// Its next nonce.
    pub nonce: u64,
    /// Its runtime code; empty for none.
    ///
    /// The storage of an account with code is forgotten as [`Retain`] says. Contracts that are
    /// deployed later are their user's own and keep theirs.
    pub code: Bytes,
    /// Its storage. The slots named here are never forgotten, even if their value is zero: name
    /// those that must outlive a pause in the load, such as counters.
    pub storage: BTreeMap<U256, U256>,
}

/// What the mempool takes, beyond which it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Transactions of one sender that could be mined in nonce order.
    pub executable_per_sender_max: usize,
    /// Transactions of one sender that wait behind a missing nonce.
    pub queued_per_sender_max: usize,
    /// Transactions of all senders.
    pub total_max: usize,
    /// The lowest tip taken, in wei per gas.
    pub tip_min: u128,
}

impl PoolLimits {
    /// Limits like those of a public node.
    ///
    /// # Source
    /// geth's legacy pool: 64 queued a sender, 4,096 + 1,024 in all (`core/txpool/legacypool`).
    pub const PUBLIC_NODE: Self = Self {
        executable_per_sender_max: 64,
        queued_per_sender_max: 64,
        total_max: 5_120,
        tip_min: 0,
    };
}

impl Default for PoolLimits {
    /// Limits that a load on a local chain does not meet.
    fn default() -> Self {
        Self {
            executable_per_sender_max: 4_096,
            queued_per_sender_max: 1_024,
            total_max: 100_000,
            tip_min: 0,
        }
    }
}

/// How much of the past is kept.
///
/// With [`Retain::Blocks`], memory does not grow with the number of users. After so many blocks are
/// forgotten:
///
/// - blocks, with their transactions, receipts and logs;
/// - accounts of no contract that hold nothing and were last touched before that (their nonce
///   begins at 0 again, were they ever funded anew);
/// - storage of genesis contracts that was last written before that and was not named in
///   genesis: it reads as zero. Counters and totals stay because every transaction writes them;
///   an element of a list that only grows does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retain {
    /// The last so many blocks.
    Blocks(u64),
    /// Everything, for ever.
    All,
}

impl Retain {
    /// The last block to forget once `head` is the newest, if any.
    pub(crate) fn horizon(self, head: u64) -> Option<u64> {
        match self {
            Self::Blocks(kept) => head.checked_sub(kept.max(1)),
            Self::All => None,
        }
    }
}

impl Default for Retain {
    fn default() -> Self {
        Self::Blocks(256)
    }
}
