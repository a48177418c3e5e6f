//! Draws what happens to each request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;
use rand::RngExt;
use swell_core::seed::{Seed, SeededRng};
use swell_net::Request;
use swell_net::clock::RunClock;
use swell_net::fault::{Fault, FaultAction, FaultPlan};

use crate::storm::{Part, PartStorm, Shower};

/// Draws what happens to each request, by the showers and outages of its part.
#[derive(Debug)]
pub(crate) struct Weather {
    clock: RunClock,
    parts: [PartStorm; 3],
    rng: Mutex<SeededRng>,
    calm: AtomicBool,
}

impl Weather {
    /// Weather that is calm until it is let loose.
    pub(crate) fn new(parts: [PartStorm; 3], seed: Seed, clock: RunClock) -> Self {
        let rng = Mutex::new(seed.rng("weather"));
        Self { clock, parts, rng, calm: AtomicBool::new(true) }
    }

    pub(crate) fn set_calm(&self, calm: bool) {
        self.calm.store(calm, Ordering::Relaxed);
    }
}

impl FaultPlan for Weather {
    fn decide(&self, request: &Request) -> Fault {
        if self.calm.load(Ordering::Relaxed) {
            return Fault::default();
        }
        let part = part_of(request);
        let now = self.clock.now().since_start();
        let storm = &self.parts[part as usize];
        if storm.outages.iter().any(|(from, until)| (*from..*until).contains(&now)) {
            return Fault { action: FaultAction::DropRequest, ..Fault::default() };
        }
        let shower = storm.showers.iter().find(|shower| (shower.from..shower.until).contains(&now));
        let fault = shower.map_or_else(Fault::default, |shower| {
            draw(shower, &mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
        });
        if fault != Fault::default() {
            tracing::debug!(?part, action = ?fault.action, delay = ?fault.delay, "fault");
        }
        fault
    }
}

fn part_of(request: &Request) -> Part {
    let path = request.uri().path();
    if path.starts_with("/api/v1") {
        Part::Server
    } else if path.starts_with("/objects") {
        Part::Store
    } else {
        Part::Rpc
    }
}

fn draw(shower: &Shower, rng: &mut SeededRng) -> Fault {
    let refusals = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE];
    let refusal = refusals[rng.random_range(0..refusals.len())];
    let limit = if rng.random_bool(0.5) {
        FaultAction::Limit { retry_after_s: rng.random_range(0..10) }
    } else {
        FaultAction::Answer(StatusCode::TOO_MANY_REQUESTS)
    };
    let actions = [
        (shower.drop_request, FaultAction::DropRequest),
        (shower.drop_reply, FaultAction::DropReply),
        (shower.duplicate, FaultAction::Duplicate),
        (shower.garble, FaultAction::Garble),
        (shower.limit, limit),
        (shower.refuse, FaultAction::Answer(refusal)),
    ];
    let (mut drawn, is_delayed): (f64, f64) = (rng.random(), rng.random());
    let length: f64 = rng.random();
    let mut action = FaultAction::Pass;
    for (share, candidate) in actions {
        if drawn < share {
            action = candidate;
            break;
        }
        drawn -= share;
    }
    let delay =
        if is_delayed < shower.delay { shower.delay_max.mul_f64(length) } else { Duration::ZERO };
    Fault { delay, action }
}
