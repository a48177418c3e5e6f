//! When the relayer has no money left: since when, and for how long in all.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swell_core::time::RunOffset;
use swell_core::units::Wei;
use tokio::sync::Notify;

/// When the relayer had no money left, and funding waited for it to be topped up.
#[derive(Debug, Default)]
pub struct Drought {
    state: Mutex<State>,
    began: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Since when, and what a refill needs at least.
    now: Option<(RunOffset, Wei)>,
    times: u64,
    ended: Duration,
}

impl Drought {
    /// A refill that needs `needed` was refused for want of money.
    pub(crate) fn begin(&self, at: RunOffset, needed: Wei) {
        let mut state = self.state();
        if state.now.is_none() {
            state.now = Some((at, needed));
            state.times += 1;
            self.began.notify_waiters();
            tracing::warn!(%needed, "the relayer has run dry: its lanes wait until it is topped up");
        }
    }

    /// Waits until there is not enough. Cancel-safe.
    pub(crate) async fn begun(&self) {
        let began = self.began.notified();
        if self.needed().is_none() {
            began.await;
        }
    }

    /// A refill succeeded.
    pub(crate) fn end(&self, at: RunOffset) {
        let mut state = self.state();
        if let Some((since, _)) = state.now.take() {
            state.ended += at.saturating_since(since);
            tracing::info!("the relayer has money again: its lanes go on");
        }
    }

    /// For how long there has not been enough.
    #[must_use]
    pub fn lasts(&self, at: RunOffset) -> Option<Duration> {
        self.state().now.map(|(since, _)| at.saturating_since(since))
    }

    /// What a refill needs at least, while there is not enough.
    #[must_use]
    pub fn needed(&self) -> Option<Wei> {
        self.state().now.map(|(_, needed)| needed)
    }

    /// How often the relayer ran dry, and for how long in all.
    #[must_use]
    pub fn so_far(&self, at: RunOffset) -> (u64, Duration) {
        let state = self.state();
        let open = state.now.map(|(since, _)| at.saturating_since(since));
        (state.times, state.ended + open.unwrap_or_default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drought_lasts_from_the_first_refusal_to_the_next_refill() {
        let at = RunOffset::from_secs_f64;
        let drought = Drought::default();
        assert_eq!(drought.needed(), None);
        drought.begin(at(5.0), Wei::new(7));
        drought.begin(at(6.0), Wei::new(9));
        assert_eq!(drought.needed(), Some(Wei::new(7)));
        assert_eq!(drought.lasts(at(8.0)), Some(Duration::from_secs(3)));
        assert_eq!(drought.so_far(at(8.0)), (1, Duration::from_secs(3)));
        drought.end(at(9.0));
        assert_eq!(drought.needed(), None);
        assert_eq!(drought.so_far(at(20.0)), (1, Duration::from_secs(4)));
    }
}
