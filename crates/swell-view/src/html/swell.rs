//! What Swell itself did: whether it was on time, and what it used.

use maud::{Markup, html};
use swell_core::timeline::{HostPoint, TimelinePoint};

use super::Section;
use super::parts::{cell, facts};
use super::timeline::{Scene, spans};
use super::view::RunView;
use crate::charts::{Height, Series, Shape, Tone, Unit};
use crate::human::{bytes, latency_us};

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    let mut rows = Vec::new();
    if let Some(report) = run.report {
        let lag = &report.schedule_lag_us;
        let words = format!(
            "{} after they were due at p50, {} at p99, {} at most",
            latency_us(lag.p50),
            latency_us(lag.p99),
            latency_us(lag.max)
        );
        rows.push(("Users started", cell(words)));
        if let Some(used) = &report.resources {
            let shared = if used.includes_sandbox { ", the sandbox included" } else { "" };
            rows.push((
                "Memory",
                cell(format!("{} at the peak{shared}", bytes(used.rss_peak_bytes))),
            ));
            let cpu = format!("{:.1} s, {:.1}% of the machine", used.cpu_seconds, used.cpu_percent);
            rows.push(("CPU", cell(cpu)));
        }
    }
    let drawn = charts(run);
    if rows.is_empty() && drawn.0.is_empty() {
        return None;
    }
    let body = html! { @if !rows.is_empty() { (facts(rows)) } (drawn) };
    Some(Section { id: "swell", title: "Swell itself", body })
}

fn charts(run: &RunView<'_>) -> Markup {
    let Some(last) = run.timeline.last() else { return Markup::default() };
    let hosts: Vec<HostPoint> = run.timeline.iter().filter_map(|point| point.host).collect();
    if hosts.is_empty() {
        return Markup::default();
    }
    let marks = run.marks();
    let scene = Scene { run, marks: &marks, until_s: last.end_s };
    let spans = spans(run.timeline);
    let values = |of: fn(&HostPoint) -> f64| {
        run.timeline
            .iter()
            .map(|point: &TimelinePoint| point.host.as_ref().map(of))
            .collect::<Vec<_>>()
    };
    let most = |of: fn(&HostPoint) -> f64| hosts.iter().map(of).fold(0.0, f64::max);
    let cpu: fn(&HostPoint) -> f64 = |host| host.cpu_percent_of_core_max;
    let memory: fn(&HostPoint) -> f64 = |host| host.rss_bytes_max as f64;
    let mut cpu_chart = scene.chart("chart-cpu", "CPU of the load side", &spans);
    (cpu_chart.height, cpu_chart.unit) = (Height::Low, Unit::Percent);
    cpu_chart.says = format!("At most {} of one core.", Unit::Percent.value(most(cpu)));
    cpu_chart.series =
        vec![Series { name: "CPU", tone: Tone::Blue, values: values(cpu), shape: Shape::Area }];
    let mut memory_chart = scene.chart("chart-memory", "Memory", &spans);
    (memory_chart.height, memory_chart.unit) = (Height::Low, Unit::Bytes);
    memory_chart.says = format!("At most {}.", Unit::Bytes.value(most(memory)));
    memory_chart.series = vec![Series {
        name: "memory",
        tone: Tone::Violet,
        values: values(memory),
        shape: Shape::Area,
    }];
    html! { div .charts-2 { (cpu_chart.markup()) (memory_chart.markup()) } }
}
