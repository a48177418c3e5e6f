//! How requests come back after a hold: one by one, each pause shorter than the last.

use std::time::Duration;

use swell_core::time::RunOffset;

use super::LimitSettings;

/// One host's hold and the slow return after it. Pure: time comes in as an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ramp {
    /// No request goes out before this.
    held_until: RunOffset,
    /// The next free turn.
    next_turn: RunOffset,
    /// From that turn to the one after.
    gap: Duration,
    /// The hold's number, from 1: turns of an older one are void.
    generation: u64,
}

/// When a request may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// At once.
    Now,
    /// At that instant, if the generation is still the same then.
    At { at: RunOffset, generation: u64 },
    /// Not before that instant, which is too late; no turn was taken.
    TooLate(RunOffset),
}

impl Ramp {
    /// Holds everyone back until `until`.
    ///
    /// Several answers to requests sent together say the same: only one that asks for more, or
    /// one to a request sent after the hold, begins a new one.
    pub(super) fn hold(
        &mut self,
        now: RunOffset,
        until: RunOffset,
        generation: u64,
        settings: &LimitSettings,
    ) {
        let is_known = self.generation > 0 && now < self.held_until && until <= self.held_until;
        if !is_known {
            self.held_until = self.held_until.max(until);
            self.next_turn = self.held_until;
            self.gap = settings.gap_first;
            self.generation = generation;
        }
    }

    /// Takes the next turn, unless it would come at or after `latest`.
    pub(super) fn turn(
        &mut self,
        now: RunOffset,
        latest: RunOffset,
        settings: &LimitSettings,
    ) -> Turn {
        let at = self.next_turn.max(now);
        if at > now && at >= latest {
            return Turn::TooLate(at);
        }
        self.next_turn = at + self.gap;
        self.gap = self.gap.mul_f64(0.9).max(settings.gap_min);
        if at == now { Turn::Now } else { Turn::At { at, generation: self.generation } }
    }

    /// Whether everyone may go freely again: full speed is reached and nobody waits.
    pub(super) fn is_over(&self, now: RunOffset, settings: &LimitSettings) -> bool {
        let ramp_length = settings.gap_first.saturating_mul(10);
        let is_unused = now >= self.held_until + ramp_length;
        let is_fast = self.gap <= settings.gap_min;
        now >= self.next_turn && (is_fast || is_unused)
    }

    pub(super) const fn held_until(&self) -> RunOffset {
        self.held_until
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SETTINGS: LimitSettings = LimitSettings {
        hold_default: Duration::from_secs(1),
        gap_first: Duration::from_millis(100),
        gap_min: Duration::from_millis(10),
        wait_max: Duration::from_secs(60),
    };

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Pass(Duration),
        Hold(Duration),
        Ask,
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            (0_u64..2_000).prop_map(|ms| Event::Pass(Duration::from_millis(ms))),
            (0_u64..5_000).prop_map(|ms| Event::Hold(Duration::from_millis(ms))),
            Just(Event::Ask),
            Just(Event::Ask),
        ];
        prop::collection::vec(event, 1..100)
    }

    proptest! {
        #[test]
        fn turns_never_come_during_a_hold_nor_closer_than_the_smallest_gap(events in events()) {
            let never = RunOffset::new(Duration::MAX);
            let mut ramp = Ramp::default();
            ramp.hold(RunOffset::ZERO, RunOffset::from_secs_f64(1.0), 1, &SETTINGS);
            let (mut now, mut held_until) = (RunOffset::ZERO, RunOffset::from_secs_f64(1.0));
            let mut last: Option<(RunOffset, u64)> = None;
            for (generation, event) in (2..).zip(events) {
                match event {
                    Event::Pass(time) => now = now + time,
                    Event::Hold(wait) => {
                        held_until = held_until.max(now + wait);
                        ramp.hold(now, now + wait, generation, &SETTINGS);
                        prop_assert_eq!(ramp.held_until(), held_until);
                    }
                    Event::Ask => {
                        let at = match ramp.turn(now, never, &SETTINGS) {
                            Turn::Now => now,
                            Turn::At { at, .. } => at,
                            Turn::TooLate(_) => return Err(TestCaseError::fail("never too late")),
                        };
                        prop_assert!(at >= now && at >= held_until);
                        if let Some((last, generation)) = last && generation == ramp.generation() {
                            prop_assert!(at.saturating_since(last) >= SETTINGS.gap_min);
                        }
                        last = Some((at, ramp.generation()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_turn_that_comes_too_late_is_left_to_others() {
        let mut ramp = Ramp::default();
        let held_until = RunOffset::from_secs_f64(5.0);
        ramp.hold(RunOffset::ZERO, held_until, 1, &SETTINGS);
        for _ in 0..3 {
            let turn = ramp.turn(RunOffset::ZERO, held_until, &SETTINGS);
            assert_eq!(turn, Turn::TooLate(held_until));
        }
        let turn = ramp.turn(RunOffset::ZERO, RunOffset::from_secs_f64(6.0), &SETTINGS);
        assert_eq!(turn, Turn::At { at: held_until, generation: 1 });
    }
}
