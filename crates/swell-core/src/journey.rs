//! What a journey is made of, and how it can end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Position of a step in its journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub u8);

/// One named step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepSpec {
    /// The name every report uses.
    pub name: &'static str,
}

/// A journey's steps, known before the run, so that no view ever meets a new label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JourneySpec {
    /// The journey's name, such as `data-portability`.
    pub name: &'static str,
    /// Its steps in order. The first is always `wallet`.
    pub steps: &'static [StepSpec],
}

impl JourneySpec {
    /// The step called `name`.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<StepId> {
        let index = self.steps.iter().position(|step| step.name == name)?;
        u8::try_from(index).ok().map(StepId)
    }

    /// The name of `step`, or `"?"` for a step of another journey.
    #[must_use]
    pub fn name_of(&self, step: StepId) -> &'static str {
        self.steps.get(usize::from(step.0)).map_or("?", |step| step.name)
    }
}

/// Why a user failed: a closed set, told from statuses, error codes and typed errors, never from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// No funded wallet within the funding timeout.
    Funding,
    /// The target asked for more patience than the journey had (429, Retry-After).
    RateLimited,
    /// The journey's deadline passed.
    Timeout,
    /// No answer: connection refused, reset, or a request timed out.
    Transport,
    /// The circuit breaker was open: the target had stopped answering.
    Unavailable,
    /// The target answered 5xx.
    ServerError,
    /// The target answered 401 or 403.
    Unauthorized,
    /// The target answered 404.
    NotFound,
    /// The target answered another 4xx.
    BadRequest,
    /// An answer that does not have the agreed shape.
    Protocol,
    /// The node refused the transaction or the call.
    Rejected,
    /// The transaction was included and reverted, or the call reverts.
    Reverted,
    /// The transaction was accepted and never included.
    NotIncluded,
    /// The transaction succeeded without the event it must emit.
    MissingEvent,
    /// The operation ended as failed.
    OperationFailed,
    /// The operation ended as canceled.
    OperationCanceled,
    /// The run was stopped while the user was in flight.
    Stopped,
    /// A defect in Swell itself.
    Internal,
}

impl FailureClass {
    /// Every class, in the order reports list them.
    pub const ALL: [Self; 18] = [
        Self::Funding,
        Self::RateLimited,
        Self::Timeout,
        Self::Transport,
        Self::Unavailable,
        Self::ServerError,
        Self::Unauthorized,
        Self::NotFound,
        Self::BadRequest,
        Self::Protocol,
        Self::Rejected,
        Self::Reverted,
        Self::NotIncluded,
        Self::MissingEvent,
        Self::OperationFailed,
        Self::OperationCanceled,
        Self::Stopped,
        Self::Internal,
    ];

    /// The label every report uses.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Funding => "funding",
            Self::RateLimited => "rate-limited",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::Unavailable => "unavailable",
            Self::ServerError => "server-error",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not-found",
            Self::BadRequest => "bad-request",
            Self::Protocol => "protocol",
            Self::Rejected => "rejected",
            Self::Reverted => "reverted",
            Self::NotIncluded => "not-included",
            Self::MissingEvent => "missing-event",
            Self::OperationFailed => "operation-failed",
            Self::OperationCanceled => "operation-canceled",
            Self::Stopped => "stopped",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// What is known of one failure, free of secrets. Each field is cut to a bounded length.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureDetail {
    /// Hash of the transaction concerned.
    pub tx: Option<String>,
    /// The personal server's operation.
    pub operation_id: Option<String>,
    /// HTTP status of the answer that failed.
    pub status: Option<u16>,
    /// What came back, or the error in words; at most [`FailureDetail::BODY_CHARS_MAX`] characters.
    pub body: Option<String>,
}

impl FailureDetail {
    /// Longest body kept.
    pub const BODY_CHARS_MAX: usize = 500;

    /// A detail that is only words.
    #[must_use]
    pub fn words(text: impl fmt::Display) -> Self {
        Self::default().with_body(&text.to_string())
    }

    /// Sets the body, cut to its bound.
    #[must_use]
    pub fn with_body(mut self, body: &str) -> Self {
        self.body = Some(body.chars().take(Self::BODY_CHARS_MAX).collect());
        self
    }
}

/// A failure as it left its step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its class.
    pub class: FailureClass,
    /// The step it came from.
    pub step: StepId,
    /// What is known of it.
    pub detail: FailureDetail,
}

/// How a journey ended.
pub type JourneyOutcome = Result<(), Failure>;
