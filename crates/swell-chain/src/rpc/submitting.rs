//! Submitting: through the sender's own endpoint, and through others when that one fails.

use alloy_primitives::B256;

use super::client::Rpc;
use super::envelope::{self, Outcome};
use super::error::{ChainError, ChainErrorKind, RpcMethod};
use crate::classify::classify;
use crate::submit::{RejectReason, SubmitOutcome};
use crate::tx::SignedTx;

impl Rpc {
    /// Sends a transaction. See [`SubmitOutcome`] for what the answer means.
    ///
    /// It goes through the endpoint that its sender sticks to. When that one fails, the same bytes
    /// go through the next: at most one of both can ever be included. Once an endpoint may have it,
    /// no other's refusal makes it refused.
    pub async fn send_raw(&self, tx: &SignedTx) -> SubmitOutcome {
        let mut outcomes = self.send_raw_batch(std::slice::from_ref(tx)).await;
        outcomes.pop().expect("there is one outcome for each transaction")
    }

    /// Sends several transactions of one sender in one request, in their order; one outcome for
    /// each.
    pub async fn send_raw_batch(&self, txs: &[SignedTx]) -> Vec<SubmitOutcome> {
        let Some(first) = txs.first() else { return Vec::new() };
        let members = self.transport.pool.senders_choice(first.from);
        if let Some(on_send) = &self.on_send {
            txs.iter().for_each(|tx| on_send(tx));
        }
        let mut outcomes: Vec<Option<SubmitOutcome>> = txs.iter().map(|_| None).collect();
        for (at, &member) in members.iter().enumerate() {
            let open: Vec<usize> =
                (0..txs.len()).filter(|n| is_open(outcomes[*n].as_ref())).collect();
            if open.is_empty() || self.transport.is_over() && at > 0 {
                break;
            }
            let batch: Vec<&SignedTx> = open.iter().map(|n| &txs[*n]).collect();
            let others_follow = at + 1 < members.len();
            let news = self.submit(member, &batch, others_follow).await;
            for (n, outcome) in open.into_iter().zip(news) {
                outcomes[n] = Some(combine(outcomes[n].take(), outcome));
            }
        }
        let outcomes: Option<Vec<_>> = outcomes.into_iter().collect();
        outcomes.expect("a pool has at least one endpoint")
    }

    /// Through one endpoint.
    async fn submit(
        &self,
        member: usize,
        txs: &[&SignedTx],
        others_follow: bool,
    ) -> Vec<SubmitOutcome> {
        let method = RpcMethod::SEND_RAW;
        let body = if let [tx] = txs {
            envelope::single(method, &[&tx.raw])
        } else {
            envelope::batch(method, &txs.iter().map(|tx| [&tx.raw]).collect::<Vec<_>>())
        };
        let read = |body: &[u8]| match txs {
            [_] => envelope::read_single::<B256>(body).map(|outcome| vec![outcome]),
            _ => envelope::read_batch::<B256>(body, txs.len()),
        };
        let answers = self.transport.submit(member, body, others_follow, read).await;
        let endpoint = self.transport.pool.id(member);
        let error = |kind| ChainError { method, endpoint: endpoint.clone(), kind };
        match answers.map_err(error) {
            Ok(answers) => {
                let answers = txs.iter().zip(answers);
                answers.map(|(tx, answer)| outcome(tx, answer, error)).collect()
            }
            Err(error) => txs.iter().map(|tx| without_answer(tx, &error)).collect(),
        }
    }
}

/// Whether another endpoint should be tried.
fn is_open(outcome: Option<&SubmitOutcome>) -> bool {
    match outcome {
        None | Some(SubmitOutcome::Unknown { .. }) => true,
        Some(SubmitOutcome::Accepted { .. }) => false,
        // A node that lags behind does not know of the money or the nonces yet.
        Some(SubmitOutcome::Rejected { reason }) => {
            matches!(
                reason,
                RejectReason::Unreachable
                    | RejectReason::RateLimited
                    | RejectReason::InsufficientFunds
                    | RejectReason::NonceTooHigh
            )
        }
    }
}

/// What two endpoints' answers mean together.
fn combine(before: Option<SubmitOutcome>, now: SubmitOutcome) -> SubmitOutcome {
    use SubmitOutcome::{Accepted, Rejected, Unknown};
    match (before, now) {
        (None, now) => now,
        (Some(accepted @ Accepted { .. }), _) | (_, accepted @ Accepted { .. }) => accepted,
        // One may have it, whatever the other says.
        (Some(unknown @ Unknown { .. }), _) | (_, unknown @ Unknown { .. }) => unknown,
        (Some(before @ Rejected { .. }), Rejected { reason }) => match reason {
            // That one did not look at it.
            RejectReason::Unreachable | RejectReason::RateLimited => before,
            reason => Rejected { reason },
        },
    }
}

fn outcome(
    tx: &SignedTx,
    answer: Outcome<B256>,
    error: impl FnOnce(ChainErrorKind) -> ChainError,
) -> SubmitOutcome {
    let failure = match answer {
        Ok(_) => return SubmitOutcome::Accepted { tx: tx.hash },
        Err(failure) => failure,
    };
    match classify(&failure) {
        Some(RejectReason::AlreadyKnown) => SubmitOutcome::Accepted { tx: tx.hash },
        Some(reason) => SubmitOutcome::Rejected { reason },
        // The node itself does not know what became of it.
        None => {
            let source = error(ChainErrorKind::Refused(failure));
            SubmitOutcome::Unknown { tx: tx.hash, source }
        }
    }
}

fn without_answer(tx: &SignedTx, error: &ChainError) -> SubmitOutcome {
    match &error.kind {
        // The whole batch was refused.
        ChainErrorKind::Refused(failure) => {
            outcome(tx, Err(failure.clone()), |kind| ChainError { kind, ..error.clone() })
        }
        _ if error.may_have_acted() => {
            SubmitOutcome::Unknown { tx: tx.hash, source: error.clone() }
        }
        _ => SubmitOutcome::Rejected { reason: RejectReason::unsent(error) },
    }
}

#[cfg(test)]
mod tests;
