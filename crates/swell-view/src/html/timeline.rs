//! The run over time.

use maud::{Markup, html};
use swell_core::timeline::{Extremes, PointLatency, TimelinePoint};

use super::Section;
use super::view::RunView;
use crate::charts::{Height, Marks, Series, Shape, TimeChart, Tone, Unit, instant};
use crate::human::{count, latency, rate};

/// Stretches that rates are shown in, about: of fewer arrivals, a rate is mostly chance.
const STRETCHES: usize = 100;

pub(super) fn section(run: &RunView<'_>) -> Option<Section> {
    let last = run.timeline.last()?;
    let marks = run.marks();
    let scene = Scene { run, marks: &marks, until_s: last.end_s };
    let body = html! {
        (rates(&scene))
        (percentiles(&scene))
        (in_flight(&scene))
        (pool(&scene))
        (blocks(&scene))
        @if !marks.all().is_empty() {
            h3 { "What happened" }
            (marks.list())
        }
    };
    Some(Section { id: "timeline", title: "Over time", body })
}

/// What all charts of the section share.
pub(super) struct Scene<'a> {
    pub(super) run: &'a RunView<'a>,
    pub(super) marks: &'a Marks,
    pub(super) until_s: f64,
}

impl<'a> Scene<'a> {
    /// A chart without series.
    pub(super) fn chart(
        &self,
        id: &'a str,
        title: &'a str,
        spans: &'a [(f64, f64)],
    ) -> TimeChart<'a> {
        TimeChart {
            id,
            title,
            says: String::new(),
            unit: Unit::Count,
            height: Height::Tall,
            spans,
            series: Vec::new(),
            marks: self.marks,
            until_s: self.until_s,
            rows_max: self.run.detail.rows_max(),
        }
    }
}

pub(super) fn spans(points: &[TimelinePoint]) -> Vec<(f64, f64)> {
    points.iter().map(|point| (point.start_s, point.end_s)).collect()
}

/// Events a second in stretches long enough to tell, and between which values they went within.
struct Rates {
    spans: Vec<(f64, f64)>,
    means: Vec<Option<f64>>,
    extremes: Vec<Option<(f64, f64)>>,
}

impl Rates {
    fn of(points: &[TimelinePoint], counted: impl Fn(&TimelinePoint) -> u64) -> Self {
        let each = points.len().div_ceil(STRETCHES).max(1);
        let mut rates = Self { spans: Vec::new(), means: Vec::new(), extremes: Vec::new() };
        for chunk in points.chunks(each) {
            let (from, to) = (chunk[0].start_s, chunk[chunk.len() - 1].end_s);
            let total: u64 = chunk.iter().map(&counted).sum();
            let within = chunk.iter().map(|point| point.per_s(counted(point)));
            let (low, high) = within.fold((f64::INFINITY, 0.0_f64), |(low, high), rate| {
                (low.min(rate), high.max(rate))
            });
            rates.spans.push((from, to));
            rates.means.push((to > from).then(|| total as f64 / (to - from)));
            rates.extremes.push(Some((low, high)));
        }
        rates
    }

    fn series(self, name: &str, tone: Tone) -> Series<'_> {
        Series { name, tone, values: self.means, shape: Shape::Line }
    }

    /// With a band, where a stretch is longer than the seconds it is made of.
    fn banded(self, name: &str, tone: Tone) -> Series<'_> {
        let is_wider = self.extremes.iter().zip(&self.means).any(|(pair, mean)| {
            matches!((pair, mean), (Some((low, high)), Some(mean)) if low < mean && mean < high)
        });
        let shape = if is_wider { Shape::Band(self.extremes) } else { Shape::Line };
        Series { name, tone, values: self.means, shape }
    }
}

fn rates(scene: &Scene<'_>) -> Markup {
    let run = scene.run;
    let points = run.timeline;
    let offered = Rates::of(points, |point| point.due);
    let spans = offered.spans.clone();
    let mut chart = scene.chart("chart-rates", "Users per second", &spans);
    chart.unit = Unit::PerSecond;
    let busiest = offered.means.iter().flatten().copied().fold(0.0, f64::max);
    chart.says = format!(
        "{} were due, {} started, {} succeeded, {} failed and {} were shed; at most {} were offered.",
        count(run.due),
        count(run.started),
        count(run.succeeded),
        count(run.failed),
        count(run.shed),
        rate(busiest),
    );
    if points.len() > STRETCHES {
        let each = instant(points[points.len() / 2].length_s());
        chart.says.push_str(&format!(" The band goes from the quietest to the busiest {each}."));
    }
    chart.series = vec![
        Rates::of(points, |point| point.succeeded).banded("completed", Tone::Green),
        Rates::of(points, |point| point.started).series("started", Tone::Blue),
        offered.series("offered", Tone::Grey),
    ];
    for (name, tone, counted) in LOSSES {
        if points.iter().any(|point| counted(point) > 0) {
            let lost = Rates::of(points, counted);
            chart.series.push(Series { shape: Shape::Area, ..lost.series(name, tone) });
        }
    }
    chart.markup()
}

