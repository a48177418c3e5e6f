//! Independent users: an exact Poisson process under any rate profile.

use rand::Rng;

use super::{Arrival, ArrivalProcess, RateProfile};
use crate::seed::{Seed, SeededRng};
use crate::time::RunOffset;
use crate::units::Rate;

/// Users who decide independently of each other.
///
/// The gaps of a Poisson process of rate 1 are unit exponentials; mapping its instants through Λ⁻¹
/// makes it one of rate λ(t), exactly, whatever the profile (the time-change theorem).
#[derive(Clone, Debug)]
pub struct Poisson {
    profile: RateProfile,
    rng: SeededRng,
    users: u64,
    next_seq: u64,
    /// Instant of the rate-1 process.
    unit_time: f64,
    last_due: RunOffset,
}

impl Poisson {
    /// At most `users` arrivals along `profile`.
    #[must_use]
    pub fn new(profile: RateProfile, users: u64, seed: Seed) -> Self {
        let rng = seed.rng("arrivals");
        Self { profile, rng, users, next_seq: 0, unit_time: 0.0, last_due: RunOffset::ZERO }
    }
}

impl ArrivalProcess for Poisson {
    fn next_arrival(&mut self) -> Option<Arrival> {
        if self.next_seq >= self.users {
            return None;
        }
        self.unit_time += unit_exponential(&mut self.rng);
        // Rounding may put two all but simultaneous arrivals a nanosecond in the wrong order.
        self.last_due = self.profile.time_of(self.unit_time)?.max(self.last_due);
        let arrival = Arrival { seq: self.next_seq, due: self.last_due };
        self.next_seq += 1;
        Some(arrival)
    }

    fn rate_at(&self, at: RunOffset) -> Rate {
        self.profile.rate_at(at)
    }
}

/// An exponential variate of mean 1.
///
/// The uniform is one of the 2⁵³ multiples of 2⁻⁵³ in (0, 1], so the logarithm is finite. The
/// logarithm is `libm`'s, compiled in: the platform's may differ in the last bit.
fn unit_exponential(rng: &mut SeededRng) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    let uniform = ((rng.next_u64() >> 11) + 1) as f64 * STEP;
    -libm::log(uniform)
}
