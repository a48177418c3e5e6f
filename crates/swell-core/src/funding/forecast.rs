//! How many funded wallets the run should have waiting: forecast, not polled.

use std::time::Duration;

use crate::plan::{ArrivalKind, Limits, LoadPlan};
use crate::units::Rate;

/// What the forecast knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Rate of arrivals from now until a wallet asked for now is usable.
    pub rate: Rate,
    /// 99th percentile of the time from demand to usable, as measured so far.
    pub funding_latency_p99: Duration,
    /// Time between blocks.
    pub block_time: Duration,
    /// Users that hold a place and have no wallet.
    pub waiting: u64,
    /// Arrivals that are still to come, those in the backlog included.
    pub to_come: u64,
}

/// How many wallets should be ready or on their way: rate × (latency p99 + one block) + 3σ,
/// and one for every user that waits already; never more than there are users left to need one.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a float cast saturates"
)]
pub fn wallets_wanted(demand: &Demand) -> u64 {
    let horizon = demand.funding_latency_p99 + demand.block_time;
    let mean = demand.rate.per_second() * horizon.as_secs_f64();
    // Arrivals in the horizon are Poisson: their standard deviation is the root of their mean.
    let forecast = (mean + 3.0 * libm::sqrt(mean)).ceil() as u64;
    forecast.max(1).saturating_add(demand.waiting).min(demand.to_come + demand.waiting)
}

/// Users' calls that lanes should hold money for, where they send them: what may be in flight at the
/// highest rate and three standard deviations, twice, as lanes are filled up at half; never more than
/// there are places for, twice, or users.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a float cast saturates"
)]
pub fn calls_ahead(load: &LoadPlan, limits: &Limits, block_time: Duration) -> u64 {
    /// From a promise until what is left of it comes back: the call's block, one more that was full
    /// before it, and the one in which it is noticed.
    const BLOCKS: u32 = 3;
    let places = u64::from(limits.in_flight_max.get());
    let at_once = if load.arrivals == ArrivalKind::Burst {
        places
    } else {
        let mean = load.profile().peak().per_second() * (block_time * BLOCKS).as_secs_f64();
        (mean + 3.0 * libm::sqrt(mean)).ceil() as u64
    };
    (2 * at_once.min(places)).clamp(1, load.users.get())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    fn demand(rate: f64, latency_s: f64, to_come: u64) -> Demand {
        Demand {
            rate: Rate::new(rate).unwrap(),
            funding_latency_p99: Duration::from_secs_f64(latency_s),
            block_time: Duration::from_secs(1),
            waiting: 0,
            to_come,
        }
    }

    #[test]
    fn the_forecast_covers_the_mean_and_three_sigma() {
        // 3/s for 2 + 1 s: 9 wallets, and 3 × 3 for chance.
        assert_eq!(wallets_wanted(&demand(3.0, 2.0, 1000)), 18);
    }

    #[test]
    fn nobody_is_funded_who_will_not_come() {
        assert_eq!(wallets_wanted(&demand(100.0, 10.0, 4)), 4);
        assert_eq!(wallets_wanted(&demand(100.0, 10.0, 0)), 0);
    }

    #[test]
    fn who_waits_already_is_counted_on_top() {
        let waiting = Demand { waiting: 5, ..demand(3.0, 2.0, 1000) };
        assert_eq!(wallets_wanted(&waiting), 23);
    }

    #[test]
    fn a_trickle_keeps_one_wallet_ready() {
        assert_eq!(wallets_wanted(&demand(0.0, 1.0, 10)), 1);
    }

    #[test]
    fn lanes_hold_what_is_in_flight_twice_and_never_more_than_users_need() {
        let load = |users: u64, arrivals| LoadPlan {
            users: NonZeroU64::new(users).unwrap(),
            rate: Rate::new(3.0).unwrap(),
            duration: Duration::from_secs(600),
            arrivals,
            ramp_up: Duration::ZERO,
            ramp_down: Duration::ZERO,
            spikes: Vec::new(),
        };
        let ahead = |users, arrivals| {
            calls_ahead(&load(users, arrivals), &Limits::default(), Duration::from_secs(1))
        };
        // 3/s for three blocks: 9, and 3 × 3 for chance, twice.
        assert_eq!(ahead(1_000, ArrivalKind::Poisson), 36);
        assert_eq!(ahead(20, ArrivalKind::Poisson), 20);
        assert_eq!(ahead(1_000, ArrivalKind::Burst), 100, "all places, twice");
    }
}
