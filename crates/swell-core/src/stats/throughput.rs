//! Successes per second: the sustained window and the best ten seconds.

use std::time::Duration;

use super::series::{Interval, LoadSeries};
use crate::arrival::{LoadClock, RateProfile};
use crate::report::Throughput;
use crate::time::RunOffset;

/// The part of a run in which the load is neither rising nor falling, on the run's time axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadWindow {
    /// When the ramp-up is over, or the load begins if there is none.
    pub ramp_up_end: RunOffset,
    /// When the ramp-down begins, if there is one.
    pub ramp_down_start: Option<RunOffset>,
}

impl LoadWindow {
    /// A window shorter than this is as good as empty: whether a success falls into it is chance.
    pub const LEAST: Duration = Duration::from_secs(2);
    /// A window shorter than this is flagged.
    pub const SHORT: Duration = Duration::from_secs(30);
    /// A window shorter than this does not show that a rate is sustained for good.
    pub const FULL: Duration = Duration::from_secs(600);

    /// The window of `profile` in a run whose load time passed as `clock` says, and whose first
    /// `skipped` of load time came to pass in another run.
    ///
    /// What lies beyond a pause that has not ended has not come yet: then the ramp-up lasts to the end
    /// of time, and there is no ramp-down.
    #[must_use]
    pub fn of(profile: &RateProfile, clock: &LoadClock, skipped: Duration) -> Self {
        let passed = |at: RunOffset| clock.run_time(at.since_start().saturating_sub(skipped));
        let never = RunOffset::new(Duration::MAX);
        Self {
            ramp_up_end: passed(profile.ramp_up_end()).unwrap_or(never),
            ramp_down_start: profile.ramp_down_start().and_then(passed),
        }
    }
}

/// First and last events of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) first_due: Option<RunOffset>,
    pub(super) last_due: Option<RunOffset>,
    pub(super) last_end: Option<RunOffset>,
}

/// The sustained figures; `peak_per_s` is the caller's.
///
/// The window is (ramp-up end + p50 service) to (ramp-down start, or the last due if that is
/// earlier). If it is empty, or shorter than [`LoadWindow::LEAST`], all successes ÷ (last end − first due).
pub(super) fn sustained(
    series: &LoadSeries,
    extent: Extent,
    window: LoadWindow,
    service_p50: Duration,
) -> Throughput {
    let last_due = extent.last_due.unwrap_or_default();
    let end = window.ramp_down_start.map_or(last_due, |start| start.min(last_due));
    let within = series.between(window.ramp_up_end + service_p50, end);
    let long_enough =
        |interval: &Interval| interval.end.saturating_since(interval.start) >= LoadWindow::LEAST;
    // Where nobody was due there is nothing to sustain.
    let had_load = |interval: &Interval| interval.counts.due > 0;
    let interval = within.filter(long_enough).filter(had_load).unwrap_or_else(|| {
        let start = extent.first_due.unwrap_or_default();
        let end = extent.last_end.unwrap_or(start).max(start);
        Interval { start, end, counts: series.total() }
    });
    let length = interval.end.saturating_since(interval.start);
    let per_second = |count: u64| match length.as_secs_f64() {
        seconds if seconds > 0.0 => count as f64 / seconds,
        _ => 0.0,
    };
    Throughput {
        sustained_per_s: per_second(interval.counts.succeeded),
        peak_per_s: 0.0,
        offered_per_s: per_second(interval.counts.due),
        window_start_s: interval.start.as_secs_f64(),
        window_end_s: interval.end.as_secs_f64(),
        window_is_short: length < LoadWindow::SHORT,
    }
}
