//! What people wish of a run while it goes on.

use swell_core::annotation::AnnotationKind;
use swell_core::command::{Action, Command, Origin, RatePercent};
use swell_core::report::Ended;
use swell_core::run::{Event, StopReason};
use swell_core::snapshot::Phase;
use swell_core::time::RunOffset;

use crate::driver::Driver;
use crate::journey::Journey;

impl<J: Journey> Driver<J> {
    /// Does what is wished, or says that the run must be stopped. What changes something is annotated;
    /// what comes too late for anything does nothing.
    pub(crate) fn obey(&mut self, command: Command) -> Option<StopReason> {
        let now = self.clock.now();
        let origin = command.origin.label();
        match command.action {
            Action::Pause | Action::Resume | Action::Faster | Action::Slower => {
                if self.state.phase() <= Phase::Load && !self.is_stopping() {
                    self.pace_arrivals(now, command.action, origin);
                }
                None
            }
            Action::Drain if command.origin == Origin::Signal => self.obey_signal(now, origin),
            Action::Drain => {
                let has_arrivals = self.state.phase() <= Phase::Load && !self.is_stopping();
                has_arrivals.then(|| self.drain(now, origin))
            }
            Action::Abort => self.abort_users(now, origin),
        }
    }

    fn pace_arrivals(&mut self, now: RunOffset, action: Action, origin: &str) {
        let rate = self.schedule.load_clock().rate();
        let words = match action {
            Action::Pause => self.schedule.pause(now, true).then(|| "arrivals paused".to_owned()),
            Action::Resume => {
                self.schedule.pause(now, false).then(|| "arrivals resumed".to_owned())
            }
            Action::Faster => self.set_rate(now, rate.faster()),
            Action::Slower => self.set_rate(now, rate.slower()),
            Action::Drain | Action::Abort => None,
        };
        if let Some(words) = words {
            self.note(now, format!("{words} {origin}"));
        }
    }

    fn set_rate(&mut self, now: RunOffset, rate: RatePercent) -> Option<String> {
        self.schedule.set_rate(now, rate).then(|| format!("rate {rate}"))
    }

    /// The first signal drains, also what drains already; the second aborts.
    fn obey_signal(&mut self, now: RunOffset, origin: &str) -> Option<StopReason> {
        if std::mem::replace(&mut self.pace.signalled, true) {
            return self.abort_users(now, origin);
        }
        // Users that wait for a place when arrivals have ended are given up as well.
        let may_drain = self.state.phase() <= Phase::Drain && !self.is_stopping();
        may_drain.then(|| self.drain(now, origin))
    }

    fn drain(&mut self, now: RunOffset, origin: &str) -> StopReason {
        self.note(now, format!("drain {origin}"));
        StopReason::Interrupt
    }

    fn abort_users(&mut self, now: RunOffset, origin: &str) -> Option<StopReason> {
        if self.state.phase() > Phase::Drain || self.state.ended() == Ended::Aborted {
            return None;
        }
        self.note(now, format!("abort {origin}"));
        if !self.is_stopping() {
            self.before(&Event::Stop(StopReason::Interrupt));
            self.handle(Event::Stop(StopReason::Interrupt));
        }
        Some(StopReason::Interrupt)
    }

    /// Whether somebody, a threshold or a limit has stopped it.
    fn is_stopping(&self) -> bool {
        self.pace.stopped_at.is_some() || self.state.ended() != Ended::Completed
    }

    fn note(&mut self, now: RunOffset, words: String) {
        tracing::info!(at = %now, words, "steered");
        self.live.annotate(now, AnnotationKind::Command, &words);
    }
}
