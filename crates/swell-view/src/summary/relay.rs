//! How users' calls fared that others sent for them.

use swell_core::report::{Relay, Report};

use super::labelled;
use super::network::blocks;
use crate::human::{count, latency, length, money};
use crate::style::Page;

/// The way of users' calls, where lanes or a relay sent them; empty where users did.
pub(super) fn relay(report: &Report, page: Page) -> String {
    let Some(relay) = &report.relay else { return String::new() };
    let by = if relay.queue_ms.is_some() { "the relayer's lanes" } else { "the target's relay" };
    let mut text = format!("{} calls by {by}", count(relay.calls));
    if let Some(queue) = relay.queue_ms.as_ref().filter(|_| relay.calls > 0) {
        let (p50, p99) = (latency(queue.p50), latency(queue.p99));
        text.push_str(&format!("; {p50} in the queue at p50, {p99} at p99"));
    }
    if relay.calls > 0 {
        let (p50, p99) = (latency(relay.hash_ms.p50), latency(relay.hash_ms.p99));
        text.push_str(&format!("; hash after {p50} at p50, {p99} at p99"));
    }
    if relay.included > 0 {
        text.push_str(&format!(
            "; in a block {} later at p50, {} and {} at p99",
            latency(relay.inclusion_ms.p50),
            latency(relay.inclusion_ms.p99),
            blocks(relay.inclusion_blocks.p99),
        ));
    }
    text.push_str(&end(relay));
    let funding = &report.funding;
    if funding.droughts > 0 {
        text.push_str(&format!(
            "; the relayer ran dry {} times, for {} in all",
            count(funding.droughts),
            length(funding.drought_s)
        ));
    }
    labelled(page, "Relaying", &text)
}

fn end(relay: &Relay) -> String {
    let mut text = String::new();
    if let Some(gaps) = relay.nonce_gaps {
        let gap = if gaps == 1 { "gap" } else { "gaps" };
        text.push_str(&format!("; {} nonce {gap}", count(gaps)));
    }
    if let Some(polls) = relay.polls {
        text.push_str(&format!("; asked again {} times", count(polls)));
    }
    let cost = &relay.cost;
    if relay.included > 0 {
        text.push_str(&format!(
            "; {} a user on average, {} at most",
            money(cost.mean_wei),
            money(cost.max_wei)
        ));
    }
    text
}
