//! The picture of the run that every live view sees.

use std::sync::Arc;
use std::time::Duration;

use swell_chain::{FeeTag, Head};
use swell_core::annotation::{AnnotationKind, Annotations};
use swell_core::arrival::{LoadClock, RateProfile};
use swell_core::event::RunEvent;
use swell_core::journey::StepId;
use swell_core::progress::ProgressTrack;
use swell_core::report::{ArrivalCounts, Ended, EndpointRow, EndpointState, Resources};
use swell_core::run::RunState;
use swell_core::snapshot::{Phase, RunIdentity, Snapshot};
use swell_core::stats::{Distribution, LoadWindow, Recent, ResourceTrack, Totals};
use swell_core::threshold::{Measured, Threshold};
use swell_core::time::RunOffset;
use swell_core::timeline::{BlockFacts, HostPoint, TickFacts, Timeline};
use swell_core::units::{Gas, Wei};
use swell_net::resources::{ResourceMeter, ResourceSample};
use tokio::sync::watch;

use crate::events::EventSink;
use crate::journey::JourneyPorts;
use crate::run::EndpointRows;

/// What a snapshot is made of.
#[derive(Clone, Copy)]
pub(crate) struct Picture<'a> {
    pub(crate) state: &'a RunState,
    pub(crate) totals: &'a Totals,
    pub(crate) counts: &'a ArrivalCounts,
    pub(crate) ports: &'a JourneyPorts,
    pub(crate) load_clock: &'a LoadClock,
    pub(crate) spent: Wei,
    pub(crate) funding_failed: u64,
    pub(crate) relayer_needs: Option<Wei>,
}

/// Makes a snapshot a second, and keeps what only a series of them can tell.
pub(crate) struct LiveView {
    pub(crate) identity: RunIdentity,
    pub(crate) snapshots: watch::Sender<Option<Arc<Snapshot>>>,
    pub(crate) endpoints: EndpointRows,
    pub(crate) watched: bool,
    pub(crate) exports: bool,
    pub(crate) events: EventSink,
    pub(crate) host: Host,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) profile: RateProfile,
    pub(crate) planned: f64,
    pub(crate) load_start: Option<RunOffset>,
    /// Load time that came to pass in an earlier part of the run.
    pub(crate) skipped: Duration,
    pub(crate) timeline: Timeline,
    pub(crate) annotations: Annotations,
    pub(crate) conditions: Conditions,
    pub(crate) progress: ProgressTrack,
}

/// How things stood at the last look: what changes by itself is annotated.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    relayer_is_dry: bool,
    endpoints: Vec<(String, EndpointState)>,
}

impl LiveView {
    /// Failures that a snapshot shows.
    const FAILURES_MAX: usize = 8;

    /// Looks at everything once. True when a threshold with `abort` is broken.
    pub(crate) fn publish(&mut self, now: RunOffset, run: &Picture<'_>, recent: Recent) -> bool {
        let usage = self.host.look(now);
        let endpoints = self.endpoints.read();
        self.note_conditions(now, run, &endpoints);
        self.timeline.tick(now, self.tick_facts(run, usage, recent));
        let Picture { totals, counts, .. } = *run;
        let throughput = totals.throughput(self.window(run.load_clock));
        let resources = self.host.resources();
        let measured = Measured {
            totals,
            throughput: &throughput,
            arrivals: counts,
            duration: now.since_start(),
            money: None,
            resources: resources.as_ref(),
        };
        let since_load = self.load_start.map(|start| now.saturating_since(start));
        let breached = since_load.is_some_and(|since_load| {
            self.thresholds.iter().any(|threshold| threshold.aborts(since_load, &measured))
        });
        if self.watched {
            let thresholds = self.thresholds.iter().map(|t| t.evaluate(&measured)).collect();
            let snapshot = self.snapshot(now, run, usage);
            let progress = self.progress.look(now, run.state.work_left());
            let snapshot = Snapshot { thresholds, endpoints, progress, ..snapshot };
            self.snapshots.send_replace(Some(Arc::new(snapshot)));
        }
        breached
    }

