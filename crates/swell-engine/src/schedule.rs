//! Waits for arrivals. Blind to the target, honest about itself.

use std::time::Duration;

use swell_core::arrival::{Arrival, ArrivalProcess, LoadClock};
use swell_core::command::RatePercent;
use swell_core::time::RunOffset;
use swell_core::units::Rate;
use swell_net::clock::RunClock;
use swell_net::precise::PreciseTimer;

/// An arrival process put on the run's clock.
pub(crate) struct Schedule<A> {
    arrivals: A,
    timer: PreciseTimer,
    load_clock: LoadClock,
    /// The next arrival, due in load time.
    pending: Option<Arrival>,
    stopped: bool,
}

impl<A: ArrivalProcess> Schedule<A> {
    /// A schedule that has not begun.
    pub(crate) fn new(arrivals: A, timer: PreciseTimer) -> Self {
        Self { arrivals, timer, load_clock: LoadClock::default(), pending: None, stopped: false }
    }

    /// Load begins now.
    pub(crate) fn begin(&mut self, clock: &RunClock) {
        self.load_clock.begin(clock.now());
    }

    /// No arrivals until further notice, or on with them. False if that changes nothing.
    pub(crate) fn pause(&mut self, now: RunOffset, paused: bool) -> bool {
        self.load_clock.pause(now, paused)
    }

    /// Another share of the planned rate. False if that changes nothing.
    pub(crate) fn set_rate(&mut self, now: RunOffset, rate: RatePercent) -> bool {
        self.load_clock.set_rate(now, rate)
    }

    /// How load time has passed so far.
    pub(crate) const fn load_clock(&self) -> &LoadClock {
        &self.load_clock
    }

    /// No more arrivals are wanted.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The rate intended at `at`, in run time, as if arrivals were not paused: whoever prepares for them
    /// must be ready when they go on. Before load begins: the rate of its beginning.
    pub(crate) fn rate_at(&self, at: RunOffset) -> Rate {
        let planned = self.arrivals.rate_at(RunOffset::new(self.load_clock.load_time(at)));
        Rate::new(planned.per_second() * self.load_clock.rate().factor()).unwrap_or_default()
    }

    /// Waits until the next arrival is due; `None` when there are no more. Pends before load begins,
    /// and while arrivals are paused.
    ///
    /// Never skips and never re-plans: a late arrival keeps its `due`.
    /// Cancel-safe: an arrival leaves `self` only by being returned.
    pub(crate) async fn next_due(&mut self) -> Option<Arrival> {
        if self.stopped {
            return None;
        }
        if self.load_clock.run_time(Duration::ZERO).is_none() {
            return std::future::pending().await;
        }
        if self.pending.is_none() {
            self.pending = self.arrivals.next_arrival();
        }
        let planned = self.pending?;
        let Some(due) = self.load_clock.run_time(planned.due.since_start()) else {
            return std::future::pending().await;
        };
        self.timer.wait_until(due).await;
        self.pending = None;
        Some(Arrival { due, ..planned })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::mpsc;

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
            Rate::new(500.0).unwrap()
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

    #[tokio::test(start_paused = true)]
    async fn paused_time_makes_no_arrivals_and_none_is_late_for_it() {
        let clock = RunClock::virtual_time();
        let mut schedule = Schedule::new(Even(0), clock.precise_timer().unwrap());
        schedule.begin(&clock);
        for _ in 0..3 {
            schedule.next_due().await.unwrap();
        }
        assert!(schedule.pause(clock.now(), true));
        // Whoever funds wallets goes on: they are wanted the moment arrivals go on.
        assert_eq!(schedule.rate_at(clock.now()), Rate::new(500.0).unwrap());
        assert!(futures_util::poll!(std::pin::pin!(schedule.next_due())).is_pending());
        clock.sleep(Duration::from_secs(60)).await;
        assert!(futures_util::poll!(std::pin::pin!(schedule.next_due())).is_pending());
        assert!(schedule.pause(clock.now(), false));
        let arrival = schedule.next_due().await.unwrap();
        assert_eq!(arrival.seq, 3);
        assert_eq!(arrival.due.since_start(), Duration::from_millis(60_006));
        assert_eq!(arrival.due, clock.now());
    }

    #[tokio::test(start_paused = true)]
    async fn a_higher_rate_brings_the_next_arrival_forward() {
        let clock = RunClock::virtual_time();
        let mut schedule = Schedule::new(Even(0), clock.precise_timer().unwrap());
        schedule.begin(&clock);
        schedule.next_due().await.unwrap();
        let mut double = RatePercent::default();
        for _ in 0..10 {
            double = double.faster();
        }
        assert!(schedule.set_rate(clock.now(), double));
        let arrival = schedule.next_due().await.unwrap();
        assert_eq!(arrival.due.since_start(), Duration::from_millis(1));
    }
}
