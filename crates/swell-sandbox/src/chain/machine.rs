//! The chain as a pure state machine: transactions and timestamps in, blocks out.

use std::sync::Arc;

use alloy_consensus::{Header, Transaction};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use revm::context::BlockEnv;

use super::archive::Archive;
use super::block::{Block, Head, MinedTx};
use super::config::ChainConfig;
use super::execute::BlockRun;
use super::fee::next_base_fee;
use super::filling::Filling;
use super::genesis::{blank_header, genesis_block};
use super::incoming::Incoming;
use super::pool::{Pool, SenderView};
use super::pool_error::PoolError;
use super::reorg::Undo;
use super::state::State;

/// No transaction needs less gas than this.
const TX_GAS_MIN: u64 = 21_000;

/// The dev chain: state, mempool and blocks. It has no clock and no lock; [`SharedChain`] adds both.
///
/// [`SharedChain`]: super::SharedChain
#[derive(Debug)]
pub struct Chain {
    pub(crate) config: ChainConfig,
    pub(crate) state: State,
    pub(crate) pool: Pool,
    pub(crate) archive: Archive,
    /// What EIP-1559 says the next base fee is.
    pub(super) base_fee_next: u64,
    /// What someone asked the next block's base fee to be.
    base_fee_once: Option<u64>,
    /// Sum of all base fees paid, in wei.
    pub(super) burnt: U256,
    mining_paused: bool,
    pub(super) undo: Undo,
}

/// How much a chain holds, to show that it does not grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainSizes {
    /// Blocks kept.
    pub blocks: usize,
    /// Mined transactions kept.
    pub transactions: usize,
    /// Accounts known.
    pub accounts: usize,
    /// Storage slots known.
    pub slots: usize,
    /// Transactions waiting.
    pub pooled: usize,
}

impl Chain {
    /// A chain whose newest block is genesis.
    #[must_use]
    pub fn new(config: ChainConfig) -> Self {
        let forgets = config.retain != super::config::Retain::All;
        let mut state = State::genesis(&config.accounts, forgets);
        let genesis = genesis_block(&config);
        state.end_block(genesis.hash, None, U256::ZERO);
        Self {
            base_fee_next: config.base_fee_initial.max(config.base_fee_floor),
            pool: Pool::new(config.pool),
            archive: Archive::new(genesis),
            state,
            config,
            base_fee_once: None,
            burnt: U256::ZERO,
            mining_paused: false,
            undo: Undo::default(),
        }
    }

    /// The rules it was begun with, and the base fee pinned since.
    #[must_use]
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// Takes a signed transaction into the mempool and returns its hash.
    ///
    /// # Errors
    /// [`PoolError`] if it is malformed, not for this chain, or not taken by the pool.
    pub fn submit_raw(&mut self, raw: &[u8]) -> Result<B256, PoolError> {
        let incoming = Incoming::decode(raw, self.config.chain_id)?;
        self.submit(incoming)
    }

    pub(crate) fn submit(&mut self, incoming: Incoming) -> Result<B256, PoolError> {
        if incoming.tx.gas_limit() > self.config.gas_limit {
            return Err(PoolError::ExceedsBlockGasLimit);
        }
        let sender = incoming.sender;
        if self.state.has_code(sender) {
            return Err(PoolError::SenderNotEoa(sender));
        }
        let (nonce, balance) = (self.state.nonce(sender), self.state.balance(sender));
        self.pool.insert(incoming, SenderView { nonce, balance })
    }

    /// Makes the next block, at `unix` seconds since the epoch or its parent's time if that is later.
    pub fn produce_block(&mut self, unix: u64) -> Head {
        self.remember();
        let base_fee = self.next_base_fee();
        let header = self.next_header(unix, base_fee);
        let mined = self.fill_block(&header);
        let mut header = header;
        header.gas_used = mined.last().map_or(0, |last| last.receipt.cumulative_gas_used());
        let block = Arc::new(Block::seal(header, mined));
        let head = block.head();
        self.burnt += U256::from(base_fee) * U256::from(head.gas_used);
        self.base_fee_once = None;
        self.base_fee_next = next_base_fee(
            base_fee,
            head.gas_used,
            self.config.gas_limit,
            self.config.elasticity,
            self.config.base_fee_floor,
        );
        self.archive.push(block);
        let horizon = self.config.retain.horizon(head.number);
        self.state.end_block(head.hash, horizon, self.config.dust);
        if let Some(horizon) = horizon {
            self.archive.forget_through(horizon);
        }
        head
    }

    /// The newest block.
    #[must_use]
    pub fn newest(&self) -> &Arc<Block> {
        self.archive.newest()
    }

    /// The newest block, in brief.
    #[must_use]
    pub fn head(&self) -> Head {
        self.newest().head()
    }

    /// The base fee of the next block, in wei per gas.
    #[must_use]
    pub fn next_base_fee(&self) -> u64 {
        self.base_fee_once.or(self.config.base_fee_pinned).unwrap_or(self.base_fee_next)
    }

    /// What `who` holds now, in wei.
    #[must_use]
    pub fn balance(&self, who: Address) -> U256 {
        self.state.balance(who)
    }

    /// The next nonce of `who` on the chain.
    #[must_use]
    pub fn nonce(&self, who: Address) -> u64 {
        self.state.nonce(who)
    }

    /// The next nonce of `who` behind its executable transactions in the mempool.
    #[must_use]
    pub fn pending_nonce(&self, who: Address) -> u64 {
        let on_chain = self.state.nonce(who);
        self.pool.next_free_nonce(who).map_or(on_chain, |nonce| nonce.max(on_chain))
    }

