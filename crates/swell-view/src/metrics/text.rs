//! The text formats: Prometheus 0.0.4 and OpenMetrics 1.0.0.

use std::fmt::Write;

use swell_core::stats::ExponentialHistogram;

use super::buckets::{CLASSIC_BOUNDS_S, classic};
use super::family::{Family, Value};

/// Writes `families` as text.
pub(super) fn write(families: &[Family<'_>], open_metrics: bool) -> String {
    let mut text = String::with_capacity(128 * 1024);
    for family in families {
        head(&mut text, family, open_metrics);
        for series in &family.series {
            let labels = labels(family.labels(series));
            match series.value {
                Value::Number(value) => {
                    let name = family.metric.name;
                    line(&mut text, name, "", &labels, &number(value));
                }
                Value::Histogram(histogram) => {
                    distribution(&mut text, family.metric.name, &labels, histogram);
                }
            }
        }
    }
    if open_metrics {
        text += "# EOF\n";
    }
    text
}

fn head(text: &mut String, family: &Family<'_>, open_metrics: bool) {
    let metric = family.metric;
    let name = if open_metrics { metric.family() } else { metric.name };
    let mut help = metric.help.replace('\\', "\\\\").replace('\n', "\\n");
    if open_metrics {
        help = help.replace('"', "\\\"");
    }
    text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {}\n", metric.kind.label()));
    if let Some(unit) = metric.unit.suffix().filter(|_| open_metrics) {
        text.push_str(&format!("# UNIT {name} {unit}\n"));
    }
}

fn distribution(text: &mut String, name: &str, labels: &str, histogram: &ExponentialHistogram) {
    let separator = if labels.is_empty() { "" } else { "," };
    for (bound, count) in CLASSIC_BOUNDS_S.into_iter().zip(classic(histogram)) {
        let labels = format!("{labels}{separator}le=\"{}\"", bound_text(bound));
        line(text, name, "_bucket", &labels, &count.to_string());
    }
    let count = histogram.count().to_string();
    line(text, name, "_bucket", &format!("{labels}{separator}le=\"+Inf\""), &count);
    line(text, name, "_sum", labels, &number(histogram.sum_s()));
    line(text, name, "_count", labels, &count);
}

fn line(text: &mut String, name: &str, end: &str, labels: &str, value: &str) {
    for part in [name, end] {
        text.push_str(part);
    }
    if !labels.is_empty() {
        for part in ["{", labels, "}"] {
            text.push_str(part);
        }
    }
    for part in [" ", value, "\n"] {
        text.push_str(part);
    }
}

fn labels<'a>(labels: impl Iterator<Item = (&'static str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        if !text.is_empty() {
            text.push(',');
        }
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        // A string takes what is written.
        let _infallible = write!(text, "{name}=\"{value}\"");
    }
    text
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".into() } else { "-Inf".into() }
    } else {
        value.to_string()
    }
}

/// A bound as OpenMetrics wants it. In every format the same, so that a series stays one.
pub(super) fn bound_text(bound: f64) -> String {
    format!("{bound:?}")
}
