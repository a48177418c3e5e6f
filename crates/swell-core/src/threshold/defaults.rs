//! What every run must meet unless told otherwise.

use super::Threshold;
use crate::plan::LoadPlan;
use crate::submit::SubmitMode;

/// Peak throughput asked of a run with a spike, per second.
const PEAK_PER_S: f64 = 5.0;

/// The share of a spike's rate that is asked, where that is less.
const SPIKE_SHARE: f64 = 0.85;

/// The thresholds of a run of `load`; `full` adds those of the preset of that name.
///
/// A peak is asked only where a spike is, and a wait for wallets only where wallets are funded.
#[must_use]
pub fn default_thresholds(load: &LoadPlan, submit: SubmitMode, full: bool) -> Vec<Threshold> {
    let mut exprs = vec![
        "throughput >= 2.5/s or 85% of due".to_owned(),
        "p95(response) <= 45s".to_owned(),
        "success >= 85%".to_owned(),
        "rss < 1GiB".to_owned(),
        "unexplained == 0".to_owned(),
    ];
    if submit.funds_users() {
        exprs.insert(exprs.len() - 1, "max(step.wallet.service) < 30s".to_owned());
    }
    if let Some(spike) = load.spike_peak() {
        let peak = PEAK_PER_S.min(spike.per_second() * SPIKE_SHARE);
        exprs.insert(1, format!("peak >= {}/s", (peak * 1000.0).round() / 1000.0));
    }
    if full {
        exprs.extend(["cpu < 5%", "duration < 20m", "rss_slope <= 1%"].map(str::to_owned));
    }
    let parsed = exprs.iter().map(|expr| expr.parse());
    parsed.collect::<Result<_, _>>().expect("the defaults are legal thresholds")
}
