//! Figures: what was measured, beside what is wanted.

use serde::Serialize;

/// What is wanted of a figure, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtLeast(f64),
    Below(f64),
}

impl Goal {
    fn limit(self) -> f64 {
        match self {
            Self::AtLeast(limit) | Self::Below(limit) => limit,
        }
    }

    fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::Below(limit) => value < limit,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(limit) => format!("≥ {limit}"),
            Self::Below(limit) => format!("< {limit}"),
        }
    }
}

/// One number of a part. With several samples it is their median.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) samples: usize,
    pub(crate) goal: Option<Goal>,
    /// The value in parts of the goal.
    pub(crate) ratio: Option<f64>,
    pub(crate) met: Option<bool>,
}

impl Figure {
    /// A figure measured once or more often; no samples at all are a 0.
    pub(crate) fn of(name: impl Into<String>, unit: &'static str, samples: &[f64]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self {
            name: name.into(),
            unit,
            value: median(&sorted),
            min: sorted.first().copied().unwrap_or_default(),
            max: sorted.last().copied().unwrap_or_default(),
            samples: sorted.len(),
            goal: None,
            ratio: None,
            met: None,
        }
    }

    /// With what is wanted of it.
    pub(crate) fn wanted(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self.ratio = Some(self.value / goal.limit());
        self.met = Some(goal.met(self.value));
        self
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted {
        [] => 0.0,
        _ if sorted.len() % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The figures of a part, one a line.
pub(crate) fn table(part: &str, figures: &[Figure]) -> String {
    let mut text = format!(
        "{:<8} {:<44} {:>10} {:<5} {:>9} {:>6}  met\n",
        "part", "figure", "value", "unit", "goal", "ratio"
    );
    for figure in figures {
        let ratio = figure.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let met = figure.met.map_or("", |met| if met { "yes" } else { "NO" });
        let row = format!(
            "{part:<8} {:<44} {:>10.3} {:<5} {:>9} {ratio:>6}  {met}",
            figure.name,
            figure.value,
            figure.unit,
            figure.goal.map(Goal::text).unwrap_or_default(),
        );
        text += row.trim_end();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Figure, Goal, table};

    #[test]
    fn the_value_is_the_median() {
        let odd = Figure::of("a", "s", &[3.0, 1.0, 2.0]);
        assert_eq!((odd.value, odd.min, odd.max, odd.samples), (2.0, 1.0, 3.0, 3));
        assert_eq!(Figure::of("a", "s", &[4.0, 1.0, 2.0, 3.0]).value.to_bits(), 2.5f64.to_bits());
        assert_eq!(Figure::of("a", "s", &[]).value.to_bits(), 0f64.to_bits());
    }

    #[test]
    fn a_goal_gives_a_ratio_and_an_answer() {
        let short = Figure::of("a", "/s", &[150.0]).wanted(Goal::AtLeast(300.0));
        assert_eq!((short.ratio, short.met), (Some(0.5), Some(false)));
        let exact = Figure::of("a", "/s", &[300.0]).wanted(Goal::AtLeast(300.0));
        assert_eq!(exact.met, Some(true));
        let not_below = Figure::of("a", "s", &[3.0]).wanted(Goal::Below(3.0));
        assert_eq!(not_below.met, Some(false));
    }

    #[test]
    fn the_table_has_a_line_a_figure() {
        let figures = [Figure::of("first user", "s", &[1.5]).wanted(Goal::Below(3.0))];
        let text = table("start", &figures);
        let row = text.lines().nth(1).unwrap();
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(words, ["start", "first", "user", "1.500", "s", "<", "3", "0.50", "yes"]);
    }
}
