//! Whether the target's relay answers like one.

use std::time::Duration;

use swell_core::journey::FailureClass;

use crate::connection::Connection;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// An operation that no relay knows: what counts is that it answers at all.
const NOBODYS_OPERATION: &str = "swell-check";

/// Asks the relay, where users' calls go to it, how an operation of nobody's is. Sends nothing to
/// the chain.
pub(super) async fn examine(connection: &Connection, errors: &mut Vec<String>) -> Option<String> {
    let (relay, target) = (connection.relay()?, connection.target.relay.as_ref()?);
    let by = connection.clock.now() + PATIENCE;
    let error = relay.status(NOBODYS_OPERATION, by).await.err();
    let is_no_relay = |class| {
        matches!(
            class,
            FailureClass::Transport
                | FailureClass::Timeout
                | FailureClass::Unavailable
                | FailureClass::Unauthorized
                | FailureClass::NotFound
                | FailureClass::Protocol
        )
    };
    match error.filter(|error| is_no_relay(error.class)) {
        None => Some(format!("the relay at {} answers", target.url)),
        Some(error) => {
            let status = error.detail.status.map(|status| format!("status {status}"));
            let why = status.or(error.detail.body).unwrap_or_default();
            errors.push(format!(
                "what `relay.url` names, {}, does not answer like a relay ({}: {why}); expected the \
                 URL that requests are posted to",
                target.url, error.class
            ));
            None
        }
    }
}
