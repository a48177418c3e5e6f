//! The resident set over a run, in fixed memory: its peak and its slope.

use crate::time::RunOffset;

/// Points kept; when full each two become one.
const POINTS_MAX: usize = 512;

/// The slope speaks of what comes after this, seconds since the first sample.
const WARM_UP_S: f64 = 60.0;

/// A slope over less than this, seconds, says nothing.
const SPAN_MIN_S: f64 = 60.0;

/// The resident set over a run.
#[derive(Clone, Debug, Default)]
pub struct ResourceTrack {
    points: Vec<Point>,
    /// Logarithm (base 2) of the samples that make one point.
    samples_per_point_log2: u32,
    /// Sums of the samples of the next point, and how many they are.
    pending: Point,
    pending_count: u32,
    peak_bytes: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Point {
    at_s: f64,
    bytes: f64,
}

impl ResourceTrack {
    /// Records one sample. Meant to happen once a second.
    pub fn record(&mut self, at: RunOffset, rss_bytes: u64) {
        self.peak_bytes = self.peak_bytes.max(rss_bytes);
        self.pending.at_s += at.as_secs_f64();
        self.pending.bytes += rss_bytes as f64;
        self.pending_count += 1;
        if self.pending_count < 1 << self.samples_per_point_log2 {
            return;
        }
        let Point { at_s, bytes } = std::mem::take(&mut self.pending);
        let n = f64::from(std::mem::take(&mut self.pending_count));
        self.points.push(Point { at_s: at_s / n, bytes: bytes / n });
        if self.points.len() >= POINTS_MAX {
            self.points = self.points.chunks(2).map(mean).collect();
            self.samples_per_point_log2 += 1;
        }
    }

    /// The largest sample.
    #[must_use]
    pub const fn peak_bytes(&self) -> u64 {
        self.peak_bytes
    }

    /// Growth after the first minute, percent a minute of where it then stood (least squares);
    /// `None` if less than a minute was seen after the first.
    #[must_use]
    pub fn slope_percent_per_min(&self) -> Option<f64> {
        let begin = self.points.first()?.at_s + WARM_UP_S;
        let points: Vec<&Point> = self.points.iter().filter(|point| point.at_s >= begin).collect();
        let (first, last) = (points.first()?, points.last()?);
        if last.at_s - first.at_s < SPAN_MIN_S {
            return None;
        }
        let n = points.len() as f64;
        let at_mean = points.iter().map(|point| point.at_s).sum::<f64>() / n;
        let bytes_mean = points.iter().map(|point| point.bytes).sum::<f64>() / n;
        let (mut covariance, mut variance) = (0.0, 0.0);
        for point in &points {
            covariance += (point.at_s - at_mean) * (point.bytes - bytes_mean);
            variance += (point.at_s - at_mean) * (point.at_s - at_mean);
        }
        let bytes_per_s = covariance / variance;
        let bytes_at_first = bytes_mean - bytes_per_s * (at_mean - first.at_s);
        (bytes_at_first > 0.0).then(|| 100.0 * 60.0 * bytes_per_s / bytes_at_first)
    }
}

fn mean(points: &[Point]) -> Point {
    let n = points.len() as f64;
    Point {
        at_s: points.iter().map(|point| point.at_s).sum::<f64>() / n,
        bytes: points.iter().map(|point| point.bytes).sum::<f64>() / n,
    }
}
