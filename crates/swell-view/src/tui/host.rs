//! What Swell itself uses, how late it is, and how far the chain has come.

use ratatui::text::{Line, Span};
use swell_core::snapshot::Snapshot;

use super::palette::Palette;
use crate::human::{bytes, count, latency_us};

/// Lateness from which on the load is not what was asked: a hundredth of a second.
const LAG_US_MAX: u64 = 20_000;

pub(super) fn line(snapshot: &Snapshot, palette: Palette) -> Line<'static> {
    let lag = snapshot.schedule_lag_us_p99;
    let mut spans = vec![
        Span::styled(format!("{:<11}", "Swell"), palette.head()),
        Span::raw(format!(
            "CPU {:>4.0} %   RSS {:>9}   ",
            snapshot.cpu_percent_of_core,
            bytes(snapshot.rss_bytes)
        )),
        if lag > LAG_US_MAX {
            Span::styled(format!("✗ lag p99 {:>7}", latency_us(lag)), palette.bad())
        } else {
            Span::raw(format!("lag p99 {:>7}", latency_us(lag)))
        },
    ];
    if let Some(block) = snapshot.block {
        spans.push(Span::raw(format!("   block {}", count(block))));
    }
    Line::from(spans)
}