    /// Marks what happened on the time axis of every chart. Phases are events of their own.
    pub(crate) fn annotate(&mut self, at: RunOffset, kind: AnnotationKind, words: &str) {
        if kind != AnnotationKind::Phase {
            self.events.tell(|| RunEvent::Annotation { at, kind, text: words.to_owned() });
        }
        self.annotations.add(at, kind, words);
    }

    /// A new block.
    pub(crate) fn block(&mut self, at: RunOffset, head: &Head) {
        self.events.tell(|| RunEvent::Block {
            at,
            number: head.number,
            gas_used: head.gas_used,
            gas_limit: head.gas_limit,
            base_fee_wei: head.base_fee,
        });
        self.timeline.block(&BlockFacts {
            gas_used: head.gas_used,
            gas_limit: head.gas_limit,
            base_fee: head.base_fee,
        });
    }

    /// The window that throughput is judged over.
    pub(crate) fn window(&self, load_clock: &LoadClock) -> LoadWindow {
        LoadWindow::of(&self.profile, load_clock, self.skipped)
    }

    /// All but thresholds, endpoints and progress, which have been looked at already.
    fn snapshot(&self, now: RunOffset, run: &Picture<'_>, usage: Usage) -> Snapshot {
        let Picture { state, totals, counts, ports, load_clock, .. } = *run;
        let since = self.load_start.unwrap_or(now);
        let head = ports.chain.follower().head();
        let mut failures = totals.failure_rows();
        failures.truncate(Self::FAILURES_MAX);
        Snapshot {
            run: self.identity.clone(),
            phase: state.phase(),
            elapsed_s: now.as_secs_f64(),
            left_s: self.left_s(now, state, load_clock),
            progress: None,
            paused: load_clock.is_paused(),
            rate_percent: load_clock.rate(),
            planned: self.planned,
            due: counts.due,
            started: counts.started,
            shed: counts.shed,
            shed_by_reason: counts.shed_by_reason.clone(),
            succeeded: totals.succeeded(),
            failed: totals.failed(),
            failed_by_class: totals.outcomes().by_class,
            abandoned: counts.abandoned,
            waited_for_place: counts.waited_for_place,
            in_flight: u64::from(state.in_flight()),
            backlog: state.backlog() as u64,
            offered_per_s: totals.offered_now(now, since),
            throughput_per_s: totals.throughput_now(now, since),
            offered_lately: totals.offered_lately(now, since),
            throughput_lately: totals.throughput_lately(now, since),
            success_percent: totals.success_percent(),
            response_ms: totals.latency(Distribution::Response),
            service_ms: totals.latency(Distribution::Service),
            pool: state.pool(),
            funded: totals.funded(),
            funding_failed: run.funding_failed,
            funding_latency_ms: totals.latency(Distribution::FundingLatency),
            spent: run.spent,
            relayer_needs: run.relayer_needs,
            funding_per_s: totals.funding_now(now, RunOffset::ZERO),
            steps: totals.step_snapshots(&active_steps(totals, ports)),
            thresholds: Vec::new(),
            failures,
            endpoints: Vec::new(),
            block: Some(head.number),
            base_fee: head.base_fee,
            rss_bytes: usage.rss_bytes,
            cpu_percent_of_core: usage.cpu_percent_of_core,
            cpu_s: usage.cpu_s,
            schedule_lag_us_p99: totals.lag().p99,
            annotations: self.annotations.all().to_vec(),
            timeline: self.timeline.points(),
            histograms: if self.exports { totals.exported() } else { Vec::new() },
        }
    }

    /// Until the last arrival is expected, seconds.
    fn left_s(&self, now: RunOffset, state: &RunState, load_clock: &LoadClock) -> Option<f64> {
        if state.phase() > Phase::Load || state.ended() != Ended::Completed {
            return None;
        }
        let end = self.profile.load_end().since_start().saturating_sub(self.skipped);
        let left = load_clock.run_time(end)?.saturating_since(now);
        (!left.is_zero()).then_some(left.as_secs_f64())
    }

