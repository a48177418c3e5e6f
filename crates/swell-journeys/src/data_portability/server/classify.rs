//! What an answer that cannot be used means.

use std::time::Duration;

use alloy_primitives::Address;
use swell_core::journey::FailureClass;
use swell_engine::{Causes, StepError};
use swell_net::Response;
use swell_vana::ecies::RecipientKey;
use swell_vana::server::{
    ApplicationAnswer, ErrorBody, ErrorCode, Identity, IdentityError, PassedOn,
};

/// Address and key of the server that `identity` names.
///
/// # Errors
/// Class `server-key` for a key that is no point of the curve, or not the address's.
pub(in super::super) fn server_keys(
    identity: &Identity,
) -> Result<(Address, RecipientKey), StepError> {
    identity.personal_server.keys().map_err(|error| {
        let class = match error {
            IdentityError::PublicKey(_) | IdentityError::Mismatch { .. } => FailureClass::ServerKey,
            IdentityError::Address { .. } => FailureClass::Protocol,
        };
        StepError::new(class, Causes(&error))
    })
}

/// The class of a refusal of the personal server: by its error code, else by its status.
pub(super) fn refused(response: &Response) -> StepError {
    let body: Option<ErrorBody> = serde_json::from_slice(response.body()).ok();
    let mut failure = StepError::from_status(response.status().as_u16(), response.body());
    if let Some(class) = body.as_ref().and_then(ErrorBody::code).and_then(class_of) {
        failure.class = class;
    }
    failure
}

/// The class of a refusal of the application server: that of the personal server's refusal where
/// it passes one on, else by its own status. And how long whoever limits its rate behind it asks to
/// be left alone: `Some(None)` when it does not say.
pub(super) fn passed_on(response: &Response) -> (StepError, Option<Option<Duration>>) {
    let status = response.status().as_u16();
    let mut failure = StepError::from_status(status, response.body());
    let answer: Option<ApplicationAnswer<serde_json::Value>> =
        serde_json::from_slice(response.body()).ok();
    let mut hold = None;
    if let Some(behind) = answer.and_then(|answer| PassedOn::of(answer.error.as_deref()?)) {
        let by_status = StepError::from_status(behind.status, b"").class;
        failure.class = behind.code.as_ref().and_then(class_of).unwrap_or(by_status);
        hold = (failure.class == FailureClass::RateLimited).then_some(behind.wait);
    }
    (failure, hold)
}

/// What an error code means; `None` leaves it to the status.
const fn class_of(code: &ErrorCode) -> Option<FailureClass> {
    Some(match code {
        ErrorCode::RateLimit => FailureClass::RateLimited,
        ErrorCode::ValidationOperationRequestJson
        | ErrorCode::ValidationPermissionId
        | ErrorCode::Validation => FailureClass::BadRequest,
        ErrorCode::GrantValidation => FailureClass::GrantRefused,
        ErrorCode::Authentication => FailureClass::Unauthorized,
        ErrorCode::NotFound => FailureClass::NotFound,
        ErrorCode::FileAccess => FailureClass::FileAccess,
        ErrorCode::Decryption => FailureClass::Decryption,
        ErrorCode::Compute => FailureClass::Inference,
        ErrorCode::InternalServer => FailureClass::ServerError,
        ErrorCode::Other(_) => return None,
    })
}
