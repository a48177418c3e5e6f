//! Errors that are written in XML.

use swell_core::journey::{FailureClass, FailureDetail};
use swell_engine::StepError;
use swell_net::Response;

/// The error of an answer in XML: its code and message, and nothing else of it. Such an answer may
/// repeat what was signed, and with it the token of a session.
pub(super) fn refusal(response: &Response) -> StepError {
    let text = String::from_utf8_lossy(response.body());
    let said: Vec<&str> =
        ["Code", "Message"].iter().filter_map(|name| element(&text, name)).collect();
    let mut error = StepError::from_status(response.status().as_u16(), b"");
    if has_token_ended(&text) {
        error.class = FailureClass::Unauthorized;
    }
    error.detail = FailureDetail { body: None, ..error.detail }.with_body(&said.join(": "));
    error
}

/// Whether the error is about the token of temporary credentials, which S3 answers with 400.
fn has_token_ended(text: &str) -> bool {
    const CODES: [&str; 3] = ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"];
    element(text, "Code").is_some_and(|code| CODES.contains(&code))
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_has_ended_is_no_bad_request() {
        for (code, class) in [
            ("ExpiredToken", FailureClass::Unauthorized),
            ("InvalidToken", FailureClass::Unauthorized),
            ("TokenRefreshRequired", FailureClass::Unauthorized),
            ("MalformedXML", FailureClass::BadRequest),
        ] {
            let body = format!("<Error><Code>{code}</Code><Message>No.</Message></Error>");
            let response = http::Response::builder().status(400).body(body.into()).unwrap();
            assert_eq!(refusal(&response).class, class, "{code}");
        }
    }

    #[test]
    fn what_was_signed_is_not_repeated() {
        let body = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code>\
                    <Message>The signature does not match.</Message>\
                    <CanonicalRequest>X-Amz-Security-Token=hunter2</CanonicalRequest></Error>";
        let response = http::Response::builder().status(403).body(body.into()).unwrap();
        let error = refusal(&response);
        assert_eq!((error.class, error.detail.status), (FailureClass::Unauthorized, Some(403)));
        let words = "SignatureDoesNotMatch: The signature does not match.";
        assert_eq!(error.detail.body.as_deref(), Some(words));
        for odd in ["", "<Code>", "hunter2", "</Code><Code>"] {
            let response = http::Response::builder().status(500).body(odd.into()).unwrap();
            assert_eq!(refusal(&response).detail.body.as_deref(), Some(""), "{odd}");
        }
    }
}