    /// The runtime code of `who`.
    #[must_use]
    pub fn code(&self, who: Address) -> Bytes {
        self.state.code(who)
    }

    /// A storage slot of `who`.
    #[must_use]
    pub fn storage(&self, who: Address, slot: U256) -> U256 {
        self.state.storage(who, slot)
    }

    /// Sum of all base fees paid, in wei: it left the supply for good.
    #[must_use]
    pub fn burnt(&self) -> U256 {
        self.burnt
    }

    /// Sum of what forgotten accounts held, in wei; see [`ChainConfig::dust`].
    #[must_use]
    pub fn forgotten(&self) -> U256 {
        self.state.forgotten()
    }

    /// Sum of all balances, in wei. Walks all accounts.
    #[must_use]
    pub fn supply(&self) -> U256 {
        self.state.supply()
    }

    /// How much the chain holds. Walks all accounts.
    #[must_use]
    pub fn sizes(&self) -> ChainSizes {
        let (blocks, transactions) = self.archive.sizes();
        let state = self.state.sizes();
        let pooled = self.pool.len();
        ChainSizes { blocks, transactions, accounts: state.accounts, slots: state.slots, pooled }
    }

    /// Whether blocks are withheld; see [`Chain::pause_mining`].
    #[must_use]
    pub fn mining_paused(&self) -> bool {
        self.mining_paused
    }

    /// Withholds blocks, or makes them again: what a stalled chain looks like.
    pub fn pause_mining(&mut self, paused: bool) {
        self.mining_paused = paused;
    }

    /// Pins the base fee of all blocks to come, in wei per gas; `None` lets it move.
    pub fn pin_base_fee(&mut self, base_fee: Option<u64>) {
        self.config.base_fee_pinned = base_fee;
    }

    /// Sets the base fee of the next block only, in wei per gas.
    pub fn set_next_base_fee(&mut self, base_fee: u64) {
        self.base_fee_once = Some(base_fee);
    }

    /// Sets what `who` holds, in wei.
    pub fn set_balance(&mut self, who: Address, balance: U256) {
        self.state.set_balance(who, balance);
    }

    /// Sets the next nonce of `who`.
    pub fn set_nonce(&mut self, who: Address, nonce: u64) {
        self.state.set_nonce(who, nonce);
        self.pool.settle(who, nonce);
    }

    /// Sets the runtime code of `who`.
    pub fn set_code(&mut self, who: Address, code: Bytes) {
        self.state.set_code(who, code);
    }

    /// Sets a storage slot of `who`. It is kept like one of genesis.
    pub fn set_storage(&mut self, who: Address, slot: U256, value: U256) {
        self.state.set_storage(who, slot, value);
    }

    /// Drops all waiting transactions.
    pub fn drop_pooled(&mut self) {
        self.pool.clear();
    }

    /// How many transactions could be mined, and how many wait behind a missing nonce.
    #[must_use]
    pub fn pooled(&self) -> (usize, usize) {
        self.pool.counts()
    }

    /// The block `number`, if it is kept.
    #[must_use]
    pub fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.archive.by_number(number)
    }

    /// The environment in which `header`'s transactions run.
    pub(crate) fn block_env(&self, header: &Header) -> BlockEnv {
        BlockEnv {
            number: U256::from(header.number),
            beneficiary: header.beneficiary,
            timestamp: U256::from(header.timestamp),
            gas_limit: header.gas_limit,
            basefee: header.base_fee_per_gas.unwrap_or_default(),
            difficulty: U256::ZERO,
            prevrandao: Some(header.mix_hash),
            ..BlockEnv::default()
        }
    }

    /// The header of the next block, before its transactions.
    pub(crate) fn next_header(&self, unix: u64, base_fee: u64) -> Header {
        let parent = self.newest();
        let number = parent.header.number + 1;
        let branch = self.undo.branch();
        let mix = [self.newest().hash.as_slice(), &number.to_be_bytes(), &branch].concat();
        Header {
            parent_hash: parent.hash,
            number,
            timestamp: unix.max(parent.header.timestamp),
            base_fee_per_gas: Some(base_fee),
            state_root: parent.header.state_root,
            mix_hash: keccak256(mix),
            ..blank_header(&self.config)
        }
    }

    /// Runs the best transactions of the pool until the block is full.
    fn fill_block(&mut self, header: &Header) -> Vec<MinedTx> {
        let env = self.block_env(header);
        let mut selection = self.pool.selection(env.basefee);
        let mut filling = Filling::new(header);
        let mut settled: Vec<(Address, u64)> = Vec::new();
        let mut invalid: Vec<(Address, u64)> = Vec::new();
        let mut run = BlockRun::new(&mut self.state, self.config.chain_id, env);
        while filling.gas_left >= TX_GAS_MIN
            && let Some(incoming) = selection.next()
        {
            if incoming.tx.gas_limit() > filling.gas_left {
                continue;
            }
            let id = (incoming.sender, incoming.nonce());
            match run.run(&incoming) {
                Ok(result) => {
                    selection.advance(&self.pool, &incoming);
                    settled.push(id);
                    filling.add(incoming, result);
                }
                // Overspent by an earlier transaction of the same sender: it can wait for ever.
                Err(_invalid) => invalid.push(id),
            }
        }
        drop(run);
        for (sender, nonce) in invalid {
            self.pool.remove(sender, nonce);
        }
        // Backwards, so that each sender settles at once on its last nonce.
        for &(sender, nonce) in settled.iter().rev() {
            self.pool.settle(sender, self.state.nonce(sender).max(nonce + 1));
        }
        filling.into_mined()
    }
}
