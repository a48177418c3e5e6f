//! The personal server, as a client sees it.

mod classify;
mod outcome;

#[cfg(test)]
mod tests;

use std::time::Duration;

use alloy_primitives::Address;
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use swell_chain::AccountKey;
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_engine::StepError;
use swell_net::call::Reading;
use swell_net::retry_after::retry_after;
use swell_net::{CallOptions, Endpoint, NetError, Request, Response, request};
use swell_vana::server::{
    ApplicationAnswer, AskOperation, AskedOperation, Identity, OperationCreated, OperationResult,
    OperationStatus, PollOperation, PolledOperation, sign_operation,
};

pub(super) use classify::server_keys;
use classify::{passed_on, read_passed_on, refused};
pub use outcome::{Progress, RESULT_OCTETS_MAX};

/// The personal server, as a client sees it.
#[derive(Clone, Debug)]
pub struct PersonalServer {
    endpoint: Endpoint,
    through: Option<ApplicationServer>,
}

/// The application server, which asks the personal server in the user's place.
#[derive(Clone, Debug)]
pub struct ApplicationServer {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The chain that it is told operations belong to.
    pub chain_id: u64,
}

impl PersonalServer {
    /// Creating an operation downloads, decrypts and calls a model before it answers.
    const CREATE_TIMEOUT: Duration = Duration::from_secs(60);
    /// The reference retries a failed creation twice.
    const CREATE_RETRIES: u32 = 2;

    /// The server behind `endpoint`, whose base includes `/api/v1`.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, through: None }
    }

    /// The same, with operations asked of `application`. Identities still come from the server.
    #[must_use]
    pub fn through(mut self, application: ApplicationServer) -> Self {
        self.through = Some(application);
        self
    }

    /// The identity of the server that serves `user`.
    ///
    /// # Errors
    /// The class of the server's answer, or of its absence.
    pub async fn identity(&self, user: Address, by: RunOffset) -> Result<Identity, StepError> {
        let request = request::get(&format!("/identity?address={}", user.to_checksum(None)))?;
        let options = CallOptions::idempotent().patient_by(by).limit_scope("identity");
        parse(&ask(&self.endpoint, request, options, FailureClass::Protocol).await?)
    }

    /// Asks for the operation of `permission`, and returns its id. `application` signs, unless the
    /// application server does.
    ///
    /// # Errors
    /// The class of the server's answer, or of its absence.
    pub async fn create(
        &self,
        permission: u64,
        application: &AccountKey,
        by: RunOffset,
    ) -> Result<String, StepError> {
        // Asked twice it makes two operations for one permission, which does no harm: the user
        // polls the one it was told of.
        let bounded = |options: CallOptions| {
            let options = options.patient_by(by).timeout(Self::CREATE_TIMEOUT);
            options.retries(Self::CREATE_RETRIES).limit_scope("operations")
        };
        if let Some(server) = &self.through {
            let body = AskOperation { permission_id: permission };
            // It says 500 whatever happened behind it, which may be after the operation was begun.
            // Only what was certainly refused before is asked again.
            let options = bounded(CallOptions::careful());
            let (asked, response): (AskedOperation, _) =
                server.ask("/api/trusted-server", &body, options, FailureClass::Protocol).await?;
            return named(asked.id, &response);
        }
        let body = sign_operation(permission, application)
            .map_err(|error| StepError::new(FailureClass::Internal, error))?;
        let request = request::post_json("/operations", &body)?;
        let options = bounded(CallOptions::idempotent());
        let response = ask(&self.endpoint, request, options, FailureClass::Protocol).await?;
        let created: OperationCreated = parse(&response)?;
        named(created.id, &response)
    }

    /// How far an operation is.
    ///
    /// # Errors
    /// The class of the server's answer, or of its absence; `result-too-large` for one that is
    /// larger than [`RESULT_OCTETS_MAX`], of which no more is read.
    pub async fn status(&self, id: &str, by: RunOffset) -> Result<Progress, StepError> {
        let options = CallOptions::idempotent().patient_by(by).limit_scope("status");
        let too_large = FailureClass::ResultTooLarge;
        if let Some(server) = &self.through {
            let body = PollOperation { operation_id: id.to_owned(), chain_id: server.chain_id };
            let (polled, response): (PolledOperation, _) =
                server.ask("/api/trusted-server/poll", &body, options, too_large).await?;
            let next_in = self.next_in(&response);
            return Ok(Progress { state: polled.status, result: polled.result, next_in });
        }
        let request = request::get(&format!("/operations/{id}"))?;
        let response = ask(&self.endpoint, request, options, too_large).await?;
        let status: OperationStatus = parse(&response)?;
        let next_in = self.next_in(&response);
        Ok(Progress { state: status.status, result: status.result, next_in })
    }

    /// Looks at an operation every `interval`, or as much later as the server asks, until it has
    /// ended, and returns its result.
    ///
    /// # Errors
    /// Those of [`PersonalServer::status`] and [`Progress::into_result`]; `timeout` at `by`, and at
    /// once `rate-limited` when the server asks to be left alone until then.
    pub async fn result(
        &self,
        id: &str,
        interval: Duration,
        by: RunOffset,
    ) -> Result<OperationResult, StepError> {
        let clock = self.endpoint.clock();
        let mut next = clock.now() + interval;
        while next < by {
            clock.sleep_until(next).await;
            let progress = self.status(id, by).await?;
            let asked = progress.next_in.unwrap_or_default();
            if let Some(result) = progress.into_result()? {
                return Ok(result);
            }
            let now = clock.now();
            // Whoever is asked to come back after its deadline need not wait for it.
            if !asked.is_zero() && now + asked >= by {
                let words = format!("the server asks to be left alone for {asked:?}");
                return Err(StepError::new(FailureClass::RateLimited, words));
            }
            next = now + asked.max(interval);
        }
        clock.sleep_until(by).await;
        let words = "the operation had not ended at the journey's deadline";
        Err(StepError::new(FailureClass::Timeout, words))
    }

    /// How long the server asks to be left alone before the next look.
    fn next_in(&self, response: &Response) -> Option<Duration> {
        retry_after(response, self.endpoint.clock().unix_now())
    }
}

