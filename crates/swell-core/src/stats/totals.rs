//! Everything a run has measured so far.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem::size_of;
use std::time::Duration;

use super::failures::FailureTable;
use super::latency::LatencySet;
use super::rolling::{BUCKETS, RollingCounts};
use super::series::{LoadSeries, finest_bucket};
use super::throughput::{Extent, sustained};
use super::{Distribution, ExportedHistogram, LatencyHistogram, LoadWindow, Recent, Shard};
use crate::journey::{FailureClass, JourneySpec, StepId};
use crate::report::{
    FailureRow, Funding, Lag, Latency, LatencyClock, LatencyCurve, OutcomeCounts, StepRow,
    Throughput,
};
use crate::snapshot::{RecentRates, StepSnapshot};
use crate::time::RunOffset;

/// The peak is the best of this length, and never less than what is sustained.
const PEAK_WINDOW: Duration = Duration::from_secs(10);

/// What curves of the whole journey are called.
const JOURNEY: &str = "journey";

/// Live rates look back so far.
const LIVE_WINDOW: Duration = Duration::from_secs(60);

/// Everything a run has measured so far.
///
/// For a journey of ten steps it holds less than 4 MiB while durations stay below half an hour, and less
/// than 6 MiB at the range of 24 h, whatever the number of users and however long the run.
#[derive(Clone, Debug)]
pub struct Totals {
    spec: JourneySpec,
    latencies: LatencySet,
    by_class: [u64; FailureClass::ALL.len()],
    failures: FailureTable,
    series: LoadSeries,
    extent: Extent,
    recent: Recent,
    recent_successes: RollingCounts,
    recent_due: RollingCounts,
    recent_funded: RollingCounts,
    peak: u64,
}

impl Totals {
    /// Nothing measured yet, of journeys of `spec`.
    #[must_use]
    pub fn new(spec: &JourneySpec) -> Self {
        Self {
            spec: *spec,
            latencies: LatencySet::with_room(spec.steps.len()),
            by_class: [0; FailureClass::ALL.len()],
            failures: FailureTable::default(),
            series: LoadSeries::default(),
            extent: Extent::default(),
            recent: Recent::default(),
            recent_successes: RollingCounts::default(),
            recent_due: RollingCounts::default(),
            recent_funded: RollingCounts::default(),
            peak: 0,
        }
    }

    /// Records an arrival whose time came, started or not.
    pub fn record_due(&mut self, due: RunOffset) {
        self.series.record_due(due);
        self.recent_due.add(finest_bucket(due), 1);
        let first = self.extent.first_due.map_or(due, |first| first.min(due));
        self.extent.first_due = Some(first);
        self.extent.last_due = self.extent.last_due.max(Some(due));
    }

    /// Moves all of `shard` here and leaves it empty. Meant to happen once a second.
    pub fn absorb(&mut self, shard: &mut Shard) {
        shard.drain_latencies(&mut self.latencies);
        self.recent.merge(&std::mem::take(&mut shard.recent));
        self.failures.absorb(&mut shard.failures);
        for (mine, theirs) in self.by_class.iter_mut().zip(&mut shard.by_class) {
            *mine += std::mem::take(theirs);
        }
        self.extent.last_end = self.extent.last_end.max(shard.last_end.take());
        for (bucket, count) in shard.succeeded.drain() {
            self.series.record_succeeded(bucket, u64::from(count));
            self.recent_successes.add(bucket, count);
        }
        for (bucket, count) in shard.funded.drain() {
            self.recent_funded.add(bucket, count);
        }
        self.peak = self.peak.max(self.recent_successes.best(PEAK_WINDOW));
    }

    /// The journey these are measurements of.
    #[must_use]
    pub const fn spec(&self) -> &JourneySpec {
        &self.spec
    }

