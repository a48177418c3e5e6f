//! Ways in for fuzzing, and for nothing else: parsers that nobody outside calls by themselves.

use crate::relay::RelayRequest;

/// Reads `body` as a request to the relay, and refuses it in the relay's words.
pub fn relay_request(body: &[u8]) {
    if let Err(failure) = RelayRequest::read(body) {
        let _said = failure.to_string();
    }
}