type Loss = (&'static str, Tone, fn(&TimelinePoint) -> u64);

/// What is only drawn where it happened.
const LOSSES: [Loss; 2] =
    [("failed", Tone::Red, |point| point.failed), ("shed", Tone::Orange, |point| point.shed)];

fn percentiles(scene: &Scene<'_>) -> Markup {
    let points = scene.run.timeline;
    let spans = spans(points);
    let of = |figure: fn(&PointLatency) -> f64| {
        points.iter().map(|point| point.response_ms.as_ref().map(figure)).collect()
    };
    let series = |name, tone, figure| Series { name, tone, values: of(figure), shape: Shape::Line };
    let times = &scene.run.response_ms;
    let mut chart = scene.chart("chart-response", "Response time of users that ended", &spans);
    chart.unit = Unit::Millis;
    chart.says = format!(
        "Over the whole run {} at p50, {} at p95, {} at p99, {} at most.",
        latency(times.p50),
        latency(times.p95),
        latency(times.p99),
        latency(times.max),
    );
    chart.series = vec![
        series("max", Tone::Grey, |times| times.max),
        series("p99", Tone::Red, |times| times.p99),
        series("p95", Tone::Orange, |times| times.p95),
        series("p50", Tone::Blue, |times| times.p50),
    ];
    chart.markup()
}

/// Something that stands, with a band between its extremes.
pub(super) fn standing<'a>(
    points: &[TimelinePoint],
    name: &'a str,
    tone: Tone,
    of: fn(&TimelinePoint) -> Extremes,
) -> Series<'a> {
    let values = points.iter().map(|point| Some(of(point).max as f64)).collect();
    let extremes = points.iter().map(of).map(|e| Some((e.min as f64, e.max as f64))).collect();
    let is_wider = points.iter().map(of).any(|extremes| extremes.min < extremes.max);
    Series { name, tone, values, shape: if is_wider { Shape::Band(extremes) } else { Shape::Line } }
}

fn in_flight(scene: &Scene<'_>) -> Markup {
    let points = scene.run.timeline;
    let spans = spans(points);
    let peak =
        |of: fn(&TimelinePoint) -> Extremes| points.iter().map(|p| of(p).max).max().unwrap_or(0);
    let mut chart = scene.chart("chart-in-flight", "In flight and waiting", &spans);
    chart.height = Height::Low;
    chart.says = format!(
        "At most {} users in flight, and {} waiting for a place.",
        count(peak(|point| point.in_flight)),
        count(peak(|point| point.backlog)),
    );
    chart.series = vec![
        standing(points, "in flight", Tone::Blue, |point| point.in_flight),
        standing(points, "backlog", Tone::Orange, |point| point.backlog),
    ];
    chart.markup()
}

fn pool(scene: &Scene<'_>) -> Markup {
    let points = scene.run.timeline;
    let has_wallets = points.iter().any(|point| {
        point.funded + point.pool_ready.max + point.pool_funding.max + point.pool_sweeping.max > 0
    });
    if !has_wallets {
        return html! {};
    }
    let spans = spans(points);
    let stacked = |name, tone, of: fn(&TimelinePoint) -> Extremes| Series {
        name,
        tone,
        values: points.iter().map(|point| Some(of(point).last as f64)).collect(),
        shape: Shape::Stacked,
    };
    let least = points.iter().map(|point| point.pool_ready.min).min().unwrap_or(0);
    let most = points.iter().map(|point| point.pool_ready.max).max().unwrap_or(0);
    let mut wallets = scene.chart("chart-pool", "Wallets", &spans);
    wallets.height = Height::Low;
    wallets.says = format!(
        "Between {} and {} were ready in the pool; those being funded and swept stand on top.",
        count(least),
        count(most),
    );
    wallets.series = vec![
        stacked("ready", Tone::Green, |point| point.pool_ready),
        stacked("being funded", Tone::Blue, |point| point.pool_funding),
        stacked("being swept", Tone::Orange, |point| point.pool_sweeping),
    ];
    let funded = Rates::of(points, |point| point.funded);
    let rates = funded.spans.clone();
    let busiest = funded.means.iter().flatten().copied().fold(0.0, f64::max);
    let mut funding = scene.chart("chart-funding", "Wallets funded per second", &rates);
    (funding.height, funding.unit) = (Height::Low, Unit::PerSecond);
    funding.says = format!(
        "{} became usable, at most {}; users were due at {} at most.",
        count(points.iter().map(|point| point.funded).sum()),
        rate(busiest),
        rate(Rates::of(points, |p| p.due).means.iter().flatten().copied().fold(0.0, f64::max)),
    );
    funding.series = vec![
        Rates::of(points, |point| point.due).series("users due", Tone::Grey),
        funded.series("wallets funded", Tone::Green),
    ];
    html! { div .charts-2 { (wallets.markup()) (funding.markup()) } }
}

