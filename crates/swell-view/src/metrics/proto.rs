//! The protobuf format of `/metrics`: `io.prometheus.client`, each family behind its length.
//!
//! Fields and numbers are those of `prometheus/client_model`'s `metrics.proto`; only what we send is
//! here.

use prost::Message;
use swell_core::stats::ExponentialHistogram;

use super::buckets::{CLASSIC_BOUNDS_S, NATIVE_SCHEMA, ZERO_THRESHOLD, classic, native};
use super::catalogue::Kind;
use super::family::{Family, Series, Value};

#[derive(Clone, PartialEq, Message)]
pub(super) struct MetricFamily {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) help: String,
    #[prost(int32, tag = "3")]
    pub(super) kind: i32,
    #[prost(message, repeated, tag = "4")]
    pub(super) metrics: Vec<Metric>,
    #[prost(string, tag = "5")]
    pub(super) unit: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Metric {
    #[prost(message, repeated, tag = "1")]
    pub(super) labels: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub(super) gauge: Option<Number>,
    #[prost(message, optional, tag = "3")]
    pub(super) counter: Option<Number>,
    #[prost(message, optional, tag = "7")]
    pub(super) histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LabelPair {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

/// `Counter` and `Gauge` are alike.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Number {
    #[prost(double, tag = "1")]
    pub(super) value: f64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Histogram {
    #[prost(uint64, tag = "1")]
    pub(super) sample_count: u64,
    #[prost(double, tag = "2")]
    pub(super) sample_sum: f64,
    #[prost(message, repeated, tag = "3")]
    pub(super) buckets: Vec<Bucket>,
    #[prost(sint32, tag = "5")]
    pub(super) schema: i32,
    #[prost(double, tag = "6")]
    pub(super) zero_threshold: f64,
    #[prost(uint64, tag = "7")]
    pub(super) zero_count: u64,
    #[prost(message, repeated, tag = "12")]
    pub(super) positive_spans: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    pub(super) positive_deltas: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Bucket {
    #[prost(uint64, tag = "1")]
    pub(super) cumulative_count: u64,
    #[prost(double, tag = "2")]
    pub(super) upper_bound: f64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BucketSpan {
    #[prost(sint32, tag = "1")]
    pub(super) offset: i32,
    #[prost(uint32, tag = "2")]
    pub(super) length: u32,
}

/// Writes `families`, histograms with classic and native buckets.
pub(super) fn write(families: &[Family<'_>]) -> Vec<u8> {
    families.iter().flat_map(|family| message(family).encode_length_delimited_to_vec()).collect()
}

fn message(family: &Family<'_>) -> MetricFamily {
    let described = family.metric;
    MetricFamily {
        name: described.name.into(),
        help: described.help.into(),
        kind: match described.kind {
            Kind::Counter => 0,
            Kind::Gauge => 1,
            Kind::Histogram => 4,
        },
        metrics: family.series.iter().map(|series| metric(family, series)).collect(),
        unit: described.unit.suffix().unwrap_or_default().into(),
    }
}

fn metric(family: &Family<'_>, series: &Series<'_>) -> Metric {
    let pair = |(name, value): (&str, &str)| LabelPair { name: name.into(), value: value.into() };
    let labels = family.labels(series).map(pair).collect();
    let empty = Metric { labels, ..Metric::default() };
    match (series.value, family.metric.kind) {
        (Value::Histogram(of), _) => Metric { histogram: Some(histogram(of)), ..empty },
        (Value::Number(value), Kind::Counter) => {
            Metric { counter: Some(Number { value }), ..empty }
        }
        (Value::Number(value), _) => Metric { gauge: Some(Number { value }), ..empty },
    }
}

fn histogram(of: &ExponentialHistogram) -> Histogram {
    let bucket = |(upper_bound, cumulative_count)| Bucket { cumulative_count, upper_bound };
    let native = native(of);
    let span = |(offset, length)| BucketSpan { offset, length };
    Histogram {
        sample_count: of.count(),
        sample_sum: of.sum_s(),
        buckets: CLASSIC_BOUNDS_S.into_iter().zip(classic(of)).map(bucket).collect(),
        schema: NATIVE_SCHEMA.into(),
        zero_threshold: ZERO_THRESHOLD,
        zero_count: of.zeros(),
        positive_spans: native.spans.into_iter().map(span).collect(),
        positive_deltas: native.deltas,
    }
}
