//! Accounts and storage: what the chain knows now, and what it takes to forget.

use std::collections::VecDeque;
use std::convert::Infallible;

use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use revm::bytecode::Bytecode;
use revm::database_interface::{Database, DatabaseCommit, DatabaseRef};
use revm::primitives::StorageKeyMap;
use revm::state::{Account, AccountInfo};

use super::config::GenesisAccount;
use super::journal::{Before, Journal};

/// Blocks that the opcode BLOCKHASH sees.
const BLOCK_HASHES: usize = 256;

/// The state after the newest block, and the journal of who wrote what when.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    accounts: AddressMap<AccountState>,
    journal: Journal,
    block_hashes: VecDeque<B256>,
    /// Number of the block that is being written; one more than the newest.
    writing: u64,
    /// Sum of what forgotten accounts held, in wei.
    forgotten: U256,
}

#[derive(Clone, Debug, Default)]
struct AccountState {
    balance: U256,
    nonce: u64,
    /// Block of the last write.
    written: u64,
    pinned: bool,
    contract: Option<Box<Contract>>,
}

#[derive(Clone, Debug, Default)]
struct Contract {
    code: Bytecode,
    storage: StorageKeyMap<Slot>,
    /// Whether storage last written long ago is dropped.
    forgets: bool,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    value: U256,
    /// Block of the last write.
    written: u64,
    pinned: bool,
}

/// How much the state holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateSizes {
    pub(crate) accounts: usize,
    pub(crate) slots: usize,
}

impl State {
    /// The state of the genesis block. `forgets` is for the storage of its contracts.
    pub(crate) fn genesis(accounts: &[GenesisAccount], forgets: bool) -> Self {
        let mut state = Self::default();
        for genesis in accounts {
            let slots = genesis
                .storage
                .iter()
                .map(|(&slot, &value)| (slot, Slot { value, written: 0, pinned: true }));
            let storage: StorageKeyMap<Slot> = slots.collect();
            let has_contract = !genesis.code.is_empty() || !storage.is_empty();
            let code = bytecode(genesis.code.clone());
            let contract = has_contract.then(|| Box::new(Contract { code, storage, forgets }));
            let (balance, nonce) = (genesis.balance, genesis.nonce);
            let account = AccountState { balance, nonce, written: 0, pinned: true, contract };
            state.accounts.insert(genesis.address, account);
        }
        state
    }

    pub(crate) fn balance(&self, who: Address) -> U256 {
        self.accounts.get(&who).map_or(U256::ZERO, |account| account.balance)
    }

    pub(crate) fn nonce(&self, who: Address) -> u64 {
        self.accounts.get(&who).map_or(0, |account| account.nonce)
    }

    pub(crate) fn code(&self, who: Address) -> Bytes {
        let contract = self.accounts.get(&who).and_then(|account| account.contract.as_ref());
        contract.map_or_else(Bytes::new, |contract| contract.code.original_bytes())
    }

    pub(crate) fn has_code(&self, who: Address) -> bool {
        let contract = self.accounts.get(&who).and_then(|account| account.contract.as_ref());
        contract.is_some_and(|contract| !contract.code.is_empty())
    }

    pub(crate) fn storage(&self, who: Address, slot: U256) -> U256 {
        let contract = self.accounts.get(&who).and_then(|account| account.contract.as_ref());
        contract.and_then(|contract| contract.storage.get(&slot)).map_or(U256::ZERO, |s| s.value)
    }

    /// Balance and nonce of `who` after block `number`, as far back as the journal goes.
    pub(crate) fn account_after(&self, who: Address, number: u64) -> Before {
        self.journal
            .account_after(who, number)
            .unwrap_or_else(|| Before { balance: self.balance(who), nonce: self.nonce(who) })
    }

    /// Sum of all balances, in wei.
    pub(crate) fn supply(&self) -> U256 {
        self.accounts.values().fold(U256::ZERO, |sum, account| sum.saturating_add(account.balance))
    }

    /// Sum of what forgotten accounts held, in wei.
    pub(crate) fn forgotten(&self) -> U256 {
        self.forgotten
    }

    pub(crate) fn sizes(&self) -> StateSizes {
        let contracts = self.accounts.values().filter_map(|account| account.contract.as_ref());
        let slots = contracts.map(|contract| contract.storage.len()).sum();
        StateSizes { accounts: self.accounts.len(), slots }
    }

    pub(crate) fn set_balance(&mut self, who: Address, balance: U256) {
        self.touch(who).balance = balance;
    }

    pub(crate) fn set_nonce(&mut self, who: Address, nonce: u64) {
        self.touch(who).nonce = nonce;
    }

    pub(crate) fn set_code(&mut self, who: Address, code: Bytes) {
        let account = self.touch(who);
        account.contract.get_or_insert_default().code = bytecode(code);
    }

    /// Sets a slot from outside; it is kept like one of genesis.
    pub(crate) fn set_storage(&mut self, who: Address, slot: U256, value: U256) {
        let written = self.writing;
        let contract = self.touch(who).contract.get_or_insert_default();
        contract.storage.insert(slot, Slot { value, written, pinned: true });
    }

