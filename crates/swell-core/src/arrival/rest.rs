//! What is left of a schedule that was interrupted.

use std::time::Duration;

use super::{Arrival, ArrivalProcess};
use crate::time::RunOffset;
use crate::units::Rate;

/// A schedule from one of its arrivals on: the same arrivals with the same gaps, and the first of
/// them at once. With nothing to skip it is the schedule itself.
#[derive(Clone, Debug)]
pub struct Rest<A> {
    inner: A,
    /// The first arrival, not handed out yet.
    first: Option<Arrival>,
    skipped: Duration,
}

impl<A: ArrivalProcess> Rest<A> {
    /// The schedule `inner` from arrival `from` on.
    #[must_use]
    pub fn new(mut inner: A, from: u64) -> Self {
        if from == 0 {
            return Self { inner, first: None, skipped: Duration::ZERO };
        }
        let mut last = RunOffset::ZERO;
        loop {
            let next = inner.next_arrival();
            if next.is_none_or(|arrival| arrival.seq >= from) {
                let skipped = next.map_or(last, |arrival| arrival.due).since_start();
                return Self { inner, first: next, skipped };
            }
            last = next.map_or(last, |arrival| arrival.due);
        }
    }

    /// Load time that lies before the rest.
    #[must_use]
    pub const fn skipped(&self) -> Duration {
        self.skipped
    }
}

impl<A: ArrivalProcess> ArrivalProcess for Rest<A> {
    fn next_arrival(&mut self) -> Option<Arrival> {
        let arrival = self.first.take().or_else(|| self.inner.next_arrival())?;
        Some(Arrival { due: arrival.due - self.skipped, ..arrival })
    }

    fn rate_at(&self, at: RunOffset) -> Rate {
        self.inner.rate_at(at + self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use proptest::prelude::*;

    use super::*;
    use crate::arrival::arrivals;
    use crate::plan::{ArrivalKind, LoadPlan};
    use crate::seed::Seed;

    fn plan(arrivals: ArrivalKind) -> LoadPlan {
        LoadPlan {
            users: NonZeroU64::new(40).unwrap(),
            rate: Rate::new(4.0).unwrap(),
            duration: Duration::from_secs(60),
            arrivals,
            ramp_up: Duration::ZERO,
            ramp_down: Duration::ZERO,
            spikes: Vec::new(),
        }
    }

    fn all(mut process: impl ArrivalProcess) -> Vec<Arrival> {
        std::iter::from_fn(|| process.next_arrival()).collect()
    }

    proptest! {
        #[test]
        fn what_came_before_and_the_rest_are_the_whole_schedule(from in 0_u64..45, seed: u64) {
            for kind in [ArrivalKind::Poisson, ArrivalKind::Constant, ArrivalKind::Burst] {
                let whole = || arrivals(&plan(kind), Seed(seed));
                let rest = Rest::new(whole(), from);
                let (skipped, rest) = (rest.skipped(), all(rest));
                let whole = all(whole());
                let expected: Vec<Arrival> = whole.into_iter().filter(|a| a.seq >= from).collect();
                prop_assert_eq!(rest.len(), expected.len());
                for (found, expected) in rest.iter().zip(&expected) {
                    prop_assert_eq!(found.seq, expected.seq);
                    prop_assert_eq!(found.due + skipped, expected.due);
                }
                if from > 0 {
                    prop_assert!(rest.first().is_none_or(|first| first.due == RunOffset::ZERO));
                }
            }
        }
    }

    #[test]
    fn the_rate_is_that_of_the_rest() {
        let ramped = LoadPlan { ramp_up: Duration::from_secs(20), ..plan(ArrivalKind::Constant) };
        let whole = arrivals(&ramped, Seed(1));
        let rest = Rest::new(whole.clone(), 20);
        let at = RunOffset::from_secs_f64(1.0);
        assert_eq!(rest.rate_at(at), whole.rate_at(at + rest.skipped()));
    }
}
