//! Prometheus's remote write 1.0: snappy around protobuf.
//!
//! Fields and numbers are those of Prometheus's `prompb`; only what we send is here.

use std::time::Duration;

use prost::Message;
use swell_core::snapshot::RunIdentity;
use swell_core::stats::ExponentialHistogram;

use super::Push;
use super::buckets::{CLASSIC_BOUNDS_S, NATIVE_SCHEMA, ZERO_THRESHOLD, classic, native};
use super::catalogue::Kind;
use super::family::{Family, Value};
use super::text::bound_text;

/// `Content-Type` of a push.
pub const CONTENT_TYPE: &str = "application/x-protobuf";
/// `Content-Encoding` of a push.
pub const CONTENT_ENCODING: &str = "snappy";
/// Name and value of the header that says which version it is.
pub const VERSION_HEADER: (&str, &str) = ("x-prometheus-remote-write-version", "0.1.0");
/// The label `job` of everything; `instance` is the run's id.
pub const JOB: &str = "swell";

/// All that is written at once.
#[derive(Clone, PartialEq, Message)]
pub struct WriteRequest {
    /// The series.
    #[prost(message, repeated, tag = "1")]
    pub timeseries: Vec<TimeSeries>,
    /// What they are.
    #[prost(message, repeated, tag = "3")]
    pub metadata: Vec<Metadata>,
}

/// One series.
#[derive(Clone, PartialEq, Message)]
pub struct TimeSeries {
    /// Its labels by name, ascending; the metric's name is `__name__`.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Label>,
    /// Its numbers.
    #[prost(message, repeated, tag = "2")]
    pub samples: Vec<Sample>,
    /// Its native histograms.
    #[prost(message, repeated, tag = "4")]
    pub histograms: Vec<NativeHistogram>,
}

/// One label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Message)]
pub struct Label {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A number at an instant.
#[derive(Clone, PartialEq, Message)]
pub struct Sample {
    /// The number.
    #[prost(double, tag = "1")]
    pub value: f64,
    /// Unix time, milliseconds.
    #[prost(int64, tag = "2")]
    pub timestamp: i64,
}

/// A native histogram at an instant.
#[derive(Clone, PartialEq, Message)]
pub struct NativeHistogram {
    /// How many were recorded. Always told, as it stands for the choice of whole numbers.
    #[prost(uint64, optional, tag = "1")]
    pub count: Option<u64>,
    /// Their sum.
    #[prost(double, tag = "3")]
    pub sum: f64,
    /// Base 2 logarithm of the buckets in an octave.
    #[prost(sint32, tag = "4")]
    pub schema: i32,
    /// Up to where a value is taken for zero.
    #[prost(double, tag = "5")]
    pub zero_threshold: f64,
    /// How many were zero. Always told, like `count`.
    #[prost(uint64, optional, tag = "6")]
    pub zero_count: Option<u64>,
    /// Runs of neighbouring buckets.
    #[prost(message, repeated, tag = "11")]
    pub positive_spans: Vec<BucketSpan>,
    /// Of each bucket: how many more it holds than the one before.
    #[prost(sint64, repeated, tag = "12")]
    pub positive_deltas: Vec<i64>,
    /// Unix time, milliseconds.
    #[prost(int64, tag = "15")]
    pub timestamp: i64,
}

/// A run of neighbouring buckets.
#[derive(Clone, PartialEq, Message)]
pub struct BucketSpan {
    /// The distance from the end of the one before.
    #[prost(sint32, tag = "1")]
    pub offset: i32,
    /// How many buckets it has.
    #[prost(uint32, tag = "2")]
    pub length: u32,
}

/// What a metric is.
#[derive(Clone, PartialEq, Message)]
pub struct Metadata {
    /// 1 for a counter, 2 for a gauge, 3 for a histogram.
    #[prost(int32, tag = "1")]
    pub kind: i32,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// What it says.
    #[prost(string, tag = "4")]
    pub help: String,
    /// Its unit.
    #[prost(string, tag = "5")]
    pub unit: String,
}

/// Writes `families` as they stood at `at`, Unix time. Without `native`, histograms have their classic
/// buckets alone, for who does not take the others.
#[must_use]
pub fn push(families: &[Family<'_>], run: &RunIdentity, at: Duration, native: bool) -> Push {
    let writer = Writer { run, at_ms: i64::try_from(at.as_millis()).unwrap_or(i64::MAX), native };
    let mut request = WriteRequest::default();
    for family in families {
        request.metadata.push(metadata(family));
        writer.family(family, &mut request.timeseries);
    }
    let samples = request.timeseries.len() as u64;
    let plain = request.encode_to_vec();
    // Snappy cannot take 4 GiB, and what we have is some hundred kilobytes.
    let body = snap::raw::Encoder::new().compress_vec(&plain).unwrap_or_default();
    Push { body, samples }
}

fn metadata(family: &Family<'_>) -> Metadata {
    let metric = family.metric;
    Metadata {
        kind: match metric.kind {
            Kind::Counter => 1,
            Kind::Gauge => 2,
            Kind::Histogram => 3,
        },
        name: metric.name.into(),
        help: metric.help.into(),
        unit: metric.unit.suffix().unwrap_or_default().into(),
    }
}

struct Writer<'a> {
    run: &'a RunIdentity,
    at_ms: i64,
    native: bool,
}

impl Writer<'_> {
    fn family(&self, family: &Family<'_>, into: &mut Vec<TimeSeries>) {
        let name = family.metric.name;
        for series in &family.series {
            let labels: Vec<(&str, &str)> = family.labels(series).collect();
            match series.value {
                Value::Number(value) => into.push(self.number(name, &labels, value)),
                Value::Histogram(histogram) => self.histogram(name, &labels, histogram, into),
            }
        }
    }

