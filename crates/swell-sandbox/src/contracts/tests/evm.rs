//! An EVM with nothing on it but the contracts.

use alloy_primitives::{Address, Bytes, U256, address};
use revm::bytecode::Bytecode;
use revm::context::result::ExecutionResult;
use revm::context::{CfgEnv, Context, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::handler::{MainnetContext, MainnetEvm};
use revm::primitives::TxKind;
use revm::primitives::hardfork::SpecId;
use revm::state::AccountInfo;
use revm::{Database, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext};

use crate::contracts::genesis_accounts;

/// The application the recordings were made with, and its key as registered.
pub(super) const APPLICATION: Address = address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");
pub(super) const APPLICATION_KEY: &str = concat!(
    "0x049d9031e97dd78ff8c15aa86939de9b1e791066a0224e331bc962a2099a7b1f04",
    "64b8bbafe1535f2301c72c2cb3535b172da30b02686ab0393d348614f157fbdb",
);
const RELAYER: Address = address!("0x90F79bf6EB2c4f870365E785982E1f101E93b906");

/// One chain at block 18, as in the recordings.
pub(super) struct TestEvm(MainnetEvm<MainnetContext<CacheDB<EmptyDB>>>);

impl TestEvm {
    pub(super) fn new() -> Self {
        Self::with_key(APPLICATION_KEY)
    }

    /// The same, with another key of the application in genesis.
    pub(super) fn with_key(key: &str) -> Self {
        let mut db = CacheDB::<EmptyDB>::default();
        for contract in genesis_accounts(APPLICATION, key) {
            let code = Bytecode::new_raw(contract.code);
            let info = AccountInfo { nonce: 1, ..AccountInfo::default() }.with_code(code);
            db.insert_account_info(contract.address, info);
            for (slot, value) in contract.storage {
                db.insert_account_storage(contract.address, slot, value).unwrap();
            }
        }
        db.insert_account_info(RELAYER, AccountInfo::from_balance(U256::MAX >> 1));
        let mut cfg = CfgEnv::new_with_spec(SpecId::PRAGUE).with_chain_id(14_800);
        cfg.disable_nonce_check = true;
        let context = Context::mainnet().with_db(db).with_cfg(cfg);
        let context = context.modify_block_chained(|block| block.number = U256::from(18));
        Self(context.build_mainnet())
    }

    /// Sends a transaction and keeps what it changed.
    pub(super) fn send(&mut self, to: Address, data: Bytes, value: U256) -> ExecutionResult {
        self.0.transact_commit(tx(to, data, value)).unwrap()
    }

    /// Runs a call and changes nothing.
    pub(super) fn call(&mut self, to: Address, data: Bytes) -> ExecutionResult {
        self.0.transact(tx(to, data, U256::ZERO)).unwrap().result
    }

    pub(super) fn balance(&mut self, account: Address) -> U256 {
        self.0.ctx.journaled_state.database.basic(account).unwrap().unwrap_or_default().balance
    }
}

fn tx(to: Address, data: Bytes, value: U256) -> TxEnv {
    TxEnv::builder()
        .caller(RELAYER)
        .chain_id(Some(14_800))
        .gas_limit(16_000_000)
        .kind(TxKind::Call(to))
        .data(data)
        .value(value)
        .build()
        .unwrap()
}
