//! Even gaps at the rate of the moment.

use super::{Arrival, ArrivalProcess, RateProfile};
use crate::time::RunOffset;
use crate::units::Rate;

/// The k-th user, counted from zero, arrives when the expected count is k.
#[derive(Clone, Debug)]
pub struct Constant {
    profile: RateProfile,
    users: u64,
    next_seq: u64,
}

impl Constant {
    /// Rounding below this share of a user does not make another user.
    const SLACK: f64 = 1e-6;

    /// At most `users` arrivals along `profile`.
    #[must_use]
    pub const fn new(profile: RateProfile, users: u64) -> Self {
        Self { profile, users, next_seq: 0 }
    }
}

impl ArrivalProcess for Constant {
    fn next_arrival(&mut self) -> Option<Arrival> {
        let count = self.next_seq as f64;
        if self.next_seq >= self.users || count + Self::SLACK >= self.profile.planned() {
            return None;
        }
        let arrival = Arrival { seq: self.next_seq, due: self.profile.time_of(count)? };
        self.next_seq += 1;
        Some(arrival)
    }

    fn rate_at(&self, at: RunOffset) -> Rate {
        self.profile.rate_at(at)
    }
}