    fn histogram(
        &self,
        name: &str,
        labels: &[(&str, &str)],
        histogram: &ExponentialHistogram,
        into: &mut Vec<TimeSeries>,
    ) {
        let bucket_name = format!("{name}_bucket");
        let counted = CLASSIC_BOUNDS_S.map(bound_text).into_iter().zip(classic(histogram));
        let all = ("+Inf".to_owned(), histogram.count());
        for (bound, count) in counted.chain([all]) {
            let labels = [labels, &[("le", &bound)]].concat();
            into.push(self.number(&bucket_name, &labels, count as f64));
        }
        into.push(self.number(&format!("{name}_sum"), labels, histogram.sum_s()));
        into.push(self.number(&format!("{name}_count"), labels, histogram.count() as f64));
        if self.native {
            let histograms = vec![self.native(histogram)];
            into.push(TimeSeries {
                labels: self.labels(name, labels),
                histograms,
                samples: vec![],
            });
        }
    }

    fn native(&self, histogram: &ExponentialHistogram) -> NativeHistogram {
        let buckets = native(histogram);
        let span = |(offset, length)| BucketSpan { offset, length };
        NativeHistogram {
            count: Some(histogram.count()),
            sum: histogram.sum_s(),
            schema: NATIVE_SCHEMA.into(),
            zero_threshold: ZERO_THRESHOLD,
            zero_count: Some(histogram.zeros()),
            positive_spans: buckets.spans.into_iter().map(span).collect(),
            positive_deltas: buckets.deltas,
            timestamp: self.at_ms,
        }
    }

    fn number(&self, name: &str, labels: &[(&str, &str)], value: f64) -> TimeSeries {
        let samples = vec![Sample { value, timestamp: self.at_ms }];
        TimeSeries { labels: self.labels(name, labels), samples, histograms: vec![] }
    }

    fn labels(&self, name: &str, labels: &[(&str, &str)]) -> Vec<Label> {
        let ours = [("__name__", name), ("instance", &self.run.id), ("job", JOB)];
        let label =
            |(name, value): &(&str, &str)| Label { name: (*name).into(), value: (*value).into() };
        let mut all: Vec<Label> = ours.iter().chain(labels).map(label).collect();
        all.sort();
        all
    }
}
