//! How users' calls fared that others sent for them.

use swell_core::report::{Relay, Report};

use super::labelled;
use super::network::blocks;
use crate::human::{count, latency, length, money};
use crate::style::Page;

/// The way of users' calls, where lanes or a relay sent them; empty where users did.
pub(super) fn relay(report: &Report, page: Page) -> String {
    let Some(relay) = &report.relay else { return String::new() };
    let mut text = match &relay.queue_ms {
        Some(queue) => format!(
            "{} calls by the relayer's lanes; {} in the queue at p50, {} at p99; ",
            count(relay.calls),
            latency(queue.p50),
            latency(queue.p99)
        ),
        None => format!("{} calls by the target's relay; ", count(relay.calls)),
    };
    text.push_str(&format!(
        "hash after {} at p50, {} at p99; in a block {} later at p50, {} and {} at p99",
        latency(relay.hash_ms.p50),
        latency(relay.hash_ms.p99),
        latency(relay.inclusion_ms.p50),
        latency(relay.inclusion_ms.p99),
        blocks(relay.inclusion_blocks.p99),
    ));
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
