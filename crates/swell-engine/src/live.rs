//! The picture of the run that every live view sees.

use std::sync::Arc;
use std::time::Duration;

use swell_core::arrival::RateProfile;
use swell_core::journey::StepId;
use swell_core::report::{ArrivalCounts, Resources};
use swell_core::run::RunState;
use swell_core::snapshot::Snapshot;
use swell_core::stats::{Distribution, LoadWindow, ResourceTrack, Totals};
use swell_core::threshold::{Measured, Threshold};
use swell_core::time::RunOffset;
use swell_core::units::Wei;
use swell_net::resources::{ResourceMeter, ResourceSample};
use tokio::sync::watch;

use crate::journey::JourneyPorts;

/// What a snapshot is made of.
#[derive(Clone, Copy)]
pub(crate) struct Picture<'a> {
    pub(crate) state: &'a RunState,
    pub(crate) totals: &'a Totals,
    pub(crate) counts: &'a ArrivalCounts,
    pub(crate) ports: &'a JourneyPorts,
    pub(crate) relayer_needs: Option<Wei>,
}

/// Makes a snapshot a second, and keeps what only a series of them can tell.
pub(crate) struct LiveView {
    pub(crate) snapshots: watch::Sender<Option<Arc<Snapshot>>>,
    pub(crate) host: Host,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) profile: RateProfile,
    pub(crate) planned: f64,
    pub(crate) load_start: Option<RunOffset>,
    /// Load time that came to pass in an earlier part of the run.
    pub(crate) skipped: Duration,
}

impl LiveView {
    /// Looks at everything once. True when a threshold with `abort` is broken.
    pub(crate) fn publish(&mut self, now: RunOffset, run: &Picture<'_>) -> bool {
        let Picture { state, totals, counts, ports, relayer_needs } = *run;
        let usage = self.host.look(now);
        let throughput = totals.throughput(self.window());
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
        let thresholds = self.thresholds.iter().map(|t| t.evaluate(&measured)).collect();
        let since = self.load_start.unwrap_or(now);
        let snapshot = Snapshot {
            phase: state.phase(),
            elapsed_s: now.as_secs_f64(),
            planned: self.planned,
            due: counts.due,
            started: counts.started,
            shed: counts.shed,
            succeeded: totals.succeeded(),
            failed: totals.failed(),
            in_flight: u64::from(state.in_flight()),
            backlog: state.backlog() as u64,
            throughput_per_s: totals.throughput_now(now, since),
            success_percent: totals.success_percent(),
            response_ms: totals.latency(Distribution::Response),
            service_ms: totals.latency(Distribution::Service),
            pool: state.pool(),
            relayer_needs,
            funding_per_s: totals.funding_now(now, RunOffset::ZERO),
            steps: totals.step_snapshots(&active_steps(totals, ports)),
            thresholds,
            block: Some(ports.chain.follower().head().number),
            rss_bytes: usage.rss_bytes,
            cpu_percent_of_core: usage.cpu_percent_of_core,
            schedule_lag_us_p99: totals.lag().p99,
        };
        self.snapshots.send_replace(Some(Arc::new(snapshot)));
        breached
    }

    /// The window that throughput is judged over.
    pub(crate) fn window(&self) -> LoadWindow {
        LoadWindow::of_rest(&self.profile, self.load_start.unwrap_or_default(), self.skipped)
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
        let sample = self.meter.sample().unwrap_or_default();
        self.track.record(now, sample.rss_bytes);
        let used = sample.cpu.saturating_sub(self.last.cpu).as_secs_f64();
        let passed = now.saturating_since(self.last_at).as_secs_f64();
        self.last = sample;
        self.last_at = now;
        Usage {
            rss_bytes: sample.rss_bytes,
            cpu_percent_of_core: if passed > 0.0 { 100.0 * used / passed } else { 0.0 },
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
