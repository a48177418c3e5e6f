//! Everybody at once.

use super::{Arrival, ArrivalProcess};
use crate::time::RunOffset;
use crate::units::Rate;

/// All users are due when the load begins.
#[derive(Clone, Debug)]
pub struct Burst {
    users: u64,
    next_seq: u64,
}

impl Burst {
    /// `users` arrivals.
    #[must_use]
    pub const fn new(users: u64) -> Self {
        Self { users, next_seq: 0 }
    }
}

impl ArrivalProcess for Burst {
    fn next_arrival(&mut self) -> Option<Arrival> {
        let arrival = Arrival { seq: self.next_seq, due: RunOffset::ZERO };
        self.next_seq += 1;
        (arrival.seq < self.users).then_some(arrival)
    }

    /// A burst has no rate: everybody is due in the same instant.
    fn rate_at(&self, _at: RunOffset) -> Rate {
        Rate::ZERO
    }
}
