//! All distributions of a run: the journey's and each step's, response and service, success and failure.

use std::borrow::Cow;
use std::mem::size_of;

use super::{ExponentialHistogram, LatencyHistogram};
use crate::journey::{JourneySpec, StepId};
use crate::plan::Limits;
use crate::report::LatencyClock;

/// A distribution that a report, a view or a threshold can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Response time of all ended journeys.
    Response,
    /// Response time of those that succeeded.
    ResponseSucceeded,
    /// Service time of all ended journeys.
    Service,
    /// Response time of a step, failures included.
    StepResponse(StepId),
    /// Service time of a step, failures included.
    StepService(StepId),
    /// Swell's own lateness.
    ScheduleLag,
    /// Per wallet: from demand to usable.
    FundingLatency,
    /// Per user: service time of the step `wallet`.
    WalletWait,
}

/// One distribution as exporters give it away.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedHistogram {
    /// What it is of.
    pub of: Exported,
    /// The durations.
    pub histogram: ExponentialHistogram,
}

/// What exporters give a whole distribution of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// The journey.
    Journey {
        /// From where it is measured.
        clock: LatencyClock,
        /// Whether it is of those that failed.
        failed: bool,
    },
    /// One step.
    Step {
        /// Its name.
        name: &'static str,
        /// From where it is measured.
        clock: LatencyClock,
        /// Whether it is of those that failed.
        failed: bool,
    },
    /// Per wallet: from demand to usable.
    FundingLatency,
    /// Swell's own lateness.
    ScheduleLag,
}

/// Where one histogram lies in a [`LatencySet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u16);

impl Slot {
    pub(super) const SCHEDULE_LAG: Self = Self(0);
    pub(super) const FUNDING_LATENCY: Self = Self(1);
    pub(super) const WALLET_WAIT: Self = Self(2);
    const JOURNEY: u16 = 3;
    const PER_SUBJECT: u16 = 4;

    pub(super) const fn journey(clock: Clock, failed: bool) -> Self {
        Self(Self::JOURNEY + clock as u16 + failed as u16)
    }

    pub(super) const fn step(step: StepId, clock: Clock, failed: bool) -> Self {
        let subject = 1 + step.0 as u16;
        Self(Self::JOURNEY + subject * Self::PER_SUBJECT + clock as u16 + failed as u16)
    }

    /// Slots of a journey with `steps` steps.
    const fn count(steps: usize) -> usize {
        Self::JOURNEY as usize + (1 + steps) * Self::PER_SUBJECT as usize
    }
}

/// From where a duration is measured. The value is the offset of its pair of histograms.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    /// From due.
    Response = 0,
    /// From sent.
    Service = 2,
}

/// One histogram a slot: 8 KiB while its values are below 2 ms, 112 KiB at the range of 24 h.
#[derive(Clone, Debug)]
pub(super) struct LatencySet {
    histograms: Vec<LatencyHistogram>,
}

impl LatencySet {
    pub(super) fn new(steps: usize) -> Self {
        Self { histograms: vec![LatencyHistogram::default(); Slot::count(steps)] }
    }

    /// The same, which holds the memory for successes that last as long as a journey may by default.
    pub(super) fn with_room(steps: usize) -> Self {
        let mut set = Self::new(steps);
        let steps = (0..steps).filter_map(|step| u8::try_from(step).ok().map(StepId));
        let ended_well = [Clock::Response, Clock::Service];
        let slots = ended_well
            .map(|clock| Slot::journey(clock, false))
            .into_iter()
            .chain(steps.flat_map(|step| ended_well.map(|clock| Slot::step(step, clock, false))));
        for slot in slots {
            if let Some(histogram) = set.histograms.get_mut(usize::from(slot.0)) {
                *histogram = LatencyHistogram::with_room(Limits::JOURNEY_TIMEOUT_DEFAULT);
            }
        }
        set
    }

