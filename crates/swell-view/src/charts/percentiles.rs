//! Whole distributions: how long so many percent took at most, on an axis that gives each further nine
//! the same room.

use maud::{Markup, html};
use swell_core::report::{CurvePoint, LatencyCurve};

use super::draw::{Place, line, percent};
use super::figure::{Figure, Height, Tone, data, key, names_below, value_axis};
use super::label::Unit;
use super::scale::Scale;
use crate::human::number;

/// Percentiles worth naming.
const NAMED: [f64; 7] = [50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999];
/// Places between which values are told when pointed at.
const SPOTS: usize = 40;
/// A limit this many times the largest value is out of the picture.
const NEAR: f64 = 4.0;
/// Percentiles below this one do not decide where the axis begins.
const FASTEST: f64 = 5.0;

/// Distributions over an axis of nines.
#[derive(Clone, Debug)]
pub struct PercentilePlot<'a> {
    /// Unique on the page; a word.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// The key numbers, in words.
    pub says: String,
    /// Each curve with its name and colour.
    pub curves: Vec<(String, Tone, &'a LatencyCurve)>,
    /// Named levels to compare with, milliseconds, such as the limit of a threshold.
    pub limits: Vec<(String, f64)>,
}

impl PercentilePlot<'_> {
    /// The plot; nothing where nothing was measured.
    #[must_use]
    pub fn markup(&self) -> Markup {
        let points = || self.curves.iter().flat_map(|(_, _, curve)| &curve.points);
        if points().next().is_none() {
            return html! {};
        }
        let most = points().map(|point| point.ms).fold(0.0, f64::max);
        let limits = || self.limits.iter().filter(|(_, ms)| *ms <= NEAR * most);
        // The very fastest would take half of the picture.
        let values = points().filter(|point| point.percent >= FASTEST).map(|point| point.ms);
        let values: Vec<f64> = values.chain(limits().map(|(_, ms)| *ms)).collect();
        let scale = Scale::for_latencies(&values);
        let nines = self.nines();
        let named = NAMED.into_iter().filter(|percent| across(*percent, nines) < 0.97);
        let names =
            named.map(|percent| (across(percent, nines), format!("{}%", exact(percent)), false));
        let picture = html! {
            (value_axis(scale, Unit::Millis))
            @for percentile in NAMED.into_iter().filter(|percentile| across(*percentile, nines) < 0.97) {
                @let x = percent(across(percentile, nines));
                line .grid x1=(x) x2=(x) y1="0" y2="100%" {}
            }
            (names_below(names.chain([(1.0, "max".to_owned(), false)])))
            @for (name, ms) in limits() {
                @let y = percent(1.0 - scale.place(*ms));
                line .limit x1="0" x2="100%" y1=(y) y2=(y) {}
                text .limit x="4" y=(y) dy="-4" { (name) }
            }
            svg .drawn viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%" {
                @for (_, tone, curve) in &self.curves {
                    path class=(format!("line {}", tone.class())) d=(line(&[places(curve, nines, scale)])) {}
                }
            }
            (self.spots(nines))
        };
        Figure {
            id: self.id,
            title: self.title,
            says: &self.says,
            height: Height::Tall,
            legend: self.legend(),
            picture,
            data: self.data(),
        }
        .markup()
    }

    /// How many nines the axis has: as many as the largest curve can tell, at least two.
    fn nines(&self) -> f64 {
        let counts = self.curves.iter().map(|(_, _, curve)| curve.count);
        let most = counts.max().unwrap_or(0).max(100) as f64;
        most.log10().clamp(2.0, 7.0)
    }

    fn legend(&self) -> Markup {
        html! {
            ul .legend {
                @for (name, tone, _) in &self.curves { li { (key(*tone, false)) " " (name) } }
            }
        }
    }

    fn spots(&self, nines: f64) -> Markup {
        html! {
            g .spots {
                @for spot in 0..SPOTS {
                    @let (from, to) = (spot as f64 / SPOTS as f64, (spot + 1) as f64 / SPOTS as f64);
                    @let at = 100.0 - 100.0 * 10.0_f64.powf(-to * nines);
                    rect x=(percent(from)) y="0" height="100%" width=(percent(to - from)) {
                        title {
                            (exact(at)) "% took at most"
                            @for (name, _, curve) in &self.curves {
                                @if let Some(point) = reaching(curve, at) {
                                    "\n" (name) ": " (Unit::Millis.value(point.ms))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn data(&self) -> Markup {
        let mut head = vec!["percent"];
        head.extend(self.curves.iter().map(|(name, _, _)| name.as_str()));
        let mut percents: Vec<f64> =
            self.curves.iter().flat_map(|(_, _, curve)| &curve.points).map(|p| p.percent).collect();
        percents.sort_by(f64::total_cmp);
        percents.dedup();
        let rows = percents.into_iter().map(|percent| {
            let mut row = vec![exact(percent)];
            for (_, _, curve) in &self.curves {
                let point = curve.points.iter().find(|point| point.percent >= percent);
                row.push(point.map_or_else(|| "–".into(), |point| Unit::Millis.value(point.ms)));
            }
            row
        });
        data(&head, rows)
    }
}

/// The first point of `curve` that `percent` percent do not pass.
fn reaching(curve: &LatencyCurve, percent: f64) -> Option<&CurvePoint> {
    curve.points.iter().find(|point| point.percent >= percent - 1e-9)
}

fn places(curve: &LatencyCurve, nines: f64, scale: Scale) -> Vec<Place> {
    curve.points.iter().map(|p| (across(p.percent, nines), scale.place(p.ms))).collect()
}

/// Where a percentile lies from left to right: each nine takes the same room.
fn across(percent: f64, nines: f64) -> f64 {
    let above = (100.0 - percent.clamp(0.0, 100.0)) / 100.0;
    if above <= 0.0 { 1.0 } else { (-above.log10() / nines).clamp(0.0, 1.0) }
}

/// A percentile with every digit it has, up to five behind the point.
fn exact(percent: f64) -> String {
    if percent < 99.0 {
        return number((percent * 10.0).round() / 10.0);
    }
    let text = format!("{percent:.5}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use swell_core::report::LatencyClock;

    use super::*;

    #[test]
    fn each_nine_takes_the_same_room() {
        let [one, two, three] = [90.0, 99.0, 99.9].map(|percent| across(percent, 4.0));
        assert!(
            (one - 0.25).abs() < 1e-9 && (two - 0.5).abs() < 1e-9 && (three - 0.75).abs() < 1e-9
        );
        assert!((across(100.0, 4.0) - 1.0).abs() < 1e-9 && across(0.0, 4.0).abs() < 1e-9);
        assert_eq!([50.0, 97.53, 99.9, 99.99].map(exact), ["50", "97.5", "99.9", "99.99"]);
    }

    proptest! {
        #[test]
        fn more_percent_lie_further_to_the_right(one in 0.0..100.0_f64, other in 0.0..100.0_f64) {
            let (less, more) = (one.min(other), one.max(other));
            prop_assert!(across(less, 5.0) <= across(more, 5.0));
        }
    }

    #[test]
    fn a_single_value_is_a_plot() {
        let curve = LatencyCurve {
            of: "journey".into(),
            clock: LatencyClock::Response,
            count: 1,
            points: vec![CurvePoint { percent: 100.0, ms: 12.0 }],
        };
        let plot = PercentilePlot {
            id: "p",
            title: "One",
            says: "one".into(),
            curves: vec![("response".into(), Tone::Blue, &curve)],
            limits: vec![("limit 40 ms".into(), 40.0), ("limit 45 s".into(), 45_000.0)],
        };
        let text = plot.markup().into_string();
        assert!(text.contains("took at most\nresponse: 12 ms"), "{text}");
        assert!(text.contains("limit 40 ms") && !text.contains("limit 45 s"), "{text}");
    }
}
