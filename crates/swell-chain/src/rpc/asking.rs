//! How questions are put, and their answers taken apart.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::Rpc;
use super::envelope::{self, Outcome};
use super::error::{ChainError, ChainErrorKind, RpcFailure, RpcMethod};
use super::pool::Reading;
use super::transport::{Answered, Failed};
use super::types::Quantity;
use crate::classify::classify;
use crate::submit::RejectReason;

/// Questions about money, as they go over the wire: with the node's height, once it is known which
/// height is needed.
pub(super) struct FreshQuestion<'a> {
    pub(super) calls: &'a [(RpcMethod, Value)],
    pub(super) with_height: bool,
}

impl FreshQuestion<'_> {
    pub(super) fn body(&self) -> Vec<u8> {
        match self.calls {
            calls if self.with_height => envelope::batch_with_height(calls),
            [(method, params)] => envelope::single(*method, params),
            calls => {
                let method = calls.first().map_or(RpcMethod::BLOCK_NUMBER, |(method, _)| *method);
                let params: Vec<_> = calls.iter().map(|(_, params)| params).collect();
                envelope::batch(method, &params)
            }
        }
    }

    pub(super) fn read<T: DeserializeOwned>(
        &self,
        body: &[u8],
    ) -> Result<Reading<Vec<Outcome<T>>>, ChainErrorKind> {
        let len = self.calls.len();
        let (value, head) = if self.with_height {
            let (outcomes, head) = envelope::read_batch_with_height(body, len)?;
            (outcomes, Some(head))
        } else if len == 1 {
            (vec![envelope::read_single(body)?], None)
        } else {
            (envelope::read_batch(body, len)?, None)
        };
        refuse_limited(value.iter())?;
        Ok(Reading { value, head })
    }
}

impl Rpc {
    /// A number that must fit.
    pub(super) async fn ask_u64(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
    ) -> Result<u64, ChainError> {
        let number: Quantity = self.ask(method, params).await?;
        self.fit(method, number)
    }

    pub(super) fn fit(&self, method: RpcMethod, number: Quantity) -> Result<u64, ChainError> {
        u64::try_from(number.0).map_err(|_| {
            self.error(method, ChainErrorKind::Malformed(format!("{} is too large", number.0)))
        })
    }

    /// One question, whose answer is not `null`.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
    ) -> Result<T, ChainError> {
        let answer = self.ask_noting(method, params, |_| None).await?;
        self.not_null(method, answer)
    }

    /// The same, of an answer that tells how far its node has read.
    pub(super) async fn ask_head<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
        head_of: impl Fn(&T) -> u64,
    ) -> Result<T, ChainError> {
        let answer = self.ask_noting(method, params, |answer| Some(head_of(answer))).await?;
        self.not_null(method, answer)
    }

    /// One question; `None` is the answer `null`.
    pub(super) async fn ask_opt<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
    ) -> Result<Option<T>, ChainError> {
        self.ask_noting(method, params, |_| None).await
    }

    async fn ask_noting<T: DeserializeOwned>(
        &self,
        method: RpcMethod,
        params: &impl Serialize,
        head_of: impl Fn(&T) -> Option<u64>,
    ) -> Result<Option<T>, ChainError> {
        let body = envelope::single(method, params);
        let read = |body: &[u8]| {
            let value = envelope::read_single::<T>(body)?;
            refuse_limited([&value])?;
            let head = value.as_ref().ok().and_then(Option::as_ref).and_then(&head_of);
            Ok(Reading { value, head })
        };
        let answer = self.transport.ask(body, false, read).await;
        let Answered { endpoint, value } = answer.map_err(|failed| failed.of(method))?;
        value.map_err(|failure| ChainError {
            method,
            endpoint,
            kind: ChainErrorKind::Refused(failure),
        })
    }

    /// Questions about money, of one node that is fresh enough; `None` is the answer `null`.
    pub(super) async fn ask_fresh<T: DeserializeOwned>(
        &self,
        calls: &[(RpcMethod, Value)],
    ) -> Result<Vec<Option<T>>, ChainError> {
        let method = calls.first().map_or(RpcMethod::BLOCK_NUMBER, |(method, _)| *method);
        let question = FreshQuestion { calls, with_height: self.transport.pool.floor() > 0 };
        let answer = self.transport.ask(question.body(), true, |body| question.read(body)).await;
        let Answered { endpoint, value } = answer.map_err(|failed| failed.of(method))?;
        let outcomes = value.into_iter().collect::<Result<Vec<_>, RpcFailure>>();
        outcomes.map_err(|failure| ChainError {
            method,
            endpoint,
            kind: ChainErrorKind::Refused(failure),
        })
    }

    pub(super) fn not_null<T>(
        &self,
        method: RpcMethod,
        answer: Option<T>,
    ) -> Result<T, ChainError> {
        answer.ok_or_else(|| self.error(method, ChainErrorKind::Malformed("null".into())))
    }

    /// An error about what an endpoint said, found out after it was asked.
    pub(super) fn error(&self, method: RpcMethod, kind: ChainErrorKind) -> ChainError {
        ChainError { method, endpoint: self.transport.asked().clone(), kind }
    }
}

impl Failed {
    pub(super) fn of(self, method: RpcMethod) -> ChainError {
        ChainError { method, endpoint: self.endpoint, kind: self.kind }
    }
}

/// A refusal for its rate is no answer: another endpoint may give one.
fn refuse_limited<'a, T: 'a>(
    outcomes: impl IntoIterator<Item = &'a Outcome<T>>,
) -> Result<(), ChainErrorKind> {
    let refusals = outcomes.into_iter().filter_map(|outcome| outcome.as_ref().err());
    let limited = |failure: &&RpcFailure| classify(failure) == Some(RejectReason::RateLimited);
    match refusals.into_iter().find(limited) {
        Some(failure) => Err(ChainErrorKind::Refused(failure.clone())),
        None => Ok(()),
    }
}
