//! What people wish of a run while it goes on.

use swell_core::annotation::AnnotationKind;
use swell_core::command::{Action, Command, Origin};
use swell_core::run::{Event, StopReason};
use swell_core::time::RunOffset;

use crate::driver::Driver;
use crate::journey::Journey;

impl<J: Journey> Driver<J> {
    /// Does what is wished, or says that the run must be stopped. What changes something is annotated.
    pub(crate) fn obey(&mut self, command: Command) -> Option<StopReason> {
        let now = self.clock.now();
        let rate = self.schedule.load_clock().rate();
        let origin = command.origin.label();
        match command.action {
            Action::Pause if self.schedule.pause(now, true) => {
                self.note(now, format!("arrivals paused {origin}"));
            }
            Action::Resume if self.schedule.pause(now, false) => {
                self.note(now, format!("arrivals resumed {origin}"));
            }
            Action::Faster if self.schedule.set_rate(now, rate.faster()) => {
                self.note(now, format!("rate {} {origin}", rate.faster()));
            }
            Action::Slower if self.schedule.set_rate(now, rate.slower()) => {
                self.note(now, format!("rate {} {origin}", rate.slower()));
            }
            // A second signal aborts; a second wish to drain is the same wish.
            Action::Drain if !self.is_stopping() || command.origin == Origin::Signal => {
                let words = if self.is_stopping() { "abort" } else { "drain" };
                self.note(now, format!("{words} {origin}"));
                return Some(StopReason::Interrupt);
            }
            Action::Abort => {
                self.note(now, format!("abort {origin}"));
                if !self.is_stopping() {
                    self.before(&Event::Stop(StopReason::Interrupt));
                    self.handle(Event::Stop(StopReason::Interrupt));
                }
                return Some(StopReason::Interrupt);
            }
            Action::Pause | Action::Resume | Action::Faster | Action::Slower | Action::Drain => {}
        }
        None
    }

    const fn is_stopping(&self) -> bool {
        self.pace.stopped_at.is_some()
    }

    fn note(&mut self, now: RunOffset, words: String) {
        tracing::info!(at = %now, words, "steered");
        self.live.annotate(now, AnnotationKind::Command, &words);
    }
}
