//! How far an operation is, and how it ended.

use std::time::Duration;

use swell_core::journey::FailureClass;
use swell_engine::StepError;
use swell_vana::server::{OperationResult, OperationState};

/// The largest answer of the server that is read, octets: 5 MiB, as much as the server itself
/// reads of a file.
pub const RESULT_OCTETS_MAX: usize = 5 * 1024 * 1024;

/// How far an operation is, whichever server told it.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The server's word for it.
    pub state: OperationState,
    /// The result, once succeeded.
    pub result: Option<OperationResult>,
    /// How long the server asks to be left alone before the next look.
    pub next_in: Option<Duration>,
}

impl Progress {
    /// The result, or `None` while the operation is under way.
    ///
    /// # Errors
    /// A class of its own for every end that is no success, and for a success without a usable
    /// result.
    pub fn into_result(self) -> Result<Option<OperationResult>, StepError> {
        let end = |class, words: &str| Err(StepError::new(class, words));
        match self.state {
            OperationState::Starting | OperationState::Processing => Ok(None),
            OperationState::Succeeded => match self.result {
                Some(result) if result.is_unparsed() => end(
                    FailureClass::ResultNotJson,
                    "the operation succeeded, and the model's answer is not the JSON asked for",
                ),
                Some(result) => Ok(Some(result)),
                None => end(FailureClass::Protocol, "the operation succeeded without a result"),
            },
            OperationState::Failed => end(
                FailureClass::OperationFailed,
                "the operation ended as failed; the server tells no reason",
            ),
            OperationState::Canceled => {
                end(FailureClass::OperationCanceled, "the operation was canceled")
            }
        }
    }
}
