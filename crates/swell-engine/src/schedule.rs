//! Waits for arrivals. Blind to the target, honest about itself.

use swell_core::arrival::{Arrival, ArrivalProcess};
use swell_core::time::RunOffset;
use swell_core::units::Rate;
use swell_net::clock::RunClock;
use swell_net::precise::PreciseTimer;

/// An arrival process put on the run's clock.
pub(crate) struct Schedule<A> {
    arrivals: A,
    timer: PreciseTimer,
    /// Load time zero, once load has begun.
    began: Option<RunOffset>,
    pending: Option<Arrival>,
    stopped: bool,
}

impl<A: ArrivalProcess> Schedule<A> {
    /// A schedule that has not begun.
    pub(crate) fn new(arrivals: A, timer: PreciseTimer) -> Self {
        Self { arrivals, timer, began: None, pending: None, stopped: false }
    }

    /// Load begins now.
    pub(crate) fn begin(&mut self, clock: &RunClock) {
        self.began = Some(clock.now());
    }

    /// No more arrivals are wanted.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The rate intended at `at`, in run time. Before load begins: the rate of its beginning.
    pub(crate) fn rate_at(&self, at: RunOffset) -> Rate {
        let load_time = self.began.map_or(RunOffset::ZERO, |began| at - began.since_start());
        self.arrivals.rate_at(load_time)
    }

    /// Waits until the next arrival is due; `None` when there are no more. Pends before load begins.
    ///
    /// Never skips and never re-plans: a late arrival keeps its `due`.
    /// Cancel-safe: an arrival leaves `self` only by being returned.
    pub(crate) async fn next_due(&mut self) -> Option<Arrival> {
        let Some(began) = self.began else { return std::future::pending().await };
        if self.stopped {
            return None;
        }
        if self.pending.is_none() {
            self.pending = self
                .arrivals
                .next_arrival()
                .map(|arrival| Arrival { due: began + arrival.due.since_start(), ..arrival });
        }
        self.timer.wait_until(self.pending?.due).await;
        self.pending.take()
    }
}
