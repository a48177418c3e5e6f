//! How often steps ended per second over the last minute, from one snapshot to the next.

use std::collections::VecDeque;

use swell_core::snapshot::Snapshot;

/// Counts of every step at the snapshots of the last minute.
#[derive(Clone, Debug, Default)]
pub(super) struct StepRates {
    seen: VecDeque<(f64, Vec<u64>)>,
}

impl StepRates {
    /// The stretch that rates are over, seconds.
    pub(super) const WINDOW_S: f64 = 60.0;
    /// Snapshots kept, should they come faster than once a second.
    const SEEN_MAX: usize = 130;

    pub(super) fn see(&mut self, snapshot: &Snapshot) {
        let at = snapshot.elapsed_s;
        if self.seen.back().is_some_and(|(last, _)| *last >= at) {
            return;
        }
        self.seen.push_back((at, snapshot.steps.iter().map(|step| step.count).collect()));
        // The one at the window's edge stays: the oldest rate is over the whole window.
        while self.seen.len() > Self::SEEN_MAX
            || self.seen.get(1).is_some_and(|(second, _)| at - second >= Self::WINDOW_S)
        {
            self.seen.pop_front();
        }
    }

    /// The rate of the step at `index`; `None` before a second has been seen.
    pub(super) fn per_s(&self, index: usize) -> Option<f64> {
        let ((from, first), (to, last)) = (self.seen.front()?, self.seen.back()?);
        let (first, last) = (first.get(index)?, last.get(index)?);
        let length = to - from;
        (length >= 0.5).then(|| last.saturating_sub(*first) as f64 / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn rates_are_over_the_last_minute() {
        let (mut rates, mut snapshot) = (StepRates::default(), sample::snapshot());
        rates.see(&snapshot);
        assert!(rates.per_s(0).is_none());
        let (start, count) = (snapshot.elapsed_s, snapshot.steps[0].count);
        for second in 1..=200_u64 {
            snapshot.elapsed_s = start + second as f64;
            // Two a second at first, then five.
            snapshot.steps[0].count = count + 2 * second + 3 * second.saturating_sub(140);
            rates.see(&snapshot);
        }
        assert!((rates.per_s(0).unwrap() - 5.0).abs() < 1e-9);
        assert!((rates.per_s(1).unwrap()).abs() < 1e-9);
        assert!(rates.per_s(99).is_none());
        assert!(rates.seen.len() <= 62);
    }
}
