//! What proves money: questions whose answers must not be old.

use alloy_primitives::{Address, B256, U256};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use swell_core::units::Wei;

use super::asking::FreshQuestion;
use super::client::Rpc;
use super::envelope::Outcome;
use super::error::{ChainError, ChainErrorKind, RpcMethod};
use super::types::{Block, BlockTag, Quantity, Receipt, TransactionView};

impl Rpc {
    /// An account's balance.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn balance(&self, account: Address, tag: BlockTag) -> Result<Wei, ChainError> {
        let method = RpcMethod::BALANCE;
        let params = (account, tag.to_param());
        if let BlockTag::Number(_) = tag {
            // It says itself how old it is.
            return self.ask(method, &params).await.map(Wei);
        }
        let balances = self.ask_fresh(&[call(method, &params)]).await?;
        self.not_null(method, balances.into_iter().next().flatten()).map(Wei)
    }

    /// The newest balances of many accounts, in their order, in one batch per
    /// [`Self::BATCH_MAX`].
    ///
    /// # Errors
    /// [`ChainError`] when any of them is missing.
    pub async fn balances(&self, accounts: &[Address]) -> Result<Vec<Wei>, ChainError> {
        let balances: Vec<U256> = self.of_accounts(RpcMethod::BALANCE, accounts).await?;
        Ok(balances.into_iter().map(Wei).collect())
    }

    /// An account's next nonce.
    ///
    /// [`BlockTag::Latest`] is the newest block required, not whatever block the node is at: a nonce
    /// that is spent beyond what has been read here would look like somebody else's doing.
    /// [`BlockTag::Pending`] is the highest that any endpoint says, as each knows its own pool.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn nonce(&self, account: Address, tag: BlockTag) -> Result<u64, ChainError> {
        let method = RpcMethod::NONCE;
        match tag {
            BlockTag::Pending => self.pending_nonce(account, Proof::AnyAnswer).await,
            BlockTag::Number(_) => self.ask_u64(method, &(account, tag.to_param())).await,
            BlockTag::Latest => {
                let newest = match self.transport.pool.floor() {
                    0 => BlockTag::Latest,
                    floor => BlockTag::Number(floor),
                };
                let params = (account, newest.to_param());
                let nonces = self.ask_fresh(&[call(method, &params)]).await?;
                let nonce = self.not_null(method, nonces.into_iter().next().flatten())?;
                self.fit(method, nonce)
            }
        }
    }

    /// An account's next nonce, its pending transactions counted, by every endpoint that may hold a
    /// transaction of ours: from here on no nonce is spent.
    ///
    /// # Errors
    /// [`ChainError`], also when one of these endpoints cannot say.
    pub async fn nonce_everywhere(&self, account: Address) -> Result<u64, ChainError> {
        self.pending_nonce(account, Proof::AllHolders).await
    }

    /// The newest nonces of many accounts, in their order, batched like [`Self::balances`].
    ///
    /// # Errors
    /// [`ChainError`] when any of them is missing.
    pub async fn nonces(&self, accounts: &[Address]) -> Result<Vec<u64>, ChainError> {
        let nonces: Vec<Quantity> = self.of_accounts(RpcMethod::NONCE, accounts).await?;
        nonces.into_iter().map(|nonce| self.fit(RpcMethod::NONCE, nonce)).collect()
    }

    /// The newest nonce and balance of each account, in their order.
    ///
    /// An account's both come from one node and one request, the nonce first: a balance from before
    /// its nonce could be one that a transaction under that nonce has spent since.
    ///
    /// # Errors
    /// [`ChainError`] when any of them is missing.
    pub async fn accounts(&self, accounts: &[Address]) -> Result<Vec<(u64, Wei)>, ChainError> {
        let mut states = Vec::with_capacity(accounts.len());
        for chunk in accounts.chunks(Self::BATCH_MAX / 2) {
            let of = |method| chunk.iter().map(move |account| call(method, &(account, "latest")));
            let calls: Vec<_> = of(RpcMethod::NONCE).chain(of(RpcMethod::BALANCE)).collect();
            let mut nonces: Vec<Option<U256>> = self.ask_fresh(&calls).await?;
            let balances = nonces.split_off(chunk.len());
            for (nonce, balance) in nonces.into_iter().zip(balances) {
                let nonce = self.not_null(RpcMethod::NONCE, nonce)?;
                let balance = self.not_null(RpcMethod::BALANCE, balance)?;
                let nonce = Quantity(u128::try_from(nonce).unwrap_or(u128::MAX));
                states.push((self.fit(RpcMethod::NONCE, nonce)?, Wei(balance)));
            }
        }
        Ok(states)
    }

    /// A transaction, mined or waiting, if any endpoint knows it; `None` when every endpoint that
    /// may hold a transaction of ours says that it does not.
    ///
    /// # Errors
    /// [`ChainError`], also when none knows it and one of these endpoints cannot say: "not found"
    /// by the others proves nothing.
    pub async fn transaction_by_hash(
        &self,
        tx: B256,
    ) -> Result<Option<TransactionView>, ChainError> {
        let method = RpcMethod::TRANSACTION;
        let answers = self.ask_everywhere::<TransactionView>(method, &[tx]).await;
        let known = answers.iter().filter_map(|(_, answer)| *answer.as_ref().ok()?);
        // Whoever has it in a block knows more.
        let view = known.max_by_key(|view| view.block_number.is_some());
        match view {
            Some(view) => Ok(Some(view)),
            None => self.prove(method, answers, Proof::AllHolders).map(|_| None),
        }
    }

    /// A transaction's receipt; `None` while it is in no block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn receipt(&self, tx: B256) -> Result<Option<Receipt>, ChainError> {
        let receipts = self.ask_fresh(&[call(RpcMethod::RECEIPT, &[tx])]).await?;
        Ok(receipts.into_iter().next().flatten())
    }

    /// Receipts of many transactions, in one batch per [`Self::BATCH_MAX`]; those in no block are
    /// left out.
    ///
    /// # Errors
    /// [`ChainError`] when the node refuses any of the questions.
    pub async fn receipts(&self, txs: &[B256]) -> Result<Vec<Receipt>, ChainError> {
        let mut receipts = Vec::with_capacity(txs.len());
        for chunk in txs.chunks(Self::BATCH_MAX) {
            let calls: Vec<_> = chunk.iter().map(|tx| call(RpcMethod::RECEIPT, &[tx])).collect();
            receipts.extend(self.ask_fresh(&calls).await?.into_iter().flatten());
        }
        Ok(receipts)
    }

    /// Whether any endpoint has this block.
    pub async fn is_block_anywhere(&self, number: u64, hash: B256) -> bool {
        let params = (BlockTag::Number(number).to_param(), false);
        let answers = self.ask_each::<Block>(RpcMethod::BLOCK_BY_NUMBER, &params, false).await;
        answers
            .iter()
            .any(|(_, answer)| matches!(answer, Ok(Some(block)) if block.header.hash == hash))
    }

    /// What the first endpoint says that does not answer `null`; nothing may be concluded from
    /// `None`.
    pub(super) async fn ask_any<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
    ) -> Option<T> {
        let answers = self.ask_each(method, params, false).await.into_iter();
        answers.filter_map(|(_, answer)| answer.ok().flatten()).next()
    }

    async fn of_accounts<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        accounts: &[Address],
    ) -> Result<Vec<T>, ChainError> {
        let mut answers = Vec::with_capacity(accounts.len());
        for chunk in accounts.chunks(Self::BATCH_MAX) {
            let calls: Vec<_> =
                chunk.iter().map(|account| call(method, &(account, "latest"))).collect();
            for answer in self.ask_fresh(&calls).await? {
                answers.push(self.not_null(method, answer)?);
            }
        }
        Ok(answers)
    }

    async fn pending_nonce(&self, account: Address, proof: Proof) -> Result<u64, ChainError> {
        let method = RpcMethod::NONCE;
        let answers = self.ask_everywhere::<Quantity>(method, &(account, "pending")).await;
        let nonces = self.prove(method, answers, proof)?;
        let highest = nonces.into_iter().flatten().map(|nonce| nonce.0).max();
        self.fit(method, Quantity(self.not_null(method, highest)?))
    }

    /// One question to every endpoint at the same time; what is not fresh is no answer.
    async fn ask_everywhere<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
    ) -> Answers<T> {
        self.ask_each(method, params, self.transport.pool.floor() > 0).await
    }

    /// One question to every endpoint at the same time, with its height or whatever that is.
    async fn ask_each<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
        with_height: bool,
    ) -> Answers<T> {
        let calls = [call(method, params)];
        let question = FreshQuestion { calls: &calls, with_height };
        let answers = self.transport.ask_all(question.body(), |body| question.read::<T>(body));
        let one = |outcomes: Vec<Outcome<T>>| {
            let outcome = outcomes.into_iter().next().unwrap_or(Ok(None));
            outcome.map_err(ChainErrorKind::Refused)
        };
        answers.await.into_iter().map(|(member, answer)| (member, answer.and_then(one))).collect()
    }

    /// The answers, if those that `proof` needs are among them.
    fn prove<T>(
        &self,
        method: RpcMethod,
        answers: Answers<T>,
        proof: Proof,
    ) -> Result<Vec<Option<T>>, ChainError> {
        let pool = &self.transport.pool;
        let (mut told, mut missing) = (Vec::new(), None);
        for (member, answer) in answers {
            match answer {
                Ok(answer) => told.push(answer),
                Err(kind) => {
                    let is_needed = proof == Proof::AllHolders && pool.may_hold(member);
                    let endpoint = pool.id(member).clone();
                    let error = ChainError { method, endpoint, kind };
                    if is_needed {
                        return Err(error);
                    }
                    missing = Some(error);
                }
            }
        }
        match missing {
            Some(error) if told.is_empty() => Err(error),
            _ => Ok(told),
        }
    }
}

/// What each endpoint said, by its position.
type Answers<T> = Vec<(usize, Result<Option<T>, ChainErrorKind>)>;

/// Whose answers a conclusion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// Anybody's: more would only make it stronger.
    AnyAnswer,
    /// That of every endpoint which may have taken a transaction of ours.
    AllHolders,
}

fn call(method: RpcMethod, params: &impl Serialize) -> (RpcMethod, Value) {
    let params = serde_json::to_value(params);
    (method, params.expect("our own parameters have text keys and cannot fail to write"))
}
