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
    /// Grows with each hold: turns of an older generation are void.
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
    pub(super) fn hold(&mut self, now: RunOffset, until: RunOffset, settings: &LimitSettings) {
        let is_known = self.generation > 0 && now < self.held_until && until <= self.held_until;
        if !is_known {
            self.held_until = self.held_until.max(until);
            self.next_turn = self.held_until;
            self.gap = settings.gap_first;
            self.generation += 1;
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