    /// Adds one duration. A slot of another journey's step is a bug of the caller.
    pub(super) fn record_us(&mut self, slot: Slot, us: u64) {
        let histogram = self.histograms.get_mut(usize::from(slot.0));
        debug_assert!(histogram.is_some(), "no such step");
        if let Some(histogram) = histogram {
            histogram.record_us(us);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.histograms.len(), other.histograms.len());
        for (mine, theirs) in self.histograms.iter_mut().zip(&other.histograms) {
            mine.merge(theirs);
        }
    }

    /// How often the journey (`None`) or a step ended so.
    pub(super) fn count(&self, step: Option<StepId>, failed: bool) -> u64 {
        let slot = step.map_or(Slot::journey(Clock::Service, failed), |step| {
            Slot::step(step, Clock::Service, failed)
        });
        self.slot(slot).map_or(0, LatencyHistogram::count)
    }

    pub(super) fn distribution(&self, of: Distribution) -> Cow<'_, LatencyHistogram> {
        let both = |slot: fn(Clock, bool) -> Slot, clock| (slot(clock, false), slot(clock, true));
        let (first, second) = match of {
            Distribution::Response => both(Slot::journey, Clock::Response),
            Distribution::Service => both(Slot::journey, Clock::Service),
            Distribution::StepResponse(step) => {
                (Slot::step(step, Clock::Response, false), Slot::step(step, Clock::Response, true))
            }
            Distribution::StepService(step) => {
                (Slot::step(step, Clock::Service, false), Slot::step(step, Clock::Service, true))
            }
            Distribution::ResponseSucceeded => {
                return self.single(Slot::journey(Clock::Response, false));
            }
            Distribution::ScheduleLag => return self.single(Slot::SCHEDULE_LAG),
            Distribution::FundingLatency => return self.single(Slot::FUNDING_LATENCY),
            Distribution::WalletWait => return self.single(Slot::WALLET_WAIT),
        };
        match (self.slot(first), self.slot(second)) {
            (Some(one), Some(other)) if other.count() > 0 => {
                let mut all = one.clone();
                all.merge(other);
                Cow::Owned(all)
            }
            (Some(one), _) => Cow::Borrowed(one),
            (None, _) => Cow::Owned(LatencyHistogram::default()),
        }
    }

    /// Every distribution of journeys and steps, apart by outcome, and those that users do not make.
    pub(super) fn exported(&self, spec: &JourneySpec) -> Vec<ExportedHistogram> {
        let steps = (0..spec.steps.len()).filter_map(|step| u8::try_from(step).ok().map(StepId));
        let subjects = std::iter::once(None).chain(steps.map(Some));
        let clocks =
            [(Clock::Response, LatencyClock::Response), (Clock::Service, LatencyClock::Service)];
        let kinds = clocks.into_iter().flat_map(|clock| [(clock, false), (clock, true)]);
        let export = |slot, of| {
            let histogram = self.slot(slot).map(LatencyHistogram::exponential).unwrap_or_default();
            ExportedHistogram { of, histogram }
        };
        let mut all = Vec::new();
        for subject in subjects {
            for ((clock, told), failed) in kinds.clone() {
                all.push(match subject {
                    None => export(
                        Slot::journey(clock, failed),
                        Exported::Journey { clock: told, failed },
                    ),
                    Some(step) => export(
                        Slot::step(step, clock, failed),
                        Exported::Step { name: spec.name_of(step), clock: told, failed },
                    ),
                });
            }
        }
        all.push(export(Slot::FUNDING_LATENCY, Exported::FundingLatency));
        all.push(export(Slot::SCHEDULE_LAG, Exported::ScheduleLag));
        all
    }

    fn single(&self, slot: Slot) -> Cow<'_, LatencyHistogram> {
        self.slot(slot).map_or_else(|| Cow::Owned(LatencyHistogram::default()), Cow::Borrowed)
    }

    fn slot(&self, slot: Slot) -> Option<&LatencyHistogram> {
        self.histograms.get(usize::from(slot.0))
    }

    /// Durations beyond the range, of whatever kind.
    pub(super) fn over_range(&self) -> u64 {
        self.histograms.iter().map(LatencyHistogram::over_range).sum()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.histograms.iter().map(LatencyHistogram::memory_bytes).sum::<usize>()
    }
}
