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

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::mpsc;
    use std::time::Duration;

    use swell_net::compute::Compute;

    use super::*;

    /// One arrival every two milliseconds.
    struct Even(u64);

    impl ArrivalProcess for Even {
        fn next_arrival(&mut self) -> Option<Arrival> {
            let seq = self.0;
            self.0 += 1;
            let due = RunOffset::ZERO + Duration::from_millis(2 * seq);
            Some(Arrival { seq, due })
        }
        fn rate_at(&self, _: RunOffset) -> Rate {
            Rate::ZERO
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_full_compute_queue_delays_no_arrival() {
        /// If arrivals waited for the work, it would be given up by then, and the test fails.
        const PATIENCE: Duration = Duration::from_secs(20);
        let one = NonZeroUsize::MIN;
        let compute = Compute::threads(one, one).unwrap();
        let (release, released) = mpsc::channel::<()>();
        let (began, begun) = tokio::sync::oneshot::channel();
        let busy = compute.run(Duration::ZERO, move || {
            began.send(()).unwrap();
            released.recv_timeout(PATIENCE).is_ok()
        });
        let mut busy = Box::pin(busy);
        assert!(futures_util::poll!(&mut busy).is_pending());
        begun.await.unwrap();
        // One piece of work is under way, one queued, and as many users wait for a place.
        let mut waiting: Vec<_> =
            (0..50).map(|_| Box::pin(compute.run(Duration::ZERO, || ()))).collect();
        for user in &mut waiting {
            assert!(futures_util::poll!(user).is_pending());
        }
        let clock = RunClock::real();
        let mut schedule = Schedule::new(Even(0), clock.precise_timer().unwrap());
        schedule.begin(&clock);
        for seq in 0..100 {
            let arrival = schedule.next_due().await.unwrap();
            assert_eq!(arrival.seq, seq);
            assert!(arrival.due <= clock.now(), "never early");
        }
        for user in &mut waiting {
            assert!(futures_util::poll!(user).is_pending(), "the work was done meanwhile");
        }
        release.send(()).unwrap();
        assert_eq!(busy.await, Ok(true), "arrivals waited for the work");
        for user in waiting {
            assert_eq!(user.await, Ok(()));
        }
    }
}