    /// One distribution, merged from successes and failures where both count.
    #[must_use]
    pub fn distribution(&self, of: Distribution) -> Cow<'_, LatencyHistogram> {
        self.latencies.distribution(of)
    }

    /// The figures of one distribution, milliseconds.
    #[must_use]
    pub fn latency(&self, of: Distribution) -> Latency {
        self.distribution(of).latency()
    }

    /// Swell's own lateness.
    #[must_use]
    pub fn lag(&self) -> Lag {
        self.distribution(Distribution::ScheduleLag).lag()
    }

    /// Journeys by how they ended.
    #[must_use]
    pub fn outcomes(&self) -> OutcomeCounts {
        let classes = FailureClass::ALL.into_iter().zip(self.by_class);
        let by_class: BTreeMap<String, u64> = classes
            .filter(|(_, count)| *count > 0)
            .map(|(class, count)| (class.label().to_owned(), count))
            .collect();
        OutcomeCounts { succeeded: self.succeeded(), failed: self.failed(), by_class }
    }

    /// Journeys that reached their end.
    #[must_use]
    pub fn succeeded(&self) -> u64 {
        self.latencies.count(None, false)
    }

    /// Journeys that ended otherwise.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.by_class.iter().sum()
    }

    /// Failures of one class.
    #[must_use]
    pub fn failed_as(&self, class: FailureClass) -> u64 {
        self.failures.count_of(class)
    }

    /// Successes ÷ ended, percent; `None` before anyone ended.
    #[must_use]
    pub fn success_percent(&self) -> Option<f64> {
        let ended = self.succeeded() + self.failed();
        (ended > 0).then(|| 100.0 * self.succeeded() as f64 / ended as f64)
    }

    /// Wallets that became usable.
    #[must_use]
    pub fn funded(&self) -> u64 {
        self.distribution(Distribution::FundingLatency).count()
    }

    /// How wallets were funded, as far as durations tell it; gas, sizes and failures are the funder's.
    #[must_use]
    pub fn funding(&self) -> Funding {
        Funding {
            wallets: self.funded(),
            latency_ms: self.latency(Distribution::FundingLatency),
            wait_ms: self.latency(Distribution::WalletWait),
            ..Funding::default()
        }
    }

    /// One row a step, in the journey's order.
    #[must_use]
    pub fn step_rows(&self) -> Vec<StepRow> {
        let row = |step| StepRow {
            name: self.spec.name_of(step).to_owned(),
            count: self.step_count(step),
            errors: self.latencies.count(Some(step), true),
            response_ms: self.latency(Distribution::StepResponse(step)),
            service_ms: self.latency(Distribution::StepService(step)),
        };
        self.steps().map(row).collect()
    }

    /// One live row a step. `active` is how many users are in each, by [`StepId`].
    #[must_use]
    pub fn step_snapshots(&self, active: &[u64]) -> Vec<StepSnapshot> {
        let row = |step: StepId| StepSnapshot {
            name: self.spec.name_of(step),
            count: self.step_count(step),
            errors: self.latencies.count(Some(step), true),
            active: active.get(usize::from(step.0)).copied().unwrap_or_default(),
            response_ms: self.latency(Distribution::StepResponse(step)),
            service_ms: self.latency(Distribution::StepService(step)),
        };
        self.steps().map(row).collect()
    }

    /// The whole distribution of response and service time, of the journey and of each step.
    #[must_use]
    pub fn curves(&self) -> Vec<LatencyCurve> {
        let journey = [
            (JOURNEY, LatencyClock::Response, Distribution::Response),
            (JOURNEY, LatencyClock::Service, Distribution::Service),
        ];
        let steps = self.steps().flat_map(|step| {
            let name = self.spec.name_of(step);
            [
                (name, LatencyClock::Response, Distribution::StepResponse(step)),
                (name, LatencyClock::Service, Distribution::StepService(step)),
            ]
        });
        journey
            .into_iter()
            .chain(steps)
            .map(|(name, clock, of)| self.distribution(of).curve(name, clock))
            .filter(|curve| curve.count > 0)
            .collect()
    }

    /// Response and service time of the journey and of each step, by outcome, with funding latency and
    /// schedule lag, for exporters.
    #[must_use]
    pub fn exported(&self) -> Vec<ExportedHistogram> {
        self.latencies.exported(&self.spec)
    }

    /// One row a class and step, most frequent first.
    #[must_use]
    pub fn failure_rows(&self) -> Vec<FailureRow> {
        self.failures.rows(&self.spec)
    }

    /// Sustained and peak throughput so far.
    #[must_use]
    pub fn throughput(&self, window: LoadWindow) -> Throughput {
        let service_us = self.distribution(Distribution::Service).percentile_us(50.0);
        let service_p50 = Duration::from_micros(service_us);
        let sustained = sustained(&self.series, self.extent, window, service_p50);
        // Of a run that lasts less, the whole of it is the best.
        let peak_per_s = self.peak as f64 / PEAK_WINDOW.as_secs_f64();
        Throughput { peak_per_s: peak_per_s.max(sustained.sustained_per_s), ..sustained }
    }

    /// Successes per second over the last 60 s, or since `load_start` if that is shorter.
    #[must_use]
    pub fn throughput_now(&self, now: RunOffset, load_start: RunOffset) -> f64 {
        self.recent_successes.rate(now, LIVE_WINDOW, load_start)
    }

    /// Arrivals due per second over the last 60 s, or since `load_start` if that is shorter.
    #[must_use]
    pub fn offered_now(&self, now: RunOffset, load_start: RunOffset) -> f64 {
        self.recent_due.rate(now, LIVE_WINDOW, load_start)
    }

    /// Successes per second over other windows than [`Self::throughput_now`], or since `load_start`.
    #[must_use]
    pub fn throughput_lately(&self, now: RunOffset, load_start: RunOffset) -> RecentRates {
        lately(&self.recent_successes, now, load_start)
    }

    /// Arrivals due per second over other windows than [`Self::offered_now`], or since `load_start`.
    #[must_use]
    pub fn offered_lately(&self, now: RunOffset, load_start: RunOffset) -> RecentRates {
        lately(&self.recent_due, now, load_start)
    }

    /// Journeys that ended since this was last called.
    pub fn take_recent(&mut self) -> Recent {
        std::mem::take(&mut self.recent)
    }

    /// Wallets that became usable per second over the last 60 s, or since `since` if that is shorter.
    #[must_use]
    pub fn funding_now(&self, now: RunOffset, since: RunOffset) -> f64 {
        self.recent_funded.rate(now, LIVE_WINDOW, since)
    }

    /// Durations beyond the histograms' range. Non-zero makes the report say so.
    #[must_use]
    pub fn over_range(&self) -> u64 {
        self.latencies.over_range()
    }

    /// Octets of memory held, as far as it varies.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.latencies.memory_bytes()
            + self.failures.memory_bytes()
            + self.series.memory_bytes()
            + 3 * size_of::<[u32; BUCKETS]>()
    }

    fn step_count(&self, step: StepId) -> u64 {
        self.latencies.count(Some(step), false) + self.latencies.count(Some(step), true)
    }

    fn steps(&self) -> impl Iterator<Item = StepId> + use<> {
        (0..self.spec.steps.len()).filter_map(|index| u8::try_from(index).ok().map(StepId))
    }
}

fn lately(counts: &RollingCounts, now: RunOffset, since: RunOffset) -> RecentRates {
    let over = |seconds| counts.rate(now, Duration::from_secs(seconds), since);
    RecentRates { last_10_s: over(10), last_5_min: over(300) }
}
