//! Faults on request: each part of the sandbox can be slow, and can fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::StatusCode;
use rand::RngExt;
use serde_json::json;
use swell_core::seed::Seed;
use swell_net::clock::RunClock;

use crate::config::PartKnobs;

/// The faults of one part. The n-th request meets the same fate in every run of a seed.
pub(crate) struct Faults {
    knobs: PartKnobs,
    component: &'static str,
    seed: Seed,
    clock: RunClock,
    requests: AtomicU64,
    refused: AtomicU64,
}

impl Faults {
    /// The faults of the part that `component` names in the random tree.
    pub(crate) fn new(
        knobs: PartKnobs,
        component: &'static str,
        seed: Seed,
        clock: RunClock,
    ) -> Arc<Self> {
        let (requests, refused) = Default::default();
        Arc::new(Self { knobs, component, seed, clock, requests, refused })
    }

    /// `router` with these faults in front.
    pub(crate) fn before(self: Arc<Self>, router: Router) -> Router {
        router.layer(from_fn_with_state(self, pass))
    }

    /// How many requests came so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many of them were refused.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

async fn pass(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    let number = faults.requests.fetch_add(1, Ordering::Relaxed);
    if faults.knobs == PartKnobs::default() {
        return next.run(request).await;
    }
    let mut rng = faults.seed.indexed_rng(faults.component, number);
    let latency = faults.knobs.latency.draw(&mut rng);
    let is_refused = rng.random::<f64>() < faults.knobs.error_rate;
    if !latency.is_zero() {
        faults.clock.sleep(latency).await;
    }
    if is_refused {
        faults.refused.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "error": "the sandbox refuses this request: its error rate is set" });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    }
    next.run(request).await
}
