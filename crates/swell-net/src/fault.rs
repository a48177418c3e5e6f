//! Faults put between an endpoint and its transport, for tests and rehearsals.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use rand::RngExt;
use swell_core::seed::{Seed, SeededRng};

use crate::clock::RunClock;
use crate::exchange::Exchange;
use crate::{NetError, Request, Response};

/// Decides what goes wrong, request by request.
pub trait FaultPlan: fmt::Debug + Send + Sync {
    /// What happens to `request`.
    fn decide(&self, request: &Request) -> Fault;
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// How long it is held up first.
    pub delay: Duration,
    /// What happens then.
    pub action: FaultAction,
}

/// What happens to one request, after its delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaultAction {
    /// It goes on to the target, and the answer comes back.
    #[default]
    Pass,
    /// It never reaches the target; the caller cannot tell.
    DropRequest,
    /// The target acts on it, and the answer is lost; the caller cannot tell.
    DropReply,
    /// It reaches the target twice; the first answer comes back.
    Duplicate,
    /// The target acts on it, and what comes back has no meaning.
    Garble,
    /// It never reaches the target; this answer comes instead.
    Answer(StatusCode),
    /// It never reaches the target, which asks to be left alone for so many seconds.
    Limit {
        /// Whole seconds, as `Retry-After` has them.
        retry_after_s: u16,
    },
}

/// Puts the faults of a plan in front of the transport. Without a plan it does nothing.
#[derive(Debug)]
pub struct Faults<E> {
    inner: E,
    plan: Option<Arc<dyn FaultPlan>>,
    clock: RunClock,
}

impl<E> Faults<E> {
    /// Puts the faults of `plan` in front of `inner`.
    #[must_use]
    pub const fn new(inner: E, plan: Option<Arc<dyn FaultPlan>>, clock: RunClock) -> Self {
        Self { inner, plan, clock }
    }
}

impl<E: Exchange> Exchange for Faults<E> {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        let fault = self.plan.as_ref().map(|plan| plan.decide(&request)).unwrap_or_default();
        if !fault.delay.is_zero() {
            self.clock.sleep(fault.delay).await;
        }
        match fault.action {
            FaultAction::Pass => self.inner.exchange(request).await,
            FaultAction::DropRequest => Err(injected()),
            FaultAction::DropReply => {
                self.inner.exchange(request).await?;
                Err(injected())
            }
            FaultAction::Duplicate => {
                let first = self.inner.exchange(request.clone()).await;
                // Nobody reads what the second one brings.
                let _unread = self.inner.exchange(request).await;
                first
            }
            FaultAction::Garble => {
                let answer = self.inner.exchange(request).await?;
                Ok(answer.map(|_| Bytes::from_static(GARBAGE)))
            }
            FaultAction::Answer(status) => Ok(answer(status)),
            FaultAction::Limit { retry_after_s } => {
                let mut response = answer(StatusCode::TOO_MANY_REQUESTS);
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
                Ok(response)
            }
        }
    }
}

/// Neither JSON nor text.
const GARBAGE: &[u8] = b"\xff{]\0<html>";

fn answer(status: StatusCode) -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

fn injected() -> NetError {
    NetError::Lost("an injected fault".into())
}

/// Faults drawn at random, each with its probability; at most one action a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultRates {
    /// Share of requests that never arrive, 0 to 1.
    pub drop_request: f64,
    /// Share of requests whose answer is lost, 0 to 1.
    pub drop_reply: f64,
    /// Share of requests that get `status` instead of an answer, 0 to 1.
    pub answer: f64,
    /// The status of those.
    pub status: StatusCode,
    /// Share of requests that are held up, 0 to 1, whatever else happens to them.
    pub delay: f64,
    /// The longest they are held up; uniform from zero.
    pub delay_max: Duration,
}

/// A plan that draws from [`FaultRates`] with a seeded generator.
#[derive(Debug)]
pub struct RandomFaults {
    rates: FaultRates,
    rng: Mutex<SeededRng>,
}

impl RandomFaults {
    /// Draws by `rates`, repeatably from `seed`.
    #[must_use]
    pub fn new(rates: FaultRates, seed: Seed) -> Self {
        Self { rates, rng: Mutex::new(seed.rng("faults")) }
    }
}

