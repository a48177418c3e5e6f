//! Who gets a place: answered at once, never by waiting.

use std::collections::VecDeque;

use crate::arrival::Arrival;
use crate::plan::{Limits, WhenFull};

/// Hands out places and keeps the backlog.
///
/// The backlog never delays the schedule: an arrival waits in it with its `due` untouched.
#[derive(Debug)]
pub struct Admission {
    in_flight: u32,
    in_flight_max: u32,
    backlog: VecDeque<Arrival>,
    backlog_max: usize,
    when_full: WhenFull,
}

/// What becomes of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It has a place.
    Started,
    /// It waits for one.
    Backlogged,
    /// It is refused.
    Shed(ShedReason),
}

/// Why an arrival was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShedReason {
    /// No place, and the run sheds when full.
    NoPlace,
    /// No place, and the backlog is full.
    BacklogFull,
}

impl ShedReason {
    /// The label every report uses.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoPlace => "no-place",
            Self::BacklogFull => "backlog-full",
        }
    }
}

impl Admission {
    /// Nobody is in flight.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            in_flight: 0,
            in_flight_max: limits.in_flight_max.get(),
            backlog: VecDeque::new(),
            backlog_max: limits.backlog_max as usize,
            when_full: limits.when_full,
        }
    }

    /// Users that have a place.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Arrivals that wait for one.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.backlog.len()
    }

    /// Decides on an arrival whose time has come. Those before it in the backlog go first.
    pub fn arrive(&mut self, arrival: Arrival) -> Admitted {
        if self.backlog.is_empty() && self.in_flight < self.in_flight_max {
            self.in_flight += 1;
            return Admitted::Started;
        }
        match self.when_full {
            WhenFull::Shed => Admitted::Shed(ShedReason::NoPlace),
            WhenFull::Queue if self.backlog.len() >= self.backlog_max => {
                Admitted::Shed(ShedReason::BacklogFull)
            }
            WhenFull::Queue => {
                self.backlog.push_back(arrival);
                Admitted::Backlogged
            }
        }
    }

    /// Gives a place back, and hands it to the next in the backlog, if any.
    pub fn leave(&mut self) -> Option<Arrival> {
        debug_assert!(self.in_flight > 0, "only who has a place can leave it");
        let next = self.backlog.pop_front();
        if next.is_none() {
            self.in_flight = self.in_flight.saturating_sub(1);
        }
        next
    }

    /// Empties the backlog: how many were abandoned.
    pub fn abandon_backlog(&mut self) -> u64 {
        let abandoned = self.backlog.len() as u64;
        self.backlog = VecDeque::new();
        abandoned
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::time::RunOffset;

    fn admission(places: u32, backlog_max: u32, when_full: WhenFull) -> Admission {
        Admission::new(&Limits {
            in_flight_max: NonZeroU32::new(places).unwrap(),
            backlog_max,
            when_full,
            ..Limits::default()
        })
    }

    fn arrival(seq: u64) -> Arrival {
        Arrival { seq, due: RunOffset::from_secs_f64(seq as f64) }
    }

    #[test]
    fn who_finds_no_place_waits_with_its_due_untouched() {
        let mut admission = admission(1, 10, WhenFull::Queue);
        assert_eq!(admission.arrive(arrival(0)), Admitted::Started);
        assert_eq!(admission.arrive(arrival(1)), Admitted::Backlogged);
        assert_eq!(admission.leave(), Some(arrival(1)));
        assert_eq!(admission.in_flight(), 1);
        assert_eq!(admission.leave(), None);
        assert_eq!(admission.in_flight(), 0);
    }

    #[test]
    fn a_full_backlog_sheds() {
        let mut admission = admission(1, 1, WhenFull::Queue);
        admission.arrive(arrival(0));
        admission.arrive(arrival(1));
        assert_eq!(admission.arrive(arrival(2)), Admitted::Shed(ShedReason::BacklogFull));
    }

    #[test]
    fn a_shedding_run_has_no_backlog() {
        let mut admission = admission(1, 10, WhenFull::Shed);
        admission.arrive(arrival(0));
        assert_eq!(admission.arrive(arrival(1)), Admitted::Shed(ShedReason::NoPlace));
        assert_eq!(admission.backlog(), 0);
    }

    #[test]
    fn abandoning_empties_the_backlog_and_keeps_who_has_a_place() {
        let mut admission = admission(1, 10, WhenFull::Queue);
        for seq in 0..4 {
            admission.arrive(arrival(seq));
        }
        assert_eq!(admission.abandon_backlog(), 3);
        assert_eq!((admission.in_flight(), admission.backlog()), (1, 0));
    }
}
