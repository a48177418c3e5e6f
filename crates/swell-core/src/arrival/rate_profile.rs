//! The rate of arrivals over load time, its integral, and the integral's inverse.

use std::time::Duration;

use serde::Serialize;

use super::segment::Segment;
use crate::plan::{ArrivalKind, LoadPlan};
use crate::time::RunOffset;
use crate::units::Rate;

/// Halvings that find the end of a ramp-down: more than a double has bits.
const BISECTIONS: u32 = 128;

/// Which of the two bounds ends the arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArrivalEnd {
    /// `users` have arrived, expectedly before `duration` is over.
    Users,
    /// `duration` is over, expectedly before `users` have arrived.
    Duration,
}

/// The rate λ(t) of a plan: piecewise linear, with its integral Λ(t) and its inverse in closed form.
///
/// ```text
///  λ            ┌──┐ spike: replaces the rate
///  rate     ┌───┘  └──────────┐
///         ╱                     ╲
///  0    ╱ ramp-up      ramp-down  ╲
///      0                      load end
/// ```
///
/// Where the ramps overlap the lower of the two counts. Where spikes overlap the later in the plan
/// counts; one of rate zero is a gap. A ramp-down ends where the expected count is `users`, or at
/// `duration` if that comes first.
#[derive(Clone, Debug, PartialEq)]
pub struct RateProfile {
    segments: Vec<Segment>,
    end: ArrivalEnd,
    planned: f64,
    load_end: f64,
    ramp_up_end: f64,
    ramp_down_start: Option<f64>,
}

impl RateProfile {
    /// The profile of `plan`. Times are load time: zero is when the load begins.
    #[must_use]
    pub fn new(plan: &LoadPlan) -> Self {
        let users = plan.users.get() as f64;
        if plan.arrivals == ArrivalKind::Burst {
            return Self {
                segments: Vec::new(),
                end: ArrivalEnd::Users,
                planned: users,
                load_end: 0.0,
                ramp_up_end: 0.0,
                ramp_down_start: None,
            };
        }
        let duration = plan.duration.as_secs_f64();
        let profile_end = profile_end(plan, users, duration);
        let segments = segments(plan, profile_end);
        let total = total(&segments);
        let end = if reaches(total, users) { ArrivalEnd::Users } else { ArrivalEnd::Duration };
        let load_end = match end {
            ArrivalEnd::Users => time_of(&segments, users).unwrap_or(profile_end),
            ArrivalEnd::Duration => profile_end,
        };
        let ramp_down = plan.ramp_down.as_secs_f64();
        Self {
            segments,
            end,
            planned: total.min(users),
            load_end,
            ramp_up_end: plan.ramp_up.as_secs_f64().min(load_end),
            ramp_down_start: (ramp_down > 0.0).then(|| (profile_end - ramp_down).max(0.0)),
        }
    }

    /// Which bound ends the arrivals.
    #[must_use]
    pub const fn end(&self) -> ArrivalEnd {
        self.end
    }

    /// Expected number of arrivals.
    #[must_use]
    pub const fn planned(&self) -> f64 {
        self.planned
    }

    /// When arrivals are expected to end: the end of the ramp-down, where there is one.
    #[must_use]
    pub fn load_end(&self) -> RunOffset {
        RunOffset::from_secs_f64(self.load_end)
    }

    /// When the ramp-up is over; zero without one.
    #[must_use]
    pub fn ramp_up_end(&self) -> RunOffset {
        RunOffset::from_secs_f64(self.ramp_up_end)
    }

    /// When the ramp-down begins; `None` without one.
    #[must_use]
    pub fn ramp_down_start(&self) -> Option<RunOffset> {
        self.ramp_down_start.map(RunOffset::from_secs_f64)
    }

    /// λ(t): the intended rate at `at`; zero outside the profile.
    #[must_use]
    pub fn rate_at(&self, at: RunOffset) -> Rate {
        let at = at.as_secs_f64();
        let rate = self.segment_at(at).map_or(0.0, |segment| segment.rate_at(at));
        Rate::new(rate).unwrap_or_default()
    }

    /// Λ(t): expected arrivals until `at`.
    #[must_use]
    pub fn count_until(&self, at: RunOffset) -> f64 {
        let at = at.as_secs_f64();
        self.segment_at(at).map_or(total(&self.segments), |segment| segment.count_until(at))
    }