impl FaultPlan for RandomFaults {
    fn decide(&self, _request: &Request) -> Fault {
        let rates = &self.rates;
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        // Every draw is made every time, so that one rate does not disturb another's choices.
        let (action, is_delayed, delay): (f64, f64, f64) =
            (rng.random(), rng.random(), rng.random());
        let action = if action < rates.drop_request {
            FaultAction::DropRequest
        } else if action < rates.drop_request + rates.drop_reply {
            FaultAction::DropReply
        } else if action < rates.drop_request + rates.drop_reply + rates.answer {
            FaultAction::Answer(rates.status)
        } else {
            FaultAction::Pass
        };
        let delay =
            if is_delayed < rates.delay { rates.delay_max.mul_f64(delay) } else { Duration::ZERO };
        Fault { delay, action }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CallOptions;
    use crate::testing::{Script, request};

    #[derive(Debug)]
    struct Always(Fault);

    impl FaultPlan for Always {
        fn decide(&self, _request: &Request) -> Fault {
            self.0
        }
    }

    /// The answer, how often the target was reached, and when the answer came.
    async fn under(fault: Fault) -> (Result<Response, NetError>, usize, Duration) {
        let clock = RunClock::virtual_time();
        let script = Script::new(&clock).answer(200);
        let log = script.log();
        let layer = Faults::new(script, Some(Arc::new(Always(fault))), clock.clone());
        let answer = layer.exchange(request(CallOptions::default())).await;
        (answer, log.count(), clock.now().since_start())
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_request_never_arrives() {
        let (answer, reached, _) =
            under(Fault { action: FaultAction::DropRequest, ..Fault::default() }).await;
        assert!(answer.unwrap_err().may_have_acted());
        assert_eq!(reached, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_reply_looks_the_same_but_the_target_acted() {
        let (answer, reached, _) =
            under(Fault { action: FaultAction::DropReply, ..Fault::default() }).await;
        assert!(answer.unwrap_err().may_have_acted());
        assert_eq!(reached, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_duplicate_reaches_the_target_twice_and_its_caller_sees_one_answer() {
        let (answer, reached, _) =
            under(Fault { action: FaultAction::Duplicate, ..Fault::default() }).await;
        assert_eq!((answer.unwrap().status(), reached), (StatusCode::OK, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_garbled_answer_is_one_although_the_target_acted() {
        let (answer, reached, _) =
            under(Fault { action: FaultAction::Garble, ..Fault::default() }).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status(), reached), (StatusCode::OK, 1));
        assert!(serde_json::from_slice::<serde_json::Value>(answer.body()).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_says_for_how_long_and_reaches_nothing() {
        let action = FaultAction::Limit { retry_after_s: 7 };
        let (answer, reached, _) = under(Fault { action, ..Fault::default() }).await;
        let wait = crate::retry_after::retry_after(&answer.unwrap(), Duration::ZERO);
        assert_eq!((wait, reached), (Some(Duration::from_secs(7)), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_delay_comes_before_what_follows() {
        let delay = Duration::from_secs(3);
        let action = FaultAction::Answer(StatusCode::BAD_GATEWAY);
        let (answer, reached, at) = under(Fault { delay, action }).await;
        assert_eq!(answer.unwrap().status(), StatusCode::BAD_GATEWAY);
        assert_eq!((reached, at), (0, delay));
    }

    #[test]
    fn equal_seeds_draw_equal_faults_at_the_given_rates() {
        let rates = FaultRates {
            drop_request: 0.1,
            drop_reply: 0.2,
            answer: 0.3,
            status: StatusCode::SERVICE_UNAVAILABLE,
            delay: 0.5,
            delay_max: Duration::from_secs(1),
        };
        let draw = |seed| {
            let plan = RandomFaults::new(rates, Seed(seed));
            let request = request(CallOptions::default());
            (0..10_000).map(|_| plan.decide(&request)).collect::<Vec<_>>()
        };
        let faults = draw(1);
        assert_eq!(faults, draw(1));
        assert_ne!(faults, draw(2));
        let share = |wanted: fn(&Fault) -> bool| faults.iter().filter(|f| wanted(f)).count();
        assert!(share(|f| f.action == FaultAction::DropRequest).abs_diff(1_000) < 150);
        assert!(share(|f| f.action == FaultAction::DropReply).abs_diff(2_000) < 200);
        assert!(share(|f| matches!(f.action, FaultAction::Answer(_))).abs_diff(3_000) < 200);
        assert!(share(|f| !f.delay.is_zero()).abs_diff(5_000) < 250);
    }
}
