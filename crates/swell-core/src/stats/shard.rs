//! What one worker recorded since it was last drained.

use std::time::Duration;

use super::failures::FailureTable;
use super::latency::{Clock, LatencySet, Slot};
use super::series::finest_bucket;
use super::{JourneyRecord, Recent, StepRecord};
use crate::journey::{FailureClass, JourneySpec, StepId};
use crate::time::RunOffset;

/// Durations kept as they are before they are folded into histograms: 96 KiB.
const SAMPLES_MAX: usize = 6_000;

/// Buckets of time kept apart: 102 s, far more than passes between two drains.
const TALLY_MAX: usize = 1_024;

/// What one worker recorded since [`Totals::absorb`](super::Totals::absorb) last drained it.
///
/// Small while it is drained once a second at less than 6,000 durations a second; beyond that it folds
/// them into histograms of its own, so it stays bounded whatever happens.
#[derive(Clone, Debug)]
pub struct Shard {
    steps: usize,
    samples: Vec<(Slot, u64)>,
    pub(super) folded: Option<Box<LatencySet>>,
    pub(super) succeeded: Tally,
    pub(super) funded: Tally,
    pub(super) recent: Recent,
    pub(super) by_class: [u64; FailureClass::ALL.len()],
    pub(super) failures: FailureTable,
    pub(super) last_end: Option<RunOffset>,
}

impl Shard {
    /// An empty shard for journeys of `spec`.
    #[must_use]
    pub fn new(spec: &JourneySpec) -> Self {
        Self {
            steps: spec.steps.len(),
            samples: Vec::new(),
            folded: None,
            succeeded: Tally::default(),
            funded: Tally::default(),
            recent: Recent::default(),
            by_class: [0; FailureClass::ALL.len()],
            failures: FailureTable::default(),
            last_end: None,
        }
    }

    /// Records a step that ended.
    pub fn record_step(&mut self, record: &StepRecord) {
        debug_assert!(usize::from(record.step.0) < self.steps, "a step of another journey");
        let slot = |clock| Slot::step(StepId(record.step.0), clock, record.failed);
        self.record(slot(Clock::Response), record.response);
        self.record(slot(Clock::Service), record.service);
    }

    /// Records a journey that ended, with the failure's samples if it failed.
    pub fn record_journey(&mut self, record: &JourneyRecord) {
        let failed = record.outcome.is_err();
        let (response_us, service_us) = (us(record.response()), us(record.service()));
        self.record_us(Slot::journey(Clock::Response, failed), response_us);
        self.record_us(Slot::journey(Clock::Service, failed), service_us);
        self.recent.response.record_us(response_us);
        self.recent.service.record_us(service_us);
        self.last_end = self.last_end.max(Some(record.ended));
        match &record.outcome {
            Ok(()) => self.succeeded.add(record.ended),
            Err(failure) => {
                self.by_class[failure.class as usize] += 1;
                self.failures.record(record, failure);
            }
        }
    }

    /// Records Swell's own lateness with one arrival, microseconds.
    pub fn record_lag(&mut self, us: u64) {
        self.record_us(Slot::SCHEDULE_LAG, us);
    }

    /// Records a wallet that became usable at `at`, `latency` after it was demanded.
    pub fn record_funding_latency(&mut self, at: RunOffset, latency: Duration) {
        self.funded.add(at);
        self.record(Slot::FUNDING_LATENCY, latency);
    }

    /// Records how long a user waited in the step `wallet`, timeouts included.
    pub fn record_wallet_wait(&mut self, wait: Duration) {
        self.record(Slot::WALLET_WAIT, wait);
    }

    fn record(&mut self, slot: Slot, duration: Duration) {
        self.record_us(slot, us(duration));
    }

    fn record_us(&mut self, slot: Slot, us: u64) {
        if self.samples.len() >= SAMPLES_MAX {
            let steps = self.steps;
            let folded = self.folded.get_or_insert_with(|| Box::new(LatencySet::new(steps)));
            for (slot, us) in self.samples.drain(..) {
                folded.record_us(slot, us);
            }
        }
        self.samples.push((slot, us));
    }

    /// Moves all durations into `latencies`.
    pub(super) fn drain_latencies(&mut self, latencies: &mut LatencySet) {
        if let Some(folded) = self.folded.take() {
            latencies.merge(&folded);
        }
        for (slot, us) in self.samples.drain(..) {
            latencies.record_us(slot, us);
        }
    }
}

fn us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Events per 100 ms, latest last.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    counts: Vec<(u64, u32)>,
}

impl Tally {
    fn add(&mut self, at: RunOffset) {
        let bucket = finest_bucket(at);
        let full = self.counts.len() >= TALLY_MAX;
        if let Some((_, count)) = self.counts.iter_mut().rev().find(|(of, _)| *of == bucket) {
            *count += 1;
            return;
        }
        match self.counts.last_mut() {
            Some((_, last)) if full => *last += 1,
            _ => self.counts.push((bucket, 1)),
        }
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = (u64, u32)> + '_ {
        self.counts.drain(..)
    }
}
