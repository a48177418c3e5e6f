//! Sends what is left in an account home.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use swell_chain::{
    AccountKey, BlockTag, ChainError, ChainHandle, FeeTag, Inclusion, SendError, SendRequest,
    TxSpec,
};
use swell_core::run::RunState;
use swell_core::units::{Gas, Wei};

use crate::books::Books;
use crate::gas_budget::GasBudget;
use crate::reader::AccountReader;

/// Sends what is left in an account home. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sweeper {
    /// The chain.
    pub chain: ChainHandle,
    /// Where balances are read.
    pub reader: AccountReader,
    /// The money statement.
    pub books: Arc<Books>,
    /// What sweeping may use of each block's gas; `None` when nothing else is going on.
    pub budget: Option<Arc<GasBudget>>,
}

impl Sweeper {
    /// Attempts per account. Each reads the account again first.
    const ATTEMPTS_MAX: u32 = 4;
    /// Between two attempts to read a chain that does not answer.
    const READ_PAUSE: Duration = Duration::from_secs(2);
    /// A chain that has been silent for so long is taken for dead: whoever reads it waits no more.
    const SILENCE_MAX: Duration = Duration::from_secs(20);
    /// The longest one question may take, repetitions included.
    const READ_TIMEOUT: Duration = Duration::from_secs(10);
    /// The longest wait for a block.
    const BLOCK_PATIENCE: Duration = Duration::from_secs(15);
    /// The longest one attempt may take until a block has it; each further block that makes it final
    /// adds [`Self::BLOCK_PATIENCE`].
    const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

    /// Empties the account of `key` into `home` and returns what arrived there.
    ///
    /// `in_doubt`: the chain may hold a transaction of this account's. It gets ten blocks to be
    /// included; after that the sweep takes its nonce, so that it can never be included later.
    /// What is worth less than its own transfer stays, and is written down as left.
    pub async fn sweep(&self, key: &AccountKey, home: Address, in_doubt: bool) -> Wei {
        if in_doubt {
            self.let_doubt_pass(key.address()).await;
        }
        let mut known = None;
        let mut doubtful = Vec::new();
        for _ in 0..Self::ATTEMPTS_MAX {
            let Some(state) = self.reader.read(key.address()).await else {
                if self.is_chain_dead() {
                    break;
                }
                self.chain.clock().sleep(Self::READ_PAUSE).await;
                continue;
            };
            known = Some(state.balance);
            match self.send_home(key, home, state.balance, state.nonce).await {
                Attempt::Arrived { amount, dust } => {
                    self.books.leave(dust);
                    return amount;
                }
                Attempt::NotWorthIt => {
                    self.books.leave(state.balance);
                    return self.arrived_late(&doubtful).await;
                }
                Attempt::Doubtful(tx, amount) => {
                    doubtful.push((tx, amount));
                    self.next_block().await;
                }
                Attempt::Again => self.next_block().await,
            }
        }
        self.give_up(key.address(), known);
        Wei::ZERO
    }

    async fn send_home(
        &self,
        key: &AccountKey,
        home: Address,
        balance: Wei,
        nonce: u64,
    ) -> Attempt {
        let Ok(quote) = self.chain.fees().sweep_quote().await else { return Attempt::Again };
        let fee = quote.max_fee * Gas::TRANSFER;
        let Some(amount) = balance.checked_sub(fee).filter(|amount| !amount.is_zero()) else {
            return Attempt::NotWorthIt;
        };
        let spec = TxSpec::transfer(home, amount);
        if let Some(budget) = &self.budget {
            budget.take(Gas::TRANSFER).await;
        }
        let deadline = self.chain.clock().now() + Self::ATTEMPT_TIMEOUT;
        // What is left for gas is all offered at once: nothing is left for a replacement.
        let fee_max = quote.max_fee;
        let tag = FeeTag::Sweep;
        let request = SendRequest { key, nonce, spec: &spec, quote, fee_max, tag, deadline };
        match self.send_for_good(request).await {
            Ok(inclusion) if inclusion.success => {
                Attempt::Arrived { amount, dust: balance.saturating_sub(amount + inclusion.fee) }
            }
            Ok(_) => Attempt::Again,
            Err(error) => {
                tracing::debug!(%error, account = %key.address(), "a sweep is tried again");
                if error.may_have_spent() {
                    return Attempt::Doubtful(error.tx(), amount);
                }
                Attempt::Again
            }
        }
    }

    /// Sends it and waits until it is final: a block that leaves the chain takes the money back to
    /// an account that nobody looks at any more.
    async fn send_for_good(&self, request: SendRequest<'_>) -> Result<Arc<Inclusion>, SendError> {
        let blocks = u32::try_from(self.chain.finality_blocks() - 1).unwrap_or(u32::MAX);
        let deadline = request.deadline + Self::BLOCK_PATIENCE.saturating_mul(blocks);
        self.chain.submit(request).await?.confirmed(u64::MAX, deadline).await
    }

    /// What arrived by an attempt that was given up on before its block came. At most one of them
    /// can have: they shared a nonce, or the later one found the earlier one's money gone.
    async fn arrived_late(&self, attempts: &[(B256, Wei)]) -> Wei {
        for (tx, amount) in attempts {
            let receipt = self.chain.rpc().receipt(*tx).await;
            if matches!(receipt, Ok(Some(receipt)) if receipt.status != Some(false)) {
                return *amount;
            }
        }
        Wei::ZERO
    }

    /// Waits until no transaction of `account` is pending, but not for ever, and not at all for a
    /// chain that is dead.
    pub(crate) async fn let_doubt_pass(&self, account: Address) {
        // It may have come back: one look tells.
        if self.is_chain_dead() && self.reader.read(account).await.is_none() {
            return;
        }
        for _ in 0..RunState::SETTLE_BLOCKS_MAX {
            match self.is_quiet(account).await {
                Ok(true) => return,
                Ok(false) => self.next_block().await,
                Err(_) if self.is_chain_dead() => return,
                Err(_) => self.chain.clock().sleep(Self::READ_PAUSE).await,
            }
        }
    }

    /// Whether the chain has answered nobody for so long that waiting for it makes no sense.
    pub(crate) fn is_chain_dead(&self) -> bool {
        self.reader.silent_for() >= Self::SILENCE_MAX
    }

    async fn is_quiet(&self, account: Address) -> Result<bool, ChainError> {
        let rpc = self.chain.rpc().by(self.chain.clock().now() + Self::READ_TIMEOUT);
        let pending = rpc.nonce(account, BlockTag::Pending).await?;
        let included = rpc.nonce(account, BlockTag::Latest).await?;
        Ok(pending <= included)
    }

    /// Waits for a block, and not longer than a stalled chain deserves.
    pub(crate) async fn next_block(&self) {
        let follower = self.chain.follower();
        let next = follower.head().number + 1;
        tokio::select! {
            biased;
            _ = follower.wait_for_block(next) => {}
            () = self.chain.clock().sleep(Self::BLOCK_PATIENCE) => {}
        }
    }

    fn give_up(&self, account: Address, known: Option<Wei>) {
        tracing::error!(%account, "an account could not be swept; `swell sweep` can try again");
        match known {
            Some(balance) => self.books.doubt(balance),
            None => self.books.lose_sight(),
        }
    }
}

enum Attempt {
    Arrived {
        amount: Wei,
        dust: Wei,
    },
    NotWorthIt,
    /// It is not known whether this transaction will bring, or has brought, this amount.
    Doubtful(B256, Wei),
    Again,
}
