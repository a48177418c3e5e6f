//! Settings that are each valid and do not go together.

use std::time::Duration;

use swell_core::plan::{ArrivalKind, LoadPlan, Spike};
use swell_core::submit::SubmitMode;

use super::choice::JourneyKind;
use super::duration::show;
use super::problem::Problem;
use super::resolve::Resolver;
use super::settings::TargetChoice;
use super::view::{ListenAddress, ViewSettings};
use crate::page;

pub(super) fn check_load(resolver: &mut Resolver<'_>, load: &LoadPlan) {
    if load.arrivals == ArrivalKind::Burst {
        check_burst(resolver, load);
        return;
    }
    let ramps = load.ramp_up.saturating_add(load.ramp_down);
    if ramps > load.duration {
        resolver.problems.push(Problem::new(format!(
            "ramp-up ({}) and ramp-down ({}) take {}; expected at most the duration of {}",
            show(load.ramp_up),
            show(load.ramp_down),
            show(ramps),
            show(load.duration)
        )));
    }
    check_spikes(resolver, load);
}

/// A burst has no rate to shape.
fn check_burst(resolver: &mut Resolver<'_>, load: &LoadPlan) {
    for (name, is_shaped) in [
        ("ramp-up", !load.ramp_up.is_zero()),
        ("ramp-down", !load.ramp_down.is_zero()),
        ("spike", !load.spikes.is_empty()),
    ] {
        if is_shaped {
            let subject = resolver.origin(name).subject(name);
            resolver.problems.push(Problem::new(format!(
                "{subject} shapes a rate, and arrivals = burst has none; expected one or the \
                 other"
            )));
        }
    }
}

fn check_spikes(resolver: &mut Resolver<'_>, load: &LoadPlan) {
    let subject = resolver.origin("spike").subject("spike");
    let mut spikes: Vec<&Spike> = load.spikes.iter().collect();
    spikes.sort_by_key(|spike| spike.start);
    for spike in &spikes {
        if end(spike) > load.duration {
            resolver.problems.push(Problem::new(format!(
                "{subject} has a spike from {} to {}; expected it to end within the duration of \
                 {}",
                show(spike.start.since_start()),
                show(end(spike)),
                show(load.duration)
            )));
        }
    }
    for pair in spikes.windows(2) {
        if pair[1].start.since_start() < end(pair[0]) {
            resolver.problems.push(Problem::new(format!(
                "{subject} has a spike that begins at {} while another lasts until {}; expected \
                 one at a time",
                show(pair[1].start.since_start()),
                show(end(pair[0]))
            )));
        }
    }
}

fn end(spike: &Spike) -> Duration {
    spike.start.since_start().saturating_add(spike.length)
}

/// A journey without a call has nothing for others to send.
pub(super) fn check_submit(resolver: &mut Resolver<'_>, submit: SubmitMode, journey: JourneyKind) {
    if submit != SubmitMode::Own && journey == JourneyKind::Wallet {
        let subject = resolver.origin("submit").subject("submit");
        resolver.problems.push(Problem::new(format!(
            "{subject} has others send what users sign, and users of the journey wallet sign \
             nothing; expected submit = self, or journey = data-portability"
        )));
    }
}

/// A virtual run is over before a browser has loaded its page, and opens no socket.
pub(super) fn check_page(
    resolver: &mut Resolver<'_>,
    page: ListenAddress,
    token: Option<&str>,
    virtual_time: bool,
) {
    if virtual_time {
        let subject = resolver.origin("web").subject("web");
        resolver.problems.push(Problem::new(format!(
            "{subject} serves a page while the run goes on, and in virtual time it takes no time; \
             expected one or the other, or `swell view` afterwards"
        )));
    }
    let token = token.filter(|token| !token.trim().is_empty() && !page.0.ip().is_loopback());
    if let Some(Err(error)) = token.map(page::given) {
        resolver.problems.push(Problem::new(error.to_string()));
    }
}

/// Spans bear real time, and need somebody who is sent them.
pub(super) fn check_traces(resolver: &mut Resolver<'_>, views: Option<&ViewSettings>) {
    let has_collector = views.is_some_and(|views| views.otlp.is_some());
    let traces = resolver.origin("traces");
    // A run file may hold a share for whoever names a collector on the command line.
    if !has_collector && traces.strength() > 3 {
        let subject = traces.subject("traces");
        resolver.problems.push(Problem::new(format!(
            "{subject} makes traces, and nobody is sent them; expected otlp = URL as well"
        )));
    }
}

pub(super) fn check_target(
    resolver: &mut Resolver<'_>,
    target: Option<&TargetChoice>,
    virtual_time: bool,
) {
    let Some(target) = target.filter(|target| !matches!(target, TargetChoice::Sandbox { .. }))
    else {
        return;
    };
    let profile = resolver.origin("profile");
    // A profile in a file yields to a target on the command line.
    if profile.is_asked() && profile.strength() >= resolver.origin("target").strength() {
        let subject = profile.subject("profile");
        resolver.problems.push(Problem::new(format!(
            "{subject} says what the sandbox plays, and the target is {}; expected one or \
             the other",
            target.in_words()
        )));
    }
    if virtual_time {
        let subject = resolver.origin("virtual").subject("virtual");
        resolver.problems.push(Problem::new(format!(
            "{subject} needs the sandbox, and the target is {}; expected target = sandbox",
            target.in_words()
        )));
    }
}

/// In virtual time nothing is exported: who reads metrics lives in the world's time.
pub(super) fn check_exporters(resolver: &mut Resolver<'_>, views: &ViewSettings) {
    for (name, is_on) in [
        ("metrics", views.metrics.is_some()),
        ("remote-write", views.remote_write.is_some()),
        ("otlp", views.otlp.is_some()),
    ] {
        if is_on {
            let subject = resolver.origin(name).subject(name);
            resolver.problems.push(Problem::new(format!(
                "{subject} exports to the world, whose time is not a virtual run's; expected \
                 one or the other"
            )));
        }
    }
}

/// Two servers at one address are one too many.
pub(super) fn check_addresses(resolver: &mut Resolver<'_>, views: &ViewSettings) {
    let (Some(web), Some(metrics)) = (views.web, views.metrics) else { return };
    if web == metrics && web.0.port() != 0 {
        let (web_subject, metrics_subject) =
            (resolver.origin("web").subject("web"), resolver.origin("metrics").subject("metrics"));
        resolver.problems.push(Problem::new(format!(
            "{web_subject} and {metrics_subject} are both {}; expected an address each",
            web.0
        )));
    }
}
