//! Charts over the time of a run: lines, bands between extremes, and stacked areas.

use maud::{Markup, html};

use super::draw::{Place, area, band, line, percent};
use super::figure::{Figure, Height, Tone, data, key, names_below, value_axis};
use super::label::{Unit, instant};
use super::marks::Marks;
use super::scale::{Scale, time_ticks};

/// Instants named on a wide page; on a phone, every second one.
const INSTANTS: usize = 11;
/// As many where charts stand beside each other.
const FEW_INSTANTS: usize = 7;
/// Places on a chart that tell their values when pointed at.
const SPOTS: usize = 120;
/// A line goes on over stretches without a value when they are shorter than this share of the picture.
const BRIDGED: f64 = 0.03;
/// Lines through more values than this are thin ones.
const DENSE: usize = 150;

/// A chart over the time of a run.
#[derive(Clone, Debug)]
pub struct TimeChart<'a> {
    /// Unique on the page; a word.
    pub id: &'a str,
    /// What it shows.
    pub title: &'a str,
    /// The key numbers, in words.
    pub says: String,
    /// What its values are.
    pub unit: Unit,
    /// How high it is.
    pub height: Height,
    /// The stretches that values are of: where each begins and ends, seconds.
    pub spans: &'a [(f64, f64)],
    /// What is drawn, from back to front.
    pub series: Vec<Series<'a>>,
    /// What happened.
    pub marks: &'a Marks,
    /// Where the time axis ends, seconds.
    pub until_s: f64,
    /// Rows of the table behind it, at most: the latest ones.
    pub rows_max: usize,
}

/// One series of a chart.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its colour.
    pub tone: Tone,
    /// One value a stretch; `None` where nothing was measured.
    pub values: Vec<Option<f64>>,
    /// How it is drawn.
    pub shape: Shape,
}

/// How a series is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A line.
    Line,
    /// A line, and what lies below it.
    Area,
    /// An area on top of the stacked ones before it.
    Stacked,
    /// A line, and a band from the smallest to the largest value of each stretch.
    Band(Vec<Option<(f64, f64)>>),
}

