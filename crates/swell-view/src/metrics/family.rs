//! Metrics with their values, before they are written in anybody's format.

use swell_core::stats::ExponentialHistogram;

use super::catalogue::Metric;

/// One metric with all its series.
#[derive(Clone, Debug, PartialEq)]
pub struct Family<'a> {
    /// What it is.
    pub metric: &'static Metric,
    /// One for each combination of labels.
    pub series: Vec<Series<'a>>,
}

/// One series of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Series<'a> {
    /// One value for each of the metric's labels, in its order.
    pub label_values: Vec<&'a str>,
    /// What it stands at.
    pub value: Value<'a>,
}

/// What a series stands at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A counter or a gauge.
    Number(f64),
    /// A distribution.
    Histogram(&'a ExponentialHistogram),
}

impl<'a> Family<'a> {
    pub(super) const fn of(metric: &'static Metric) -> Self {
        Self { metric, series: Vec::new() }
    }

    /// One series without labels.
    pub(super) fn one(metric: &'static Metric, value: f64) -> Self {
        Self::of(metric).with([], value)
    }

    pub(super) fn with<const N: usize>(mut self, labels: [&'a str; N], value: f64) -> Self {
        self.add(labels, Value::Number(value));
        self
    }

    pub(super) fn add<const N: usize>(&mut self, labels: [&'a str; N], value: Value<'a>) {
        debug_assert_eq!(N, self.metric.labels.len(), "{}", self.metric.name);
        self.series.push(Series { label_values: labels.into(), value });
    }

    /// The names and values of the labels of one of its series.
    pub(super) fn labels(
        &self,
        series: &Series<'a>,
    ) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.metric.labels.iter().copied().zip(series.label_values.clone())
    }
}
