//! The target's relay, as a client sees it.

use serde::Serialize;
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_engine::StepError;
use swell_net::{CallOptions, Endpoint, Response, request};
use swell_vana::permissions::RelayRequest;
use swell_vana::relay::{RelayAnswer, RelayAnswerError, status_request};

/// The target's relay, as a client sees it.
#[derive(Clone, Debug)]
pub struct Relay {
    endpoint: Endpoint,
}

impl Relay {
    /// The relay behind `endpoint`, whose base is where requests are posted to.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// Hands it a signed permission. Asked twice it would send it twice: it is asked again only
    /// where it certainly did nothing.
    ///
    /// # Errors
    /// The class of the relay's answer, or of its absence.
    pub async fn submit(
        &self,
        signed: &RelayRequest,
        by: RunOffset,
    ) -> Result<RelayAnswer, StepError> {
        self.ask(signed, CallOptions::careful().by(by).limit_scope("relay")).await
    }

    /// Asks how an operation is.
    ///
    /// # Errors
    /// The class of the relay's answer, or of its absence.
    pub async fn status(&self, operation: &str, by: RunOffset) -> Result<RelayAnswer, StepError> {
        let options = CallOptions::idempotent().by(by).limit_scope("relay-status");
        self.ask(&status_request(operation), options).await
    }

    async fn ask(
        &self,
        body: &(impl Serialize + Sync),
        options: CallOptions,
    ) -> Result<RelayAnswer, StepError> {
        let request = request::post_json("/", body)?;
        judge(&self.endpoint.send(request, options).await?)
    }
}

/// An answer of success under a status of success. What is refused is so under any status: the status
/// then tells the class, but some handlers say 500 to what the contract would refuse.
fn judge(response: &Response) -> Result<RelayAnswer, StepError> {
    let status = response.status();
    let parsed = RelayAnswer::parse(response.body());
    let mut failure = StepError::from_status(status.as_u16(), response.body());
    let is_user_refused =
        parsed.as_ref().is_ok_and(RelayAnswer::refuses_what_was_signed) && status.is_server_error();
    match parsed {
        Ok(RelayAnswer::Refused { error, revert }) => {
            if status.is_success() || is_user_refused {
                failure.class = FailureClass::Rejected;
            }
            let named = revert.map(|name| format!(", as the contract would with {name}"));
            let words = format!("the relay refused{}: {error}", named.unwrap_or_default());
            failure.detail = failure.detail.with_body(&words);
            Err(failure)
        }
        _ if !status.is_success() => Err(failure),
        Ok(answer) => Ok(answer),
        Err(error) => Err(malformed(failure, &error)),
    }
}

fn malformed(mut failure: StepError, error: &RelayAnswerError) -> StepError {
    failure.class = FailureClass::Protocol;
    tracing::debug!(%error, "an answer of the relay has another shape");
    failure
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn class(status: u16, body: &Value) -> FailureClass {
        let answer = http::Response::builder().status(status).body(body.to_string().into());
        judge(&answer.unwrap()).unwrap_err().class
    }

    #[test]
    fn what_the_contract_would_refuse_is_rejected_under_500_too() {
        let reverts = "Add server files and permissions submission failed: The contract function \
                       reverted. Error: InvalidNonce(uint256 expected, uint256 provided) (0, 5)";
        for error in [
            reverts,
            "Signature verification failed: bad",
            "Security verification failed: Recovered signer address (0x1) does not match",
        ] {
            let body = json!({ "type": "error", "error": error });
            for status in [200, 500, 502] {
                assert_eq!(class(status, &body), FailureClass::Rejected, "{status} {error}");
            }
            assert_eq!(class(429, &body), FailureClass::RateLimited, "{error}");
        }
        for error in ["fetch failed", "the signature service is down", ""] {
            let body = json!({ "type": "error", "error": error });
            assert_eq!(class(200, &body), FailureClass::Rejected, "{error}");
            assert_eq!(class(500, &body), FailureClass::ServerError, "{error}");
        }
        assert_eq!(class(500, &json!("<html>")), FailureClass::ServerError);
    }
}
