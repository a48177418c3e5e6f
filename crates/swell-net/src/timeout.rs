//! The longest one attempt may take.

use std::time::Duration;

use crate::call::CallOptions;
use crate::clock::RunClock;
use crate::exchange::Exchange;
use crate::{NetError, Request, Response};

/// Ends an attempt when its time is over: the call's timeout or the endpoint's, cut at the deadline.
#[derive(Debug)]
pub struct Timeout<E> {
    inner: E,
    timeout: Duration,
    clock: RunClock,
}

impl<E> Timeout<E> {
    /// Gives every attempt `timeout`, unless its call says otherwise.
    #[must_use]
    pub const fn new(inner: E, timeout: Duration, clock: RunClock) -> Self {
        Self { inner, timeout, clock }
    }

    /// What is left for an attempt that begins now.
    fn allowed(&self, options: &CallOptions) -> Duration {
        let timeout = options.timeout.unwrap_or(self.timeout);
        match options.deadline {
            Some(deadline) => timeout.min(deadline.saturating_since(self.clock.now())),
            None => timeout,
        }
    }
}

impl<E: Exchange> Exchange for Timeout<E> {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let allowed = self.allowed(&CallOptions::of(&request));
        if allowed.is_zero() {
            return Err(NetError::Timeout(allowed));
        }
        tokio::time::timeout(allowed, self.inner.exchange(request))
            .await
            .unwrap_or(Err(NetError::Timeout(allowed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, request};
    use swell_core::time::RunOffset;

    const ENDPOINT_TIMEOUT: Duration = Duration::from_secs(10);

    async fn time_given(options: CallOptions) -> Result<Response, NetError> {
        let clock = RunClock::virtual_time();
        let slow = Script::new(&clock).answer_after(Duration::from_secs(20), 200);
        let layer = Timeout::new(slow, ENDPOINT_TIMEOUT, clock);
        layer.exchange(request(options)).await
    }

    #[tokio::test(start_paused = true)]
    async fn the_endpoints_timeout_ends_an_attempt() {
        assert_eq!(
            time_given(CallOptions::default()).await.unwrap_err(),
            NetError::Timeout(ENDPOINT_TIMEOUT)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_may_ask_for_more_time() {
        let answer = time_given(CallOptions::default().timeout(Duration::from_secs(30))).await;
        assert_eq!(answer.unwrap().status(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_cuts_an_attempt_short() {
        let options = CallOptions::default().by(RunOffset::new(Duration::from_secs(3)));
        assert_eq!(
            time_given(options).await.unwrap_err(),
            NetError::Timeout(Duration::from_secs(3))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_after_the_deadline() {
        let clock = RunClock::virtual_time();
        let script = Script::new(&clock).answer(200);
        let sent = script.log();
        let layer = Timeout::new(script, ENDPOINT_TIMEOUT, clock);
        let late = CallOptions::default().by(RunOffset::ZERO);
        assert_eq!(
            layer.exchange(request(late)).await.unwrap_err(),
            NetError::Timeout(Duration::ZERO)
        );
        assert_eq!(sent.count(), 0);
    }
}
