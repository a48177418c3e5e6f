//! Which nonces of an account are in use. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Which nonces of an account are in use, at most `size` of them in flight.
///
/// A nonce is *free* (never used, or provably not spent), *held* (in flight, or in a block that is
/// not final) or *gone* (final, or spent by somebody else). A nonce becomes free again only by
/// [`Self::release`], whose caller knows that nothing was sent under it or everything was refused,
/// or by [`Self::resync`], when the chain has lost it.
#[derive(Clone, Debug)]
pub struct NonceWindow {
    /// Every nonce below is gone.
    base: u64,
    /// No nonce from here on was ever handed out, or each is free again.
    next: u64,
    /// Free nonces below `next`.
    free: BTreeSet<u64>,
    held: BTreeMap<u64, Held>,
    in_flight: usize,
    size: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    InFlight,
    Included,
}

impl NonceWindow {
    /// A window over an account whose next nonce is `next`.
    #[must_use]
    pub fn new(next: u64, size: usize) -> Self {
        Self {
            base: next,
            next,
            free: BTreeSet::new(),
            held: BTreeMap::new(),
            in_flight: 0,
            size: size.max(1),
        }
    }

    /// How many more nonces may be in flight.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.size.saturating_sub(self.in_flight)
    }

    /// How many nonces are in flight.
    #[must_use]
    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Takes the lowest free nonce, when there is room.
    pub fn allocate(&mut self) -> Option<u64> {
        if self.room() == 0 {
            return None;
        }
        let nonce = self.free.pop_first().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        });
        self.hold(nonce, Held::InFlight);
        Some(nonce)
    }

    /// Gives a nonce back under which nothing was taken.
    pub fn release(&mut self, nonce: u64) {
        if self.forget(nonce).is_some() {
            self.free.insert(nonce);
            self.shrink();
        }
    }

    /// Gives a nonce up that somebody else has spent or holds.
    pub fn forfeit(&mut self, nonce: u64) {
        self.forget(nonce);
    }

    /// Notes that a block includes it. It stays held, as the block may leave the chain.
    pub fn included(&mut self, nonce: u64) {
        if self.held.contains_key(&nonce) {
            self.hold(nonce, Held::Included);
        }
    }

    /// Notes that its block left the chain: it is in flight again, even beyond the size.
    pub fn withdrawn(&mut self, nonce: u64) {
        if self.held.contains_key(&nonce) {
            self.hold(nonce, Held::InFlight);
        }
    }

    /// Notes that its block is final.
    pub fn settle(&mut self, nonce: u64) {
        if self.forget(nonce).is_some() {
            self.base = self.base.max(nonce + 1);
            // What is below a final nonce cannot be free, whoever spent it.
            self.free = self.free.split_off(&self.base);
        }
    }

    /// The lowest free nonce below one in flight: what is above cannot be included before it.
    #[must_use]
    pub fn gap(&self) -> Option<u64> {
        let lowest = *self.free.first()?;
        let above = self.held.range(lowest..).any(|(_, held)| *held == Held::InFlight);
        above.then_some(lowest)
    }

    /// Takes over what the chain says: `latest` is the account's next nonce by its blocks,
    /// `pending` with the node's pool on top. Returns how many nonces were lost and are free now.
    ///
    /// What was never handed out and is spent, or waits in the pool, is somebody else's. What was
    /// handed out, is not held, and is not known to the chain, is lost.
    pub fn resync(&mut self, latest: u64, pending: u64) -> usize {
        let known = latest.max(pending);
        self.free.retain(|nonce| *nonce >= known);
        self.next = self.next.max(known);
        let lost: Vec<u64> = (known.max(self.base)..self.next)
            .filter(|nonce| !self.held.contains_key(nonce) && !self.free.contains(nonce))
            .collect();
        self.free.extend(&lost);
        self.shrink();
        lost.len()
    }

    fn hold(&mut self, nonce: u64, held: Held) {
        self.forget(nonce);
        self.in_flight += usize::from(held == Held::InFlight);
        self.held.insert(nonce, held);
    }

    fn forget(&mut self, nonce: u64) -> Option<Held> {
        let held = self.held.remove(&nonce)?;
        self.in_flight -= usize::from(held == Held::InFlight);
        Some(held)
    }

    /// Free nonces at the upper end need no remembering.
    fn shrink(&mut self) {
        while self.next > self.base && self.free.remove(&(self.next - 1)) {
            self.next -= 1;
        }
    }
}
