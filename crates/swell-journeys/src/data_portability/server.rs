//! The personal server, as a client sees it.

use std::time::Duration;

use alloy_primitives::Address;
use http::StatusCode;
use serde::de::DeserializeOwned;
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_engine::StepError;
use swell_net::{CallOptions, Endpoint, Request, Response, request};
use swell_vana::server::{CreateOperation, Identity, OperationCreated, OperationStatus};

/// The personal server, as a client sees it.
#[derive(Clone, Debug)]
pub struct PersonalServer {
    endpoint: Endpoint,
}

impl PersonalServer {
    /// Creating an operation downloads, decrypts and calls a model before it answers.
    const CREATE_TIMEOUT: Duration = Duration::from_secs(60);
    /// The reference retries a failed creation twice.
    const CREATE_RETRIES: u32 = 2;

    /// The server behind `endpoint`, whose base includes `/api/v1`.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// The identity of the server that serves `user`.
    ///
    /// # Errors
    /// The class of the server's answer, or of its absence.
    pub async fn identity(&self, user: Address, by: RunOffset) -> Result<Identity, StepError> {
        let request = request::get(&format!("/identity?address={}", user.to_checksum(None)))?;
        self.ask(request, CallOptions::idempotent().by(by).limit_scope("identity")).await
    }

    /// Creates an operation.
    ///
    /// # Errors
    /// The class of the server's answer, or of its absence.
    pub async fn create(
        &self,
        operation: &CreateOperation,
        by: RunOffset,
    ) -> Result<OperationCreated, StepError> {
        let request = request::post_json("/operations", operation)?;
        // Asked twice it makes two operations for one permission, which does no harm: the user
        // polls the one it was told of.
        let options = CallOptions::idempotent()
            .by(by)
            .timeout(Self::CREATE_TIMEOUT)
            .retries(Self::CREATE_RETRIES)
            .limit_scope("operations");
        self.ask(request, options).await
    }

    /// How far an operation is.
    ///
    /// # Errors
    /// The class of the server's answer, or of its absence.
    pub async fn status(&self, id: &str, by: RunOffset) -> Result<OperationStatus, StepError> {
        let request = request::get(&format!("/operations/{id}"))?;
        self.ask(request, CallOptions::idempotent().by(by).limit_scope("status")).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: Request,
        options: CallOptions,
    ) -> Result<T, StepError> {
        let response = self.endpoint.send(request, options).await?;
        if !matches!(response.status(), StatusCode::OK | StatusCode::ACCEPTED) {
            return Err(StepError::from_status(response.status().as_u16(), response.body()));
        }
        parse(&response)
    }
}

fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, StepError> {
    serde_json::from_slice(response.body()).map_err(|error| {
        let mut failure = StepError::from_status(response.status().as_u16(), response.body());
        failure.class = FailureClass::Protocol;
        tracing::debug!(%error, "an answer of the personal server has another shape");
        failure
    })
}