    /// Λ⁻¹: when the expected count passes `count`; `None` if it never does.
    ///
    /// A count on which the profile rests (a gap) is passed at the gap's end.
    #[must_use]
    pub fn time_of(&self, count: f64) -> Option<RunOffset> {
        time_of(&self.segments, count).map(RunOffset::from_secs_f64)
    }

    /// The highest rate of the profile.
    #[must_use]
    pub fn peak(&self) -> Rate {
        let highest = self.segments.iter().map(|s| s.rate_from.max(s.rate_to)).fold(0.0, f64::max);
        Rate::new(highest).unwrap_or_default()
    }

    fn segment_at(&self, at: f64) -> Option<&Segment> {
        self.segments.get(self.segments.partition_point(|segment| segment.end <= at))
    }
}

/// Where the profile ends: with a ramp-down where the expected count is `users`, else at `duration`.
fn profile_end(plan: &LoadPlan, users: f64, duration: f64) -> f64 {
    if plan.ramp_down == Duration::ZERO || !reaches(total(&segments(plan, duration)), users) {
        return duration;
    }
    // The later the end, the more arrivals: bisection finds the one end that gives `users`.
    let (mut too_early, mut late_enough) = (0.0, duration);
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (too_early + late_enough);
        if total(&segments(plan, middle)) >= users {
            late_enough = middle;
        } else {
            too_early = middle;
        }
    }
    late_enough
}

/// Whether `total` is `users` or more, but for rounding.
fn reaches(total: f64, users: f64) -> bool {
    total >= users * (1.0 - 1e-12)
}

fn total(segments: &[Segment]) -> f64 {
    segments.last().map_or(0.0, Segment::count_after)
}

fn time_of(segments: &[Segment], count: f64) -> Option<f64> {
    let index = segments.partition_point(|segment| segment.count_after() <= count);
    segments.get(index).map(|segment| segment.time_of(count))
}

/// The plan's rate until `end`, cut wherever its slope can change.
fn segments(plan: &LoadPlan, end: f64) -> Vec<Segment> {
    let mut cuts = cuts(plan, end);
    cuts.retain(|cut| *cut > 0.0 && *cut < end);
    cuts.sort_by(f64::total_cmp);
    cuts.push(end);
    let mut segments = Vec::with_capacity(cuts.len());
    let (mut start, mut count_before) = (0.0, 0.0);
    for cut in cuts {
        if cut <= start {
            continue;
        }
        let middle = 0.5 * (start + cut);
        let (rate_from, rate_to) = match spike_at(plan, middle) {
            Some(rate) => (rate, rate),
            None => (ramped_rate(plan, end, start), ramped_rate(plan, end, cut)),
        };
        let segment = Segment { start, end: cut, rate_from, rate_to, count_before };
        count_before = segment.count_after();
        segments.push(segment);
        start = cut;
    }
    segments
}

fn cuts(plan: &LoadPlan, end: f64) -> Vec<f64> {
    let (up, down) = (plan.ramp_up.as_secs_f64(), plan.ramp_down.as_secs_f64());
    let mut cuts = vec![up, end - down];
    if up > 0.0 && down > 0.0 {
        // Where t ÷ up = (end − t) ÷ down: the tip, if the ramps overlap.
        cuts.push(end * up / (up + down));
    }
    for spike in &plan.spikes {
        cuts.extend([spike.start.as_secs_f64(), (spike.start + spike.length).as_secs_f64()]);
    }
    cuts
}

fn spike_at(plan: &LoadPlan, at: f64) -> Option<f64> {
    let covers = |start: f64, end: f64| start <= at && at < end;
    plan.spikes
        .iter()
        .rev()
        .find(|spike| covers(spike.start.as_secs_f64(), (spike.start + spike.length).as_secs_f64()))
        .map(|spike| spike.rate.per_second())
}

/// The rate without spikes, at `at`, of a profile that ends at `end`.
fn ramped_rate(plan: &LoadPlan, end: f64, at: f64) -> f64 {
    let share = |passed: f64, ramp: Duration| match ramp.as_secs_f64() {
        ramp if ramp > 0.0 => (passed / ramp).clamp(0.0, 1.0),
        _ => 1.0,
    };
    let up = share(at, plan.ramp_up);
    let down = share(end - at, plan.ramp_down);
    plan.rate.per_second() * up.min(down)
}