impl ApplicationServer {
    /// Posts `body`, and takes the data out of the answer. `too_large` is the class of one that is not
    /// read to its end.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        options: CallOptions,
        too_large: FailureClass,
    ) -> Result<(T, Response), StepError> {
        let request = request::post_json(path, body)?;
        // Its refusals by rate limit are what the personal server's own would be: waited for by
        // everybody.
        let options = bounded(options).reading(Reading(read_passed_on));
        let sent = self.endpoint.send(request, options).await;
        let response = sent.map_err(|error| unanswered(error, too_large))?;
        if response.status() != StatusCode::OK {
            return Err(passed_on(&response));
        }
        let answer: ApplicationAnswer<T> = parse(&response)?;
        match answer.data.filter(|_| answer.success) {
            Some(data) => Ok((data, response)),
            // Success that brings nothing, or a failure in the clothes of success.
            None => Err(passed_on(&response)),
        }
    }
}

async fn ask(
    endpoint: &Endpoint,
    request: Request,
    options: CallOptions,
    too_large: FailureClass,
) -> Result<Response, StepError> {
    let sent = endpoint.send(request, bounded(options)).await;
    let response = sent.map_err(|error| unanswered(error, too_large))?;
    if matches!(response.status(), StatusCode::OK | StatusCode::ACCEPTED) {
        return Ok(response);
    }
    Err(refused(&response))
}

/// No answer of the server is larger than a result may be.
const fn bounded(options: CallOptions) -> CallOptions {
    options.body_max_bytes(RESULT_OCTETS_MAX)
}

fn unanswered(error: NetError, too_large: FailureClass) -> StepError {
    let is_too_large = matches!(error, NetError::TooLarge { .. });
    let mut failure = StepError::from(error);
    if is_too_large {
        failure.class = too_large;
    }
    failure
}

/// The operation's id, if it is one that can stand in a URL and in a report.
fn named(id: String, response: &Response) -> Result<String, StepError> {
    const CHARS_MAX: usize = 256;
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "/?#%".contains(c);
    if !id.is_empty() && id.chars().take(CHARS_MAX + 1).count() <= CHARS_MAX && !id.contains(is_odd)
    {
        return Ok(id);
    }
    let words =
        "the operation's id is none: it is empty, too long, or has characters that no id has";
    let mut failure = StepError::new(FailureClass::Protocol, words);
    failure.detail.status = Some(response.status().as_u16());
    Err(failure)
}

fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, StepError> {
    serde_json::from_slice(response.body()).map_err(|error| {
        let mut failure = StepError::from_status(response.status().as_u16(), response.body());
        failure.class = FailureClass::Protocol;
        tracing::debug!(%error, "an answer of the personal server has another shape");
        failure
    })
}
