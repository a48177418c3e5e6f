//! What an answer that cannot be used means.

use alloy_primitives::Address;
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::de::IgnoredAny;
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
/// it passes one on, else by its own status.
pub(super) fn passed_on(response: &Response) -> StepError {
    let mut failure = StepError::from_status(response.status().as_u16(), response.body());
    if let Some(behind) = behind(response) {
        failure.class = class_behind(&behind);
    }
    failure
}

/// Reads an answer of the application server that passes a refusal by rate limit on as that refusal:
/// 429, with the wait that its words name. All else stays as it is.
///
/// The personal server counts before it looks at what is asked, so nothing was begun.
pub(super) fn read_passed_on(mut response: Response) -> Response {
    let limited =
        behind(&response).filter(|behind| class_behind(behind) == FailureClass::RateLimited);
    if let Some(behind) = limited {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        if let Some(wait) = behind.wait {
            response.headers_mut().insert(RETRY_AFTER, wait.as_secs().into());
        }
    }
    response
}

/// The refusal that an answer of the application server passes on.
fn behind(response: &Response) -> Option<PassedOn> {
    let answer: ApplicationAnswer<IgnoredAny> = serde_json::from_slice(response.body()).ok()?;
    PassedOn::of(answer.error.as_deref().filter(|_| !answer.success)?)
}

fn class_behind(behind: &PassedOn) -> FailureClass {
    let by_status = || StepError::from_status(behind.status, b"").class;
    behind.code.as_ref().and_then(class_of).unwrap_or_else(by_status)
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