fn blocks(scene: &Scene<'_>) -> Markup {
    let with_blocks: Vec<&TimelinePoint> =
        scene.run.timeline.iter().filter(|point| point.blocks.is_some()).collect();
    if with_blocks.is_empty() {
        return html! {};
    }
    // A block stands for the time since the one before it.
    let spans: Vec<(f64, f64)> = with_blocks
        .iter()
        .enumerate()
        .map(|(at, point)| {
            let from = at.checked_sub(1).map_or(point.start_s, |before| with_blocks[before].end_s);
            (from, point.end_s)
        })
        .collect();
    let blocks = || with_blocks.iter().filter_map(|point| point.blocks);
    let share = |used: u64, limit: u64| (limit > 0).then(|| 100.0 * used as f64 / limit as f64);
    let used: Vec<Option<f64>> = blocks().map(|b| share(b.gas_used, b.gas_limit)).collect();
    let fullest: Vec<Option<f64>> = blocks().map(|b| Some(b.fullest_percent)).collect();
    let ours: Vec<Option<f64>> = blocks().map(|b| share(b.gas_ours, b.gas_limit)).collect();
    let (all_ours, all_used, all_limit) = blocks().fold((0, 0, 0), |(ours, used, limit), block| {
        (ours + block.gas_ours, used + block.gas_used, limit + block.gas_limit)
    });
    let fullest_of_all = fullest.iter().flatten().copied().fold(0.0, f64::max);
    let mut gas = scene.chart("chart-gas", "Gas used of each block", &spans);
    (gas.height, gas.unit) = (Height::Low, Unit::Percent);
    gas.says = format!(
        "{} blocks were {} full on average, {} the fullest; {} of their gas was ours.",
        count(blocks().map(|block| block.count).sum()),
        Unit::Percent.value(share(all_used, all_limit).unwrap_or(0.0)),
        Unit::Percent.value(fullest_of_all),
        Unit::Percent.value(share(all_ours, all_used).unwrap_or(0.0).min(100.0)),
    );
    gas.series = vec![
        Series { name: "fullest", tone: Tone::Grey, values: fullest, shape: Shape::Line },
        Series { name: "all", tone: Tone::Blue, values: used, shape: Shape::Area },
        Series { name: "ours", tone: Tone::Green, values: ours, shape: Shape::Area },
    ];
    html! { div .charts-2 { (gas.markup()) (base_fee(scene, &with_blocks, &spans)) } }
}

fn base_fee(scene: &Scene<'_>, points: &[&TimelinePoint], spans: &[(f64, f64)]) -> Markup {
    let of = |point: &&TimelinePoint| {
        point.blocks.and_then(|blocks| blocks.base_fee_max).map(|fee| fee.0 as f64)
    };
    let values: Vec<Option<f64>> = points.iter().map(of).collect();
    let known = || values.iter().flatten().copied();
    let mut chart = scene.chart("chart-base-fee", "Base fee in gwei", spans);
    (chart.height, chart.unit) = (Height::Low, Unit::WeiPerGas);
    chart.says = format!(
        "Between {} and {}.",
        Unit::WeiPerGas.value(known().fold(f64::INFINITY, f64::min)),
        Unit::WeiPerGas.value(known().fold(0.0, f64::max)),
    );
    chart.series =
        vec![Series { name: "base fee", tone: Tone::Violet, values, shape: Shape::Line }];
    chart.markup()
}
