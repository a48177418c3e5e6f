//! How one endpoint is, without clock or network of its own.
//!
//! | state | failure | answer | head known |
//! | --- | --- | --- | --- |
//! | healthy | third in a row: failing | stays | more than 3 blocks behind: lagging |
//! | lagging | third in a row: failing | stays | at most 1 behind: healthy |
//! | failing | stays | healthy | as healthy |
//! | unverified, other chain | stays | stays | stays |
//!
//! The last two change only when the chain's id is told.

use std::time::Duration;

use swell_core::report::EndpointState;
use swell_core::time::RunOffset;

/// How one endpoint is.
#[derive(Clone, Debug)]
pub(super) struct Health {
    state: EndpointState,
    /// In a row.
    failures: u32,
    /// Exponentially weighted mean time of an answer; `None` before the first.
    latency: Option<Duration>,
    /// The newest block it reported.
    head: Option<u64>,
    /// Blocks it was behind when it last reported one.
    lag: u64,
    lag_max: u64,
    /// It asked to be left alone until then.
    away_until: RunOffset,
}

impl Health {
    /// Failures in a row that make an endpoint failing.
    const FAILURES_MAX: u32 = 3;
    /// The most blocks behind that are no reason to leave an endpoint alone.
    const LAG_MAX: u64 = 3;
    /// Blocks behind at which one that lagged is used again.
    const LAG_RECOVERED: u64 = 1;
    /// What a new latency weighs, one in so many.
    const LATENCY_WEIGHT: u32 = 8;

    pub(super) const fn new() -> Self {
        Self {
            state: EndpointState::Healthy,
            failures: 0,
            latency: None,
            head: None,
            lag: 0,
            lag_max: 0,
            away_until: RunOffset::ZERO,
        }
    }

    pub(super) const fn state(&self) -> EndpointState {
        self.state
    }

    pub(super) const fn head(&self) -> Option<u64> {
        self.head
    }

    pub(super) const fn lag(&self) -> u64 {
        self.lag
    }

    pub(super) const fn lag_max(&self) -> u64 {
        self.lag_max
    }

    /// Whether it serves the target's chain, as far as is known.
    pub(super) const fn is_usable(&self) -> bool {
        !matches!(self.state, EndpointState::Unverified | EndpointState::OtherChain)
    }

    /// Whether it gets its share of questions and submissions at `now`.
    pub(super) fn is_healthy(&self, now: RunOffset) -> bool {
        self.state == EndpointState::Healthy && now >= self.away_until
    }

    /// Whether its last answer was none.
    pub(super) const fn is_suspect(&self) -> bool {
        self.failures > 0
    }

    /// What an answer costs in time while `in_flight` others are waited for.
    pub(super) fn cost(&self, in_flight: u32) -> Duration {
        self.latency.unwrap_or_default().saturating_mul(in_flight.saturating_add(1))
    }

    /// How bad it is to use it at `now`; the least bad comes first where none is healthy.
    pub(super) fn badness(&self, now: RunOffset) -> (u8, u64, Duration) {
        let rank = match self.state {
            EndpointState::Healthy if now >= self.away_until => 0,
            EndpointState::Healthy => 1,
            EndpointState::Lagging => 2,
            _ => 3,
        };
        (rank, self.lag.max(u64::from(self.failures)), self.latency.unwrap_or_default())
    }

    pub(super) fn on_answer(&mut self, took: Duration) {
        self.failures = 0;
        self.latency = Some(self.latency.map_or(took, |mean| {
            (mean * (Self::LATENCY_WEIGHT - 1) + took) / Self::LATENCY_WEIGHT
        }));
        if self.state == EndpointState::Failing {
            self.state = EndpointState::Healthy;
        }
    }

    pub(super) fn on_failure(&mut self) {
        self.failures += 1;
        let may_fail = matches!(self.state, EndpointState::Healthy | EndpointState::Lagging);
        if may_fail && self.failures >= Self::FAILURES_MAX {
            self.state = EndpointState::Failing;
        }
    }