impl TimeChart<'_> {
    /// The chart; nothing where no series has a value.
    #[must_use]
    pub fn markup(&self) -> Markup {
        let values = || self.series.iter().flat_map(|series| series.values.iter().flatten());
        if self.spans.is_empty() || self.until_s <= 0.0 || values().next().is_none() {
            return html! {};
        }
        let scale = self.scale();
        let picture = html! {
            (value_axis(scale, self.unit))
            (self.instants())
            svg .drawn viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%" {
                (self.paths(scale))
            }
            (self.marks.drawn(|at_s| self.across(at_s)))
            (self.spots())
        };
        Figure {
            id: self.id,
            title: self.title,
            says: &self.says,
            height: self.height,
            legend: self.legend(),
            picture,
            data: self.data(),
        }
        .markup()
    }

    fn scale(&self) -> Scale {
        let own = self.series.iter().flat_map(|series| series.values.iter().flatten().copied());
        let bands = self.series.iter().filter_map(|series| match &series.shape {
            Shape::Band(band) => Some(band.iter().flatten().flat_map(|(low, high)| [*low, *high])),
            Shape::Line | Shape::Area | Shape::Stacked => None,
        });
        let sums = self.stacked().into_iter().flat_map(|(_, top)| top);
        let all = own.chain(bands.flatten()).chain(sums);
        match self.unit {
            Unit::Millis => Scale::for_latencies(&all.collect::<Vec<_>>()),
            _ => Scale::from_zero(all),
        }
    }

    /// Where an instant lies from left to right.
    fn across(&self, at_s: f64) -> f64 {
        (at_s / self.until_s).clamp(0.0, 1.0)
    }

    fn middle(&self, at: usize) -> f64 {
        self.spans.get(at).map_or(0.0, |(from, to)| self.across(f64::midpoint(*from, *to)))
    }

    fn instants(&self) -> Markup {
        let most = match self.height {
            Height::Tall => INSTANTS,
            Height::Low => FEW_INSTANTS,
        };
        let ticks = time_ticks(self.until_s, most);
        let is_crowded = ticks.len() > 6;
        names_below(
            ticks
                .iter()
                .enumerate()
                .map(|(at, tick)| (self.across(*tick), instant(*tick), is_crowded && at % 2 == 1)),
        )
    }

    /// Lower and upper edges of each stacked series, by its number.
    fn stacked(&self) -> Vec<(usize, Vec<f64>)> {
        let mut floor = vec![0.0; self.spans.len()];
        let mut tops = Vec::new();
        for (at, series) in self.series.iter().enumerate() {
            if series.shape == Shape::Stacked {
                for (sum, value) in floor.iter_mut().zip(&series.values) {
                    *sum += value.unwrap_or(0.0);
                }
                tops.push((at, floor.clone()));
            }
        }
        tops
    }

    fn paths(&self, scale: Scale) -> Markup {
        let stacked = self.stacked();
        let thin = if self.spans.len() > DENSE { " thin" } else { "" };
        let mut floor: Vec<f64> = vec![0.0; self.spans.len()];
        html! {
            @for (at, series) in self.series.iter().enumerate() {
                @let tone = series.tone.class();
                @let top = stacked.iter().find(|(of, _)| *of == at).map(|(_, top)| top);
                @if let Some(top) = top {
                    @let below = std::mem::replace(&mut floor, top.clone());
                    path class=(format!("fill {tone}")) d=(band(&self.places(&below, scale), &self.places(top, scale))) {}
                    path class=(format!("line {tone}{thin}")) d=(line(&[self.places(top, scale)])) {}
                } @else {
                    @let runs = self.runs(series, scale);
                    @if let Shape::Band(extremes) = &series.shape {
                        @let (low, high) = self.edges(extremes, scale);
                        path class=(format!("band {tone}")) d=(band(&low, &high)) {}
                    }
                    @if series.shape == Shape::Area {
                        @for run in &runs {
                            path class=(format!("fill {tone}")) d=(area(run)) {}
                        }
                    }
                    @let (dots, lines): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| run.len() == 1);
                    path class=(format!("line {tone}{thin}")) d=(line(&lines)) {}
                    @if !dots.is_empty() {
                        path class=(format!("line dots {tone}")) d=(line(&dots)) {}
                    }
                }
            }
        }
    }

    fn places(&self, values: &[f64], scale: Scale) -> Vec<Place> {
        let place = |(at, value): (usize, &f64)| (self.middle(at), scale.place(*value));
        values.iter().enumerate().map(place).collect()
    }

    fn edges(&self, extremes: &[Option<(f64, f64)>], scale: Scale) -> (Vec<Place>, Vec<Place>) {
        let measured = extremes.iter().enumerate().filter_map(|(at, pair)| Some((at, (*pair)?)));
        measured
            .map(|(at, (low, high))| {
                let x = self.middle(at);
                ((x, scale.place(low)), (x, scale.place(high)))
            })
            .unzip()
    }

    /// The pieces of a line, broken where nothing was measured for long.
    fn runs(&self, series: &Series<'_>, scale: Scale) -> Vec<Vec<Place>> {
        let mut runs: Vec<Vec<Place>> = Vec::new();
        for (at, value) in series.values.iter().enumerate() {
            let Some(value) = value else { continue };
            let place = (self.middle(at), scale.place(*value));
            let before = at.checked_sub(1).map(|before| series.values.get(before));
            let is_next = matches!(before, Some(Some(Some(_))));
            match runs.last_mut() {
                Some(run)
                    if is_next || run.last().is_some_and(|last| place.0 - last.0 < BRIDGED) =>
                {
                    run.push(place);
                }
                _ => runs.push(vec![place]),
            }
        }
        runs
    }

    fn legend(&self) -> Markup {
        let is_filled = |series: &Series<'_>| series.shape != Shape::Line;
        html! {
            @if self.series.len() > 1 {
                ul .legend {
                    @for series in &self.series {
                        li { (key(series.tone, is_filled(series))) " " (series.name) }
                    }
                }
            }
        }
    }

    /// Places that tell their values when pointed at.
    fn spots(&self) -> Markup {
        let each = self.spans.len().div_ceil(SPOTS).max(1);
        html! {
            g .spots {
                @for (chunk, spans) in self.spans.chunks(each).enumerate() {
                    @let (from, to) = (spans[0].0, spans[spans.len() - 1].1);
                    @let first = chunk * each;
                    rect x=(percent(self.across(from))) y="0" height="100%" width=(percent(self.across(to) - self.across(from))) {
                        title { (self.told(from, to, first..first + spans.len(), each > 1)) }
                    }
                }
            }
        }
    }

    fn told(&self, from: f64, to: f64, of: std::ops::Range<usize>, at_most: bool) -> String {
        let mut text = format!("{} to {}", instant(from), instant(to));
        if at_most {
            text.push_str(", at most");
        }
        for series in &self.series {
            let largest = series.values.get(of.clone()).unwrap_or_default().iter().flatten();
            if let Some(value) = largest.copied().reduce(f64::max) {
                text.push_str(&format!("\n{}: {}", series.name, self.unit.value(value)));
            }
        }
        text
    }

    fn data(&self) -> Markup {
        let mut head = vec!["from", "to"];
        head.extend(self.series.iter().map(|series| series.name));
        let left_out = self.spans.len().saturating_sub(self.rows_max);
        let rows = self.spans.iter().enumerate().skip(left_out).map(|(at, (from, to))| {
            let mut row = vec![instant(*from), instant(*to)];
            for series in &self.series {
                let value = series.values.get(at).copied().flatten();
                row.push(value.map_or_else(|| "–".into(), |value| self.unit.value(value)));
            }
            row
        });
        data(&head, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart<'a>(
        spans: &'a [(f64, f64)],
        series: Vec<Series<'a>>,
        marks: &'a Marks,
    ) -> TimeChart<'a> {
        TimeChart {
            id: "c",
            title: "A chart",
            says: "it says <so>".into(),
            unit: Unit::Count,
            height: Height::Tall,
            spans,
            series,
            marks,
            until_s: spans.last().map_or(0.0, |(_, to)| *to),
            rows_max: usize::MAX,
        }
    }

    fn spans(count: usize) -> Vec<(f64, f64)> {
        (0..count).map(|at| (at as f64, at as f64 + 1.0)).collect()
    }

    fn series(name: &str, values: Vec<Option<f64>>, shape: Shape) -> Series<'_> {
        Series { name, tone: Tone::Blue, values, shape }
    }

    #[test]
    fn a_chart_has_words_a_picture_and_its_numbers() {
        let (spans, marks) = (spans(2), Marks::default());
        let values = vec![Some(1.0), Some(4.0)];
        let text =
            chart(&spans, vec![series("a", values, Shape::Line)], &marks).markup().into_string();
        for wanted in [
            "role=\"img\" aria-labelledby=\"c-title c-says\"",
            "it says &lt;so&gt;",
            "<path class=\"line blue\" d=\"M250 750L750 0\">",
            "<title>1 s to 2 s\na: 4</title>",
            "<td>1 s</td><td>2 s</td><td>4</td>",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }

    #[test]
    fn lines_break_where_nothing_was_measured_for_long() {
        let (spans, marks) = (spans(100), Marks::default());
        let mut values = vec![Some(1.0); 100];
        values[10] = None;
        values[40..60].fill(None);
        let one = series("a", values, Shape::Line);
        let chart = chart(&spans, vec![one.clone()], &marks);
        assert_eq!(chart.runs(&one, Scale::from_zero([1.0])).len(), 2);
    }

    #[test]
    fn stacked_areas_stand_on_each_other() {
        let (spans, marks) = (spans(2), Marks::default());
        let level = |value| vec![Some(value), Some(value)];
        let stack =
            vec![series("a", level(1.0), Shape::Stacked), series("b", level(3.0), Shape::Stacked)];
        let chart = chart(&spans, stack, &marks);
        assert_eq!(chart.scale(), Scale::from_zero([4.0]));
        assert_eq!(chart.stacked()[1].1, [4.0, 4.0]);
    }

    #[test]
    fn nothing_measured_is_no_chart() {
        let (spans, marks) = (spans(3), Marks::default());
        let nothing = vec![series("a", vec![None; 3], Shape::Line)];
        assert!(chart(&spans, nothing, &marks).markup().into_string().is_empty());
        assert!(chart(&[], Vec::new(), &marks).markup().into_string().is_empty());
    }
}
