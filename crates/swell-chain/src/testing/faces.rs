//! Several nodes of one chain for the tests: each can fail, lag or lie by itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use swell_core::seed::Seed;
use swell_core::target::SafeUrl;
use swell_net::clock::RunClock;
use swell_net::{Endpoint, EndpointId, EndpointSettings, HttpService, NetError, Request, Response};

use super::{FakeNode, NodeState};
use crate::rpc::Rpc;

/// How one node behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Well,
    /// Nobody can connect to it.
    Down,
    /// It acts, and its answers never arrive.
    Mute,
    /// It never answers.
    Silent,
    /// It asks for fewer requests, for so many seconds.
    Limited(u64),
    /// It has not seen the newest blocks, and nothing that waits for one.
    Behind(usize),
    /// It has not seen the money of any sender.
    Poor,
    /// It serves another chain.
    OtherChain(u64),
    /// It has a branch of its own: these blocks.
    Fork(Vec<super::FakeBlock>),
}

/// One node of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Face {
    node: FakeNode,
    mood: Arc<Mutex<Mood>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Face {
    pub(crate) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// How often it was asked for `method`.
    pub(crate) fn asked(&self, method: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|asked| *asked == method).count()
    }

    pub(crate) fn forget(&self) {
        self.log.lock().unwrap().clear();
    }

    fn answer(&self, request: &Request) -> Result<Response, NetError> {
        let mood = self.mood.lock().unwrap().clone();
        if mood == Mood::Down {
            return Err(NetError::Connect("refused".into()));
        }
        if let Mood::Limited(seconds) = mood {
            let limited = http::Response::builder().status(429).header("retry-after", seconds);
            return Ok(limited.body(bytes::Bytes::new()).unwrap());
        }
        let asked: Value = serde_json::from_slice(request.body()).unwrap();
        let answer = match &asked {
            Value::Array(asked) => asked.iter().map(|one| self.answer_one(one, &mood)).collect(),
            one => self.answer_one(one, &mood),
        };
        if mood == Mood::Mute {
            return Err(NetError::Lost("the test says so".into()));
        }
        Ok(http::Response::new(serde_json::to_vec(&answer).unwrap().into()))
    }

    fn answer_one(&self, asked: &Value, mood: &Mood) -> Value {
        let method = asked["method"].as_str().unwrap();
        self.log.lock().unwrap().push(method.to_owned());
        let answer =
            |kind: &str, value: Value| json!({"jsonrpc": "2.0", "id": asked["id"], kind: value});
        let sends = method == "eth_sendRawTransaction";
        match mood {
            Mood::OtherChain(id) if method == "eth_chainId" => {
                answer("result", json!(format!("{id:#x}")))
            }
            Mood::Poor if sends => {
                answer("error", json!({"code": -32_000, "message": "insufficient funds for gas"}))
            }
            Mood::Behind(blocks) if !sends => {
                let mut old = self.node.state().blocks.clone();
                old.truncate(old.len().saturating_sub(*blocks).max(1));
                let (kind, value) = read_only(old, asked);
                answer(kind, value)
            }
            Mood::Fork(blocks) if !sends => {
                let (kind, value) = read_only(blocks.clone(), asked);
                answer(kind, value)
            }
            _ => self.node.answer_one(asked).unwrap(),
        }
    }
}

/// The answer's key and what is under it.
fn read_only(blocks: Vec<super::FakeBlock>, asked: &Value) -> (&'static str, Value) {
    let mut state = NodeState { blocks, ..NodeState::default() };
    match state.call(asked["method"].as_str().unwrap(), &asked["params"]).unwrap() {
        Ok(result) => ("result", result),
        Err((code, message)) => ("error", json!({"code": code, "message": message})),
    }
}

impl FakeNode {
    /// `count` nodes of this chain, and a client of all of them. Each is 5 ms away.
    pub(crate) fn faces<const N: usize>(&self, clock: &RunClock) -> (Rpc, [Face; N]) {
        let faces: [Face; N] = std::array::from_fn(|_| Face {
            node: self.clone(),
            mood: Arc::new(Mutex::new(Mood::Well)),
            log: Arc::default(),
        });
        let mut endpoints = faces.iter().enumerate().map(|(at, face)| {
            let face = face.clone();
            let service = HttpService::new(tower::service_fn(move |request: Request| {
                let face = face.clone();
                async move {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    if *face.mood.lock().unwrap() == Mood::Silent {
                        std::future::pending::<()>().await;
                    }
                    face.answer(&request)
                }
            }));
            Endpoint::new(
                EndpointId::new(format!("rpc-{}", at + 1)),
                &SafeUrl::new(format!("https://user:SECRET@node{}.test/KEY", at + 1)),
                service,
                EndpointSettings::default(),
                clock.clone(),
                Seed(1),
            )
            .unwrap()
        });
        let first = endpoints.next().unwrap();
        (Rpc::over(first, endpoints.collect::<Vec<_>>()), faces)
    }
}
