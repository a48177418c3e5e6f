//! Money that a lane holds and has not promised.

use std::sync::{Mutex as StdMutex, MutexGuard as StdGuard, PoisonError};

use swell_core::units::Wei;
use tokio::sync::{Mutex, MutexGuard};

/// Money that a lane holds and has not promised.
///
/// What it holds is taken and put without waiting; only who finds too little waits, for one refill
/// at a time.
#[derive(Debug, Default)]
pub(super) struct Purse {
    held: StdMutex<Wei>,
    refilling: Mutex<()>,
}

/// What whoever wants money gets.
#[derive(Debug)]
pub(super) enum Turn<'a> {
    /// The money: it was there.
    Taken,
    /// The right to refill the purse, as nobody else does.
    Refill(MutexGuard<'a, ()>),
}

impl Purse {
    /// What it holds.
    pub(super) fn held(&self) -> Wei {
        *self.lock()
    }

    /// Puts `amount` in.
    pub(super) fn put(&self, amount: Wei) {
        *self.lock() += amount;
    }

    /// Puts `refill` in and takes `amount` out before anybody else can.
    pub(super) fn exchange(&self, refill: Wei, amount: Wei) {
        let mut held = self.lock();
        *held = (*held + refill).saturating_sub(amount);
    }

    /// Takes `amount`, or waits until it is there or nobody refills. Cancel-safe.
    pub(super) async fn turn(&self, amount: Wei) -> Turn<'_> {
        if self.take(amount) {
            return Turn::Taken;
        }
        let turn = self.refilling.lock().await;
        // It may have come home meanwhile, or with the refill that was waited for.
        if self.take(amount) { Turn::Taken } else { Turn::Refill(turn) }
    }

    /// The right to refill, whatever it holds. Cancel-safe.
    pub(super) async fn refill_turn(&self) -> MutexGuard<'_, ()> {
        self.refilling.lock().await
    }

    fn take(&self, amount: Wei) -> bool {
        let mut held = self.lock();
        let is_enough = *held >= amount;
        if is_enough {
            *held = held.saturating_sub(amount);
        }
        is_enough
    }

    fn lock(&self) -> StdGuard<'_, Wei> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn money_that_comes_home_is_had_while_a_refill_is_waited_for() {
        let purse = Purse::default();
        purse.put(Wei::new(5));
        let refilling = purse.turn(Wei::new(7)).now_or_never().unwrap();
        assert!(matches!(refilling, Turn::Refill(_)));
        assert!(purse.turn(Wei::new(9)).now_or_never().is_none(), "one refill at a time");
        purse.put(Wei::new(10));
        assert!(matches!(purse.turn(Wei::new(9)).now_or_never(), Some(Turn::Taken)));
        purse.exchange(Wei::new(20), Wei::new(7));
        assert_eq!(purse.held(), Wei::new(19));
    }
}
