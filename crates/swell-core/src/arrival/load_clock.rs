//! From load time to run time: pausing and changing the rate alter the speed, never the schedule.

use std::time::Duration;

use crate::command::RatePercent;
use crate::time::RunOffset;

/// From load time, on which arrivals are planned, to run time, on which they happen.
///
/// It is a chain of pieces, each of one speed. What is past stays as it was: an arrival that was due
/// before a change keeps its `due`, however late it is noticed.
#[derive(Clone, Debug, Default)]
pub struct LoadClock {
    /// In order; empty before load begins.
    pieces: Vec<Piece>,
    rate: RatePercent,
    paused: bool,
}

/// From `run` on load time passes at `speed` times run time.
#[derive(Clone, Copy, Debug)]
struct Piece {
    run: RunOffset,
    load: Duration,
    speed: f64,
}

impl LoadClock {
    /// Changes that are kept: people who steer make far fewer. What comes after is refused.
    const CHANGES_MAX: usize = 10_000;

    /// Load begins.
    pub fn begin(&mut self, now: RunOffset) {
        self.pieces = vec![Piece { run: now, load: Duration::ZERO, speed: self.speed() }];
    }

    /// Whether load time stands still.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// The speed when it does not, as a share of the planned rate.
    #[must_use]
    pub const fn rate(&self) -> RatePercent {
        self.rate
    }

    /// Stands still, or goes on. False if it did already, or there were too many changes.
    pub fn pause(&mut self, now: RunOffset, paused: bool) -> bool {
        // Whoever could pause can resume: a pause is never for good.
        let changes = paused != self.paused && (self.has_room() || !paused);
        if changes {
            self.paused = paused;
            self.piece(now);
        }
        changes
    }

    /// Passes at another speed. False if it is the same, or there were too many changes.
    pub fn set_rate(&mut self, now: RunOffset, rate: RatePercent) -> bool {
        let changes = rate != self.rate && self.has_room();
        if changes {
            self.rate = rate;
            self.piece(now);
        }
        changes
    }

    /// How much faster than run time load time passes now.
    #[must_use]
    pub fn speed(&self) -> f64 {
        if self.paused { 0.0 } else { self.rate.factor() }
    }

    /// When `load` comes to pass; `None` before load begins, and while it cannot be told because it
    /// lies beyond a pause that has not ended.
    #[must_use]
    pub fn run_time(&self, load: Duration) -> Option<RunOffset> {
        let begun = self.pieces.partition_point(|piece| piece.load <= load);
        let piece = self.pieces.get(..begun)?.last()?;
        if piece.speed <= 0.0 {
            return None;
        }
        Some(piece.run + scaled(load - piece.load, 1.0 / piece.speed))
    }

    /// The load time at `run`; zero before load begins.
    #[must_use]
    pub fn load_time(&self, run: RunOffset) -> Duration {
        let begun = self.pieces.partition_point(|piece| piece.run <= run);
        let Some(piece) = self.pieces.get(..begun).and_then(<[Piece]>::last) else {
            return Duration::ZERO;
        };
        piece.load + scaled(run.saturating_since(piece.run), piece.speed)
    }

    const fn has_room(&self) -> bool {
        self.pieces.len() < Self::CHANGES_MAX
    }

    fn piece(&mut self, now: RunOffset) {
        let speed = self.speed();
        if self.pieces.is_empty() {
            return;
        }
        let load = self.load_time(now);
        self.pieces.push(Piece { run: now, load, speed });
    }
}

/// `length` times `factor`, exact for 1.
fn scaled(length: Duration, factor: f64) -> Duration {
    if (factor - 1.0).abs() < f64::EPSILON {
        return length;
    }
    Duration::try_from_secs_f64(length.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> RunOffset {
        RunOffset::from_secs_f64(seconds)
    }

    fn of(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn untouched_it_is_run_time_to_the_nanosecond() {
        let mut clock = LoadClock::default();
        assert_eq!(clock.run_time(of(1.0)), None);
        clock.begin(RunOffset::new(Duration::from_nanos(1_000_000_007)));
        let due = clock.run_time(Duration::from_nanos(333_333_331)).unwrap();
        assert_eq!(due.since_start(), Duration::from_nanos(1_333_333_338));
        assert_eq!(clock.load_time(due), Duration::from_nanos(333_333_331));
    }

    #[test]
    fn a_pause_moves_what_comes_after_and_nothing_before() {
        let mut clock = LoadClock::default();
        clock.begin(at(0.0));
        assert!(clock.pause(at(10.0), true));
        assert!(!clock.pause(at(11.0), true), "it was paused already");
        assert_eq!(clock.run_time(of(9.0)), Some(at(9.0)));
        assert_eq!(clock.run_time(of(12.0)), None);
        assert_eq!(clock.load_time(at(25.0)), of(10.0));
        assert!(clock.pause(at(30.0), false));
        assert_eq!(clock.run_time(of(12.0)), Some(at(32.0)));
        assert_eq!(clock.run_time(of(9.0)), Some(at(9.0)));
    }

    #[test]
    fn twice_the_rate_is_half_the_time() {
        let mut clock = LoadClock::default();
        clock.begin(at(0.0));
        let mut double = clock.rate();
        for _ in 0..10 {
            double = double.faster();
        }
        assert!(clock.set_rate(at(10.0), double));
        assert_eq!(clock.run_time(of(30.0)), Some(at(20.0)));
        assert_eq!(clock.load_time(at(20.0)), of(30.0));
        assert!(!clock.set_rate(at(21.0), double));
    }

    #[test]
    fn what_is_asked_before_load_begins_holds_from_its_beginning() {
        let mut clock = LoadClock::default();
        assert!(clock.pause(at(1.0), true));
        clock.begin(at(5.0));
        assert_eq!(clock.run_time(of(0.0)), None);
        assert!(clock.pause(at(8.0), false));
        assert_eq!(clock.run_time(of(2.0)), Some(at(10.0)));
    }
}
