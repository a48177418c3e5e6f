//! How far long work is, and how long it will still take.

use serde::Serialize;

use crate::time::RunOffset;

/// How far long work is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Progress {
    /// What is worked off, such as `wallets funded`.
    pub what: &'static str,
    /// How many are done.
    pub done: u64,
    /// How many there are, as far as is known.
    pub of: u64,
    /// How long the rest takes at the pace so far, seconds; `None` while nobody can tell.
    pub left_s: Option<f64>,
}

/// What is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkLeft {
    /// What is worked off; other words are other work.
    pub what: &'static str,
    /// How many are left.
    pub count: u64,
}

/// Tells from what is left, again and again, how far the work is.
#[derive(Clone, Debug, Default)]
pub struct ProgressTrack {
    current: Option<Current>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    what: &'static str,
    began: RunOffset,
    /// The most there ever was to do.
    of: u64,
}

impl ProgressTrack {
    /// How far the work is at `now`, when so much of it is `left`.
    pub fn look(&mut self, now: RunOffset, left: Option<WorkLeft>) -> Option<Progress> {
        let Some(WorkLeft { what, count }) = left else {
            self.current = None;
            return None;
        };
        let current = self.current.filter(|current| current.what == what);
        let mut current = current.unwrap_or(Current { what, began: now, of: count });
        current.of = current.of.max(count);
        self.current = Some(current);
        let done = current.of - count;
        let elapsed_s = now.saturating_since(current.began).as_secs_f64();
        Some(Progress { what, done, of: current.of, left_s: left_s(done, current.of, elapsed_s) })
    }
}

/// How long the rest takes when `done` of `of` took `elapsed_s`, seconds; `None` before anything is
/// done.
#[must_use]
pub fn left_s(done: u64, of: u64, elapsed_s: f64) -> Option<f64> {
    let rest = of.saturating_sub(done);
    (done > 0).then(|| elapsed_s * rest as f64 / done as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> RunOffset {
        RunOffset::from_secs_f64(seconds)
    }

    #[test]
    fn the_rest_takes_as_long_for_each_as_what_is_done() {
        let mut track = ProgressTrack::default();
        let left = |count| Some(WorkLeft { what: "wallets funded", count });
        let first = track.look(at(10.0), left(60)).unwrap();
        assert_eq!((first.done, first.of, first.left_s), (0, 60, None));
        let later = track.look(at(14.0), left(20)).unwrap();
        assert_eq!((later.done, later.of, later.left_s), (40, 60, Some(2.0)));
        // More came up than there was.
        let more = track.look(at(20.0), left(80)).unwrap();
        assert_eq!((more.done, more.of, more.left_s), (0, 80, None));
    }

    #[test]
    fn other_work_begins_anew() {
        let mut track = ProgressTrack::default();
        track.look(at(0.0), Some(WorkLeft { what: "wallets funded", count: 9 }));
        assert_eq!(track.look(at(1.0), None), None);
        let swept = Some(WorkLeft { what: "accounts swept", count: 4 });
        let begun = track.look(at(2.0), swept).unwrap();
        assert_eq!((begun.done, begun.of), (0, 4));
    }
}