    /// Closes the block being written and forgets what is older than `horizon`.
    pub(crate) fn end_block(&mut self, hash: B256, horizon: Option<u64>, dust: U256) {
        if self.block_hashes.len() == BLOCK_HASHES {
            self.block_hashes.pop_front();
        }
        self.block_hashes.push_back(hash);
        self.writing += 1;
        let Some(horizon) = horizon else { return };
        while let Some(writes) = self.journal.pop_through(horizon) {
            for (who, slots) in writes.slots {
                self.forget_slots(who, &slots, writes.number);
            }
            for (who, _) in writes.accounts {
                self.forget_account(who, writes.number, dust);
            }
        }
    }

    fn forget_slots(&mut self, who: Address, slots: &[U256], number: u64) {
        let Some(account) = self.accounts.get_mut(&who) else { return };
        let Some(contract) = account.contract.as_mut() else { return };
        for slot in slots {
            let is_old = |held: &Slot| held.written == number && !held.pinned;
            if contract.storage.get(slot).is_some_and(is_old) {
                contract.storage.remove(slot);
            }
        }
    }

    fn forget_account(&mut self, who: Address, number: u64, dust: U256) {
        let is_old = |account: &AccountState| {
            let is_plain = account.contract.is_none() && !account.pinned;
            is_plain && account.written == number && account.balance <= dust
        };
        if self.accounts.get(&who).is_some_and(is_old)
            && let Some(account) = self.accounts.remove(&who)
        {
            self.forgotten = self.forgotten.saturating_add(account.balance);
        }
    }

    /// The account of `who` for writing; its value before this block goes into the journal once.
    fn touch(&mut self, who: Address) -> &mut AccountState {
        let writing = self.writing;
        let account = self.accounts.entry(who).or_default();
        if account.written < writing {
            let before = Before { balance: account.balance, nonce: account.nonce };
            self.journal.record_account(writing, who, before);
            account.written = writing;
        }
        account
    }

    fn apply(&mut self, who: Address, changed: Account) {
        if !changed.is_touched() {
            return;
        }
        let is_gone = changed.is_selfdestructed() || changed.is_empty();
        if is_gone {
            // EIP-161: what is empty does not exist.
            if self.accounts.contains_key(&who) {
                self.touch(who);
                self.accounts.remove(&who);
            }
            return;
        }
        let known = self.accounts.get(&who);
        let is_same = known.is_some_and(|account| {
            account.balance == changed.info.balance && account.nonce == changed.info.nonce
        });
        if !is_same {
            let account = self.touch(who);
            account.balance = changed.info.balance;
            account.nonce = changed.info.nonce;
        }
        if changed.is_created() {
            let code = changed.info.code.clone().unwrap_or_default();
            if !code.is_empty() {
                self.touch(who).contract = Some(Box::new(Contract { code, ..Contract::default() }));
            }
        }
        self.apply_storage(who, &changed);
    }

    fn apply_storage(&mut self, who: Address, changed: &Account) {
        let writing = self.writing;
        let mut slots = changed.changed_storage_slots().peekable();
        if slots.peek().is_none() {
            return;
        }
        let Some(account) = self.accounts.get_mut(&who) else { return };
        let contract = account.contract.get_or_insert_default();
        for (&slot, value) in slots {
            let value = value.present_value;
            let held = contract.storage.entry(slot).or_default();
            if held.written < writing && contract.forgets && !held.pinned {
                self.journal.record_slot(writing, who, slot);
            }
            held.written = writing;
            held.value = value;
            if value.is_zero() && !held.pinned {
                contract.storage.remove(&slot);
            }
        }
    }

    fn info(&self, who: Address) -> Option<AccountInfo> {
        let account = self.accounts.get(&who)?;
        let (code, code_hash) = match &account.contract {
            Some(contract) => (contract.code.clone(), contract.code.hash_slow()),
            None => (Bytecode::default(), KECCAK256_EMPTY),
        };
        Some(AccountInfo::new(account.balance, account.nonce, code_hash, code))
    }

    fn hash_of(&self, number: u64) -> B256 {
        let newest = self.writing.saturating_sub(1);
        let age = newest.checked_sub(number).and_then(|age| usize::try_from(age).ok());
        let index = age.and_then(|age| self.block_hashes.len().checked_sub(age + 1));
        index.and_then(|index| self.block_hashes.get(index)).copied().unwrap_or_default()
    }
}

/// Analysed code. Code that looks like a broken delegation is taken as no code.
fn bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code).unwrap_or_default()
}

impl DatabaseRef for State {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.info(address))
    }

    /// Never asked: accounts come with their code.
    fn code_by_hash_ref(&self, _code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(Bytecode::default())
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256, Infallible> {
        Ok(self.storage(address, index))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok(self.hash_of(number))
    }
}

impl Database for State {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        self.basic_ref(address)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Infallible> {
        self.code_by_hash_ref(code_hash)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, Infallible> {
        self.storage_ref(address, index)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        self.block_hash_ref(number)
    }
}

impl DatabaseCommit for State {
    fn commit(&mut self, changes: AddressMap<Account>) {
        for (who, changed) in changes {
            self.apply(who, changed);
        }
    }
}
