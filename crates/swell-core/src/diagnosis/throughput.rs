//! Throughput below what was offered, where nothing else explains it.

use super::findings::finding;
use super::what;
use crate::report::{Finding, Report};

/// Below this share of what was offered, throughput is low.
const CARRIED_SHARE_MAX: f64 = 0.9;

/// Fewer successes than were offered, over a window long enough to tell.
pub(super) fn throughput(report: &Report) -> Option<Finding> {
    let throughput = &report.throughput;
    let carried = throughput.sustained_per_s;
    if throughput.window_is_short || carried >= CARRIED_SHARE_MAX * throughput.offered_per_s {
        return None;
    }
    let (arrivals, outcomes) = (&report.arrivals, &report.outcomes);
    let evidence = format!(
        "{carried:.2}/s succeeded of {:.2}/s offered, over {:.0} s; of {} users {} succeeded, {} failed, {} \
         were shed and {} abandoned, and no place, wallet, gas or rate limit explains it",
        throughput.offered_per_s,
        throughput.window_end_s - throughput.window_start_s,
        arrivals.due,
        outcomes.succeeded,
        outcomes.failed,
        arrivals.shed,
        arrivals.abandoned
    );
    let advice =
        format!("--rate {:.2}, and look at the steps for what takes longer above it", carried);
    Some(finding(what::THROUGHPUT, evidence, advice))
}