    fn tick_facts(&self, run: &Picture<'_>, usage: Usage, recent: Recent) -> TickFacts {
        let Picture { state, totals, counts, ports, .. } = *run;
        let fees = ports.chain.follower().fee_totals();
        let host = HostPoint {
            rss_bytes_max: usage.rss_bytes,
            // A tenth of a percent is more than can be told.
            cpu_percent_of_core_max: (10.0 * usage.cpu_percent_of_core).round() / 10.0,
        };
        TickFacts {
            due: counts.due,
            started: counts.started,
            succeeded: totals.succeeded(),
            failed: totals.failed(),
            shed: counts.shed,
            funded: totals.funded(),
            gas_ours: Gas(FeeTag::ALL.iter().map(|tag| fees.of(*tag).gas_used).sum()),
            in_flight: u64::from(state.in_flight()),
            backlog: state.backlog() as u64,
            pool: state.pool(),
            host: (!self.identity.virtual_time).then_some(host),
            recent,
        }
    }

    fn note_conditions(&mut self, now: RunOffset, run: &Picture<'_>, endpoints: &[EndpointRow]) {
        let is_dry = run.relayer_needs.is_some();
        if is_dry != self.conditions.relayer_is_dry {
            self.conditions.relayer_is_dry = is_dry;
            let words = if is_dry { "the relayer ran dry" } else { "the relayer has money again" };
            self.annotate(now, AnnotationKind::Condition, words);
        }
        let states = endpoints.iter().map(|row| (row.name.clone(), row.state)).collect();
        let before = std::mem::replace(&mut self.conditions.endpoints, states);
        let changed = |(name, state): &(String, EndpointState)| {
            let was = before.iter().find(|(of, _)| of == name).map_or(*state, |(_, was)| *was);
            (was != *state).then(|| format!("{name} is {}", state.label()))
        };
        let changes: Vec<String> = self.conditions.endpoints.iter().filter_map(changed).collect();
        for words in changes {
            self.annotate(now, AnnotationKind::Condition, &words);
        }
    }
}

fn active_steps(totals: &Totals, ports: &JourneyPorts) -> Vec<u64> {
    let steps = u8::try_from(totals.spec().steps.len()).unwrap_or(u8::MAX);
    (0..steps).map(|step| ports.recorder.active(StepId(step))).collect()
}

/// What the load side uses of its machine. All zero where that cannot be read.
pub(crate) struct Host {
    meter: ResourceMeter,
    track: ResourceTrack,
    /// CPU time used before the run.
    cpu_before: Duration,
    last: ResourceSample,
    last_at: RunOffset,
    includes_sandbox: bool,
}

/// One look at the machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    rss_bytes: u64,
    cpu_percent_of_core: f64,
    cpu_s: f64,
}

impl Host {
    pub(crate) fn new(mut meter: ResourceMeter, includes_sandbox: bool) -> Self {
        let last = meter.sample().unwrap_or_default();
        Self {
            meter,
            track: ResourceTrack::default(),
            cpu_before: last.cpu,
            last,
            last_at: RunOffset::ZERO,
            includes_sandbox,
        }
    }

    /// Looks at the machine now.
    pub(crate) fn look(&mut self, now: RunOffset) -> Usage {
        // Where it cannot be read for once, it is as it was.
        let sample = self.meter.sample().unwrap_or(self.last);
        self.track.record(now, sample.rss_bytes);
        let used = sample.cpu.saturating_sub(self.last.cpu).as_secs_f64();
        let passed = now.saturating_since(self.last_at).as_secs_f64();
        self.last = sample;
        self.last_at = now;
        Usage {
            rss_bytes: sample.rss_bytes,
            cpu_percent_of_core: if passed > 0.0 { 100.0 * used / passed } else { 0.0 },
            cpu_s: sample.cpu.saturating_sub(self.cpu_before).as_secs_f64(),
        }
    }

    /// What the load side had used by the last look; `None` before time has passed.
    pub(crate) fn resources(&self) -> Option<Resources> {
        #[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 cores")]
        let cores = ResourceMeter::cores() as f64;
        let machine_seconds = self.last_at.as_secs_f64() * cores;
        let cpu_seconds = self.last.cpu.saturating_sub(self.cpu_before).as_secs_f64();
        (machine_seconds > 0.0).then(|| Resources {
            rss_peak_bytes: self.last.rss_peak_bytes.max(self.track.peak_bytes()),
            cpu_seconds,
            cpu_percent: 100.0 * cpu_seconds / machine_seconds,
            rss_slope_percent_per_min: self.track.slope_percent_per_min(),
            includes_sandbox: self.includes_sandbox,
        })
    }
}
