//! A scripted target for the tests of the layers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use swell_core::time::RunOffset;

use crate::call::CallOptions;
use crate::clock::RunClock;
use crate::exchange::Exchange;
use crate::{NetError, Request, Response};

/// Answers in the order it was told; the last answer is repeated for ever.
#[derive(Debug)]
pub(crate) struct Script {
    clock: RunClock,
    steps: Mutex<VecDeque<Step>>,
    log: Log,
}

/// When requests reached the script, and what they were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(RunOffset, Request)>>>);

#[derive(Clone, Debug)]
struct Step {
    delay: Duration,
    result: Result<Response, NetError>,
}

impl Script {
    pub(crate) fn new(clock: &RunClock) -> Self {
        Self { clock: clock.clone(), steps: Mutex::default(), log: Log::default() }
    }

    pub(crate) fn answer(self, status: u16) -> Self {
        self.answer_after(Duration::ZERO, status)
    }

    pub(crate) fn answer_after(self, delay: Duration, status: u16) -> Self {
        let response = http::Response::builder().status(status).body(Bytes::new()).unwrap();
        self.step(delay, Ok(response))
    }

    /// 429, to be left alone for `seconds`.
    pub(crate) fn limited(self, seconds: u64) -> Self {
        let response = http::Response::builder()
            .status(429)
            .header(RETRY_AFTER, seconds)
            .body(Bytes::new())
            .unwrap();
        self.step(Duration::ZERO, Ok(response))
    }

    pub(crate) fn fail(self, error: NetError) -> Self {
        self.step(Duration::ZERO, Err(error))
    }

    fn step(self, delay: Duration, result: Result<Response, NetError>) -> Self {
        self.steps.lock().unwrap().push_back(Step { delay, result });
        self
    }

    pub(crate) fn log(&self) -> Log {
        self.log.clone()
    }
}

impl Exchange for Script {
    async fn exchange(&self, request: Request) -> Result<Response, NetError> {
        self.log.0.lock().unwrap().push((self.clock.now(), request));
        let step = {
            let mut steps = self.steps.lock().unwrap();
            let step = steps.pop_front().expect("the script has at least one step");
            if steps.is_empty() {
                steps.push_back(step.clone());
            }
            step
        };
        self.clock.sleep(step.delay).await;
        step.result
    }
}

impl Log {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn times(&self) -> Vec<Duration> {
        self.0.lock().unwrap().iter().map(|(at, _)| at.since_start()).collect()
    }

    pub(crate) fn last(&self) -> Request {
        self.0.lock().unwrap().last().expect("a request was sent").1.clone()
    }
}

/// A request to nowhere in particular.
pub(crate) fn request(options: CallOptions) -> Request {
    let mut request = http::Request::get("http://target.example/").body(Bytes::new()).unwrap();
    request.extensions_mut().insert(options);
    request
}
