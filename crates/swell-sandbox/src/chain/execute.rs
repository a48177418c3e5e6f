//! Running transactions on revm.

use std::convert::Infallible;

use alloy_consensus::{Transaction, Typed2718};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use revm::bytecode::Bytecode;
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::database_interface::{DatabaseRef, WrapDatabaseRef};
use revm::handler::{MainnetContext, MainnetEvm};
use revm::primitives::hardfork::SpecId;
use revm::state::AccountInfo;
use revm::{ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext};

use super::incoming::Incoming;
use super::state::State;

/// The rules of the chain.
pub(crate) const SPEC: SpecId = SpecId::PRAGUE;

/// What refuses a transaction before it runs.
pub(crate) type ExecuteError = EVMError<Infallible, InvalidTransaction>;

/// Runs the transactions of one block, each on the state the one before left.
pub(crate) struct BlockRun<'a> {
    evm: MainnetEvm<MainnetContext<&'a mut State>>,
}

impl<'a> BlockRun<'a> {
    pub(crate) fn new(state: &'a mut State, chain_id: u64, env: BlockEnv) -> Self {
        let context = Context::mainnet().with_db(state).with_cfg(cfg(chain_id)).with_block(env);
        Self { evm: context.build_mainnet() }
    }

    /// Runs `incoming` and commits what it did; nothing is changed on an error.
    pub(crate) fn run(&mut self, incoming: &Incoming) -> Result<ExecutionResult, ExecuteError> {
        self.evm.transact_commit(tx_env(incoming))
    }
}

/// Runs `tx` on `state` and changes nothing.
pub(crate) fn simulate(
    state: &State,
    chain_id: u64,
    env: BlockEnv,
    tx: TxEnv,
) -> Result<ExecutionResult, ExecuteError> {
    let mut cfg = cfg(chain_id);
    cfg.disable_nonce_check = true;
    let view = WrapDatabaseRef(CallView { state, caller: tx.caller });
    let context = Context::mainnet().with_db(view).with_cfg(cfg).with_block(env);
    context.build_mainnet().transact(tx).map(|outcome| outcome.result)
}

/// The state as a call sees it: anybody may be the caller, a contract too.
struct CallView<'a> {
    state: &'a State,
    caller: Address,
}

impl DatabaseRef for CallView<'_> {
    type Error = Infallible;

    /// EIP-3607 refuses callers with code, so the caller is shown without.
    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        let info = self.state.basic_ref(address)?;
        let as_caller = |info: AccountInfo| {
            AccountInfo::new(info.balance, info.nonce, KECCAK256_EMPTY, Bytecode::default())
        };
        Ok(if address == self.caller { info.map(as_caller) } else { info })
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        self.state.code_by_hash_ref(code_hash)
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256, Infallible> {
        self.state.storage_ref(address, index)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        self.state.block_hash_ref(number)
    }
}

fn cfg(chain_id: u64) -> CfgEnv {
    let mut cfg = CfgEnv::new().with_spec_and_mainnet_gas_params(SPEC).with_chain_id(chain_id);
    // The pool enforces the cap for transactions; calls may spend more.
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg
}

fn tx_env(incoming: &Incoming) -> TxEnv {
    let tx = &incoming.tx;
    TxEnv {
        tx_type: tx.ty(),
        caller: incoming.sender,
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        blob_hashes: Vec::new(),
        max_fee_per_blob_gas: 0,
        authorization_list: Vec::new(),
    }
}
