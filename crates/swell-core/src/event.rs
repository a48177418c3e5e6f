//! What happens in a run, one thing at a time: what an event file holds, and traces are made of.
//!
//! Whoever listens may miss some: nobody waits for a listener.

use serde::{Serialize, Serializer};

use crate::annotation::AnnotationKind;
use crate::journey::{FailureClass, FailureDetail};
use crate::report::{Ended, Report, VerdictOutcome};
use crate::snapshot::{Phase, RunIdentity};
use crate::time::RunOffset;
use crate::trace::TraceContext;
use crate::units::{Gas, Wei, WeiPerGas};
use crate::wallet::WalletIndex;

/// Version of the events' JSON.
pub const EVENTS_FORMAT: u32 = 1;

/// Something that happened in a run. As JSON, its kind is in `event`, and every instant is in seconds
/// since the run began.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// The run began.
    RunBegan(Box<RunBegan>),
    /// It entered a phase.
    Phase {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// Which one.
        phase: Phase,
    },
    /// An arrival was refused a place.
    Shed {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// The user's position in the run.
        seq: u64,
        /// When it ought to have begun.
        #[serde(rename = "due_s", serialize_with = "seconds")]
        due: RunOffset,
        /// Why.
        reason: &'static str,
    },
    /// Arrivals will never start: the run is being stopped.
    Abandoned {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// How many.
        count: u64,
    },
    /// A user got its place.
    UserStarted {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// Its position in the run.
        seq: u64,
        /// When it ought to have begun.
        #[serde(rename = "due_s", serialize_with = "seconds")]
        due: RunOffset,
        /// Whether it waited in the backlog.
        waited: bool,
    },
    /// A user ended a step.
    StepEnded(StepEnded),
    /// A user ended its journey.
    UserEnded(Box<UserEnded>),
    /// A wallet has its money.
    WalletFunded {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// Its index.
        wallet: WalletIndex,
        /// When it was asked for.
        #[serde(rename = "asked_s", serialize_with = "seconds")]
        asked: RunOffset,
        /// What it holds, as read from the chain.
        balance_wei: Wei,
    },
    /// A wallet did not get its money.
    FundingFailed {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// Its index.
        wallet: WalletIndex,
        /// When it was asked for.
        #[serde(rename = "asked_s", serialize_with = "seconds")]
        asked: RunOffset,
        /// Whether it may have been paid all the same.
        in_doubt: bool,
    },
    /// What was left in a wallet is home, or is known to stay.
    WalletSwept {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// Its index.
        wallet: WalletIndex,
        /// What came home.
        returned_wei: Wei,
    },
    /// The chain has a new block.
    Block {
        /// When it was read.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// Its number.
        number: u64,
        /// Gas its transactions used.
        gas_used: Gas,
        /// Gas they may use.
        gas_limit: Gas,
        /// Its base fee, on chains that have one.
        #[serde(skip_serializing_if = "Option::is_none")]
        base_fee_wei: Option<WeiPerGas>,
    },
    /// Somebody steered the run, or something changed by itself.
    Annotation {
        /// When.
        #[serde(rename = "at_s", serialize_with = "seconds")]
        at: RunOffset,
        /// Of which kind.
        kind: AnnotationKind,
        /// What happened, in a few words.
        text: String,
    },
    /// The run is over. The last event, with what the others must add up to.
    RunEnded(RunEnded),
}

/// What a run is, as it begins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunBegan {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: RunOffset,
    /// What the run is.
    pub run: RunIdentity,
    /// The journey's steps, in order.
    pub steps: Vec<&'static str>,
    /// Arrivals expected.
    pub planned: f64,
}

/// A step that a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StepEnded {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: RunOffset,
    /// The user's position in the run.
    pub seq: u64,
    /// The step's name.
    pub step: &'static str,
    /// When it was due: when its predecessor ended.
    #[serde(rename = "due_s", serialize_with = "seconds")]
    pub due: RunOffset,
    /// When it was sent.
    #[serde(rename = "sent_s", serialize_with = "seconds")]
    pub sent: RunOffset,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailureClass>,
    /// Its span, if its user has a trace.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub span: Option<TraceContext>,
}

/// A user that ended its journey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UserEnded {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: RunOffset,
    /// Its position in the run.
    pub seq: u64,
    /// When it ought to have begun.
    #[serde(rename = "due_s", serialize_with = "seconds")]
    pub due: RunOffset,
    /// When it got its place.
    #[serde(rename = "sent_s", serialize_with = "seconds")]
    pub sent: RunOffset,
    /// Its wallet's address, if it got one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wallet: Option<String>,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<UserFailure>,
    /// Its own span, if it has a trace.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub span: Option<TraceContext>,
}

/// Why a user failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UserFailure {
    /// The class.
    pub class: FailureClass,
    /// The step it came from.
    pub step: &'static str,
    /// What is known of it, free of secrets.
    pub detail: FailureDetail,
}

/// How a run ended, and its counts: those of its report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RunEnded {
    /// When.
    #[serde(rename = "at_s", serialize_with = "seconds")]
    pub at: RunOffset,
    /// How.
    pub ended: Ended,
    /// Whether it met its thresholds.
    pub verdict: VerdictOutcome,
    /// Arrivals whose time came.
    pub due: u64,
    /// Users that got a place.
    pub started: u64,
    /// Arrivals refused a place.
    pub shed: u64,
    /// Arrivals that never started.
    pub abandoned: u64,
    /// Users that reached the end.
    pub succeeded: u64,
    /// Users that did not.
    pub failed: u64,
}

impl RunEnded {
    /// The end of the run that `report` tells of, at `at`.
    #[must_use]
    pub const fn of(report: &Report, at: RunOffset) -> Self {
        Self {
            at,
            ended: report.run.ended,
            verdict: report.verdict.outcome,
            due: report.arrivals.due,
            started: report.arrivals.started,
            shed: report.arrivals.shed,
            abandoned: report.arrivals.abandoned,
            succeeded: report.outcomes.succeeded,
            failed: report.outcomes.failed,
        }
    }
}

/// To the microsecond: finer is noise, and longer lines.
fn seconds<S: Serializer>(at: &RunOffset, serializer: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_precision_loss, reason = "a run of 285 years is still exact")]
    let us = at.since_start().as_micros() as f64;
    serializer.serialize_f64(us / 1e6)
}

#[cfg(test)]
mod tests;
