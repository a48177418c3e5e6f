//! One piece of a rate profile: a rate that is linear in time.

/// A rate that goes linearly from `rate_from` to `rate_to` within `[start, end)`.
///
/// Times are seconds of load time, rates events per second, counts expected events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) rate_from: f64,
    pub(super) rate_to: f64,
    /// Expected events before `start`.
    pub(super) count_before: f64,
}

impl Segment {
    fn length(&self) -> f64 {
        self.end - self.start
    }

    fn slope(&self) -> f64 {
        (self.rate_to - self.rate_from) / self.length()
    }

    pub(super) fn rate_at(&self, at: f64) -> f64 {
        self.rate_from + self.slope() * (at - self.start)
    }

    /// Expected events within the first `passed` seconds of the segment.
    fn count_within(&self, passed: f64) -> f64 {
        passed * (self.rate_from + 0.5 * self.slope() * passed)
    }

    /// Expected events within the whole segment: the trapezoid's area.
    fn count(&self) -> f64 {
        0.5 * (self.rate_from + self.rate_to) * self.length()
    }

    /// Expected events until the segment's end.
    pub(super) fn count_after(&self) -> f64 {
        self.count_before + self.count()
    }

    /// Expected events until `at`, which lies within the segment.
    pub(super) fn count_until(&self, at: f64) -> f64 {
        self.count_before + self.count_within(at - self.start)
    }

    /// When the expected count reaches `count`, which lies within the segment.
    ///
    /// Solves `½·slope·x² + rate_from·x = m` in the form `2m ÷ (rate_from + √(rate_from² + 2·slope·m))`,
    /// which neither cancels nor divides by a vanishing slope.
    pub(super) fn time_of(&self, count: f64) -> f64 {
        let missing = (count - self.count_before).max(0.0);
        let rate_then_squared = self.rate_from * self.rate_from + 2.0 * self.slope() * missing;
        let divisor = self.rate_from + rate_then_squared.max(0.0).sqrt();
        if divisor <= 0.0 {
            return self.start;
        }
        (self.start + 2.0 * missing / divisor).min(self.end)
    }
}