    pub(super) fn on_limited(&mut self, until: RunOffset) {
        self.away_until = self.away_until.max(until);
    }

    /// It reported `head`; `newest` is the highest that any endpoint had reported when it was asked.
    pub(super) fn on_head(&mut self, head: u64, newest: u64) {
        self.head = Some(head);
        self.lag = newest.saturating_sub(head);
        self.lag_max = self.lag_max.max(self.lag);
        self.state = match self.state {
            EndpointState::Healthy if self.lag > Self::LAG_MAX => EndpointState::Lagging,
            EndpointState::Lagging if self.lag <= Self::LAG_RECOVERED => EndpointState::Healthy,
            other => other,
        };
    }

    /// It said which chain it serves, or `None`: it did not say.
    pub(super) fn on_chain_id(&mut self, is_ours: Option<bool>) {
        self.state = match (is_ours, self.state) {
            (None, _) => EndpointState::Unverified,
            (Some(false), _) => EndpointState::OtherChain,
            (Some(true), EndpointState::Unverified) => EndpointState::Healthy,
            (Some(true), other) => other,
        };
        if is_ours.is_some() {
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy_at(health: &Health, ms: u64) -> bool {
        health.is_healthy(RunOffset::new(Duration::from_millis(ms)))
    }

    #[test]
    fn three_failures_in_a_row_end_its_share_and_one_answer_brings_it_back() {
        let mut health = Health::new();
        health.on_failure();
        health.on_failure();
        health.on_answer(Duration::ZERO);
        health.on_failure();
        health.on_failure();
        assert!(healthy_at(&health, 0), "not in a row");
        health.on_failure();
        assert_eq!(health.state(), EndpointState::Failing);
        health.on_answer(Duration::ZERO);
        assert_eq!(health.state(), EndpointState::Healthy);
    }

    #[test]
    fn a_lagging_endpoint_must_have_nearly_caught_up_to_be_used_again() {
        let mut health = Health::new();
        health.on_head(97, 100);
        assert_eq!(health.state(), EndpointState::Healthy, "a few blocks are no reason");
        health.on_head(96, 100);
        assert_eq!(health.state(), EndpointState::Lagging);
        health.on_head(98, 100);
        assert_eq!(health.state(), EndpointState::Lagging, "no flutter");
        health.on_answer(Duration::ZERO);
        assert_eq!(health.state(), EndpointState::Lagging, "an answer is no proof");
        health.on_head(99, 100);
        assert_eq!(health.state(), EndpointState::Healthy);
        assert_eq!((health.lag(), health.lag_max()), (1, 4));
    }

    #[test]
    fn what_asked_to_be_left_alone_is() {
        let mut health = Health::new();
        health.on_limited(RunOffset::new(Duration::from_secs(2)));
        assert!(!healthy_at(&health, 1_999));
        assert!(healthy_at(&health, 2_000));
    }

    #[test]
    fn an_endpoint_of_another_chain_is_never_used_again() {
        let mut health = Health::new();
        health.on_chain_id(None);
        assert_eq!(health.state(), EndpointState::Unverified);
        health.on_answer(Duration::ZERO);
        assert!(!health.is_usable(), "answering is not enough");
        health.on_chain_id(Some(true));
        assert!(health.is_usable());
        health.on_chain_id(Some(false));
        health.on_answer(Duration::ZERO);
        health.on_head(5, 5);
        assert_eq!(health.state(), EndpointState::OtherChain);
    }

    #[test]
    fn a_single_slow_answer_weighs_little() {
        let mut health = Health::new();
        (0..50).for_each(|_| health.on_answer(Duration::from_millis(10)));
        health.on_answer(Duration::from_secs(1));
        assert!(health.cost(0) < Duration::from_millis(150));
        assert_eq!(health.cost(2), health.cost(0) * 3);
    }
}
