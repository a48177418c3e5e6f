//! OpenTelemetry metrics as OTLP over HTTP carries them.
//!
//! Names are those of the catalogue without unit and `_total`, which whoever stores them in Prometheus
//! puts on again: `swell.journey_response` in `s` becomes `swell_journey_response_seconds`.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Point;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogram as Histogram, ExponentialHistogramDataPoint,
    Gauge, Metric as OtlpMetric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use swell_core::snapshot::RunIdentity;
use swell_core::stats::ExponentialHistogram;

use super::Push;
use super::catalogue::{Kind, Metric};
use super::family::{Family, Value};

/// `Content-Type` of a push.
pub const CONTENT_TYPE: &str = "application/x-protobuf";
/// Where metrics are sent, below the URL of a collector.
pub const PATH: &str = "v1/metrics";
/// `service.name` of everything, and the name of the scope.
pub const SERVICE: &str = "swell";

const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

/// When what is sent began, and when it stood so; Unix time.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// When the run began to count.
    pub start: Duration,
    /// When it was looked at.
    pub now: Duration,
}

/// Writes `families` as they stood then.
#[must_use]
pub fn push(families: &[Family<'_>], run: &RunIdentity, span: Span) -> Push {
    let times = Times { start: nanos(span.start), now: nanos(span.now) };
    let samples = families.iter().map(|family| family.series.len() as u64).sum();
    let metrics = families.iter().map(|family| metric(family, times)).collect();
    let scope = InstrumentationScope {
        name: SERVICE.into(),
        version: run.version.clone(),
        ..InstrumentationScope::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource(run)),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(scope),
                metrics,
                schema_url: String::new(),
            }],
            schema_url: String::new(),
        }],
    };
    Push { body: request.encode_to_vec(), samples }
}

/// What a collector refused of a push that it answered with success: how many points, and why.
#[must_use]
pub fn refused(answer: &[u8]) -> Option<(u64, String)> {
    // An answer that is none says nothing; the status has said that it was taken.
    let answer = ExportMetricsServiceResponse::decode(answer).ok()?;
    let partial = answer.partial_success?;
    let count = u64::try_from(partial.rejected_data_points).ok().filter(|count| *count > 0)?;
    Some((count, partial.error_message))
}

/// Who sends: the same for metrics and traces.
#[must_use]
pub fn resource(run: &RunIdentity) -> Resource {
    let attributes = [
        ("service.name", SERVICE),
        ("service.version", &run.version),
        ("service.instance.id", &run.id),
        ("swell.journey", &run.journey),
        ("swell.target", &run.target),
    ];
    Resource { attributes: attributes.into_iter().map(attribute).collect(), ..Resource::default() }
}

fn attribute((key, value): (&str, &str)) -> KeyValue {
    let value = AnyValue { value: Some(Any::StringValue(value.into())) };
    KeyValue { key: key.into(), value: Some(value), ..KeyValue::default() }
}

#[derive(Clone, Copy)]
struct Times {
    start: u64,
    now: u64,
}

fn nanos(unix: Duration) -> u64 {
    u64::try_from(unix.as_nanos()).unwrap_or(u64::MAX)
}

/// The metric's name as OpenTelemetry has it.
fn name(metric: &Metric) -> String {
    let family = metric.family();
    let suffix = metric.unit.suffix().map(|unit| format!("_{unit}")).unwrap_or_default();
    let bare = family.strip_suffix(&suffix).unwrap_or(family);
    bare.replacen('_', ".", 1)
}

fn metric(family: &Family<'_>, times: Times) -> OtlpMetric {
    let data = match family.metric.kind {
        Kind::Counter => Data::Sum(Sum {
            data_points: numbers(family, times),
            aggregation_temporality: CUMULATIVE,
            is_monotonic: true,
        }),
        Kind::Gauge => Data::Gauge(Gauge { data_points: numbers(family, times) }),
        Kind::Histogram => Data::ExponentialHistogram(Histogram {
            data_points: histograms(family, times),
            aggregation_temporality: CUMULATIVE,
        }),
    };
    OtlpMetric {
        name: name(family.metric),
        description: family.metric.help.into(),
        unit: family.metric.unit.ucum().into(),
        metadata: Vec::new(),
        data: Some(data),
    }
}

fn numbers(family: &Family<'_>, times: Times) -> Vec<NumberDataPoint> {
    let point = |labels, value| NumberDataPoint {
        attributes: labels,
        start_time_unix_nano: if family.metric.kind == Kind::Counter { times.start } else { 0 },
        time_unix_nano: times.now,
        value: Some(Point::AsDouble(value)),
        ..NumberDataPoint::default()
    };
    let of = |series: &super::family::Series<'_>| match series.value {
        Value::Number(value) => Some(point(family.labels(series).map(attribute).collect(), value)),
        Value::Histogram(_) => None,
    };
    family.series.iter().filter_map(of).collect()
}

fn histograms(family: &Family<'_>, times: Times) -> Vec<ExponentialHistogramDataPoint> {
    let of = |series: &super::family::Series<'_>| match series.value {
        Value::Histogram(histogram) => Some(ExponentialHistogramDataPoint {
            attributes: family.labels(series).map(attribute).collect(),
            start_time_unix_nano: times.start,
            time_unix_nano: times.now,
            count: histogram.count(),
            sum: Some(histogram.sum_s()),
            scale: ExponentialHistogram::SCALE.into(),
            zero_count: histogram.zeros(),
            positive: Some(dense(histogram)),
            max: (histogram.count() > 0).then(|| histogram.max_us() as f64 / 1e6),
            ..ExponentialHistogramDataPoint::default()
        }),
        Value::Number(_) => None,
    };
    family.series.iter().filter_map(of).collect()
}

/// All buckets from the first to the last that holds something: at most some 700, from a microsecond
/// to an hour.
fn dense(histogram: &ExponentialHistogram) -> Buckets {
    let buckets = histogram.buckets(ExponentialHistogram::SCALE);
    let offset = buckets.first().map_or(0, |(index, _)| *index);
    let mut bucket_counts = Vec::new();
    for (index, count) in buckets {
        let at = usize::try_from(index - offset).unwrap_or_default();
        bucket_counts.resize(at, 0);
        bucket_counts.push(count);
    }
    Buckets { offset, bucket_counts }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsPartialSuccess;

    use super::super::catalogue::CATALOGUE;
    use super::*;

    #[test]
    fn names_lose_what_a_unit_says() {
        let of =
            |wanted: &str| name(CATALOGUE.iter().find(|metric| metric.name == wanted).unwrap());
        assert_eq!(of("swell_journey_response_seconds"), "swell.journey_response");
        assert_eq!(of("swell_process_cpu_seconds_total"), "swell.process_cpu");
        assert_eq!(of("swell_arrivals_due_total"), "swell.arrivals_due");
        assert_eq!(of("swell_spent_wei"), "swell.spent");
        assert_eq!(of("swell_phase"), "swell.phase");
    }

    #[test]
    fn holes_between_buckets_are_zeros() {
        let mut histogram = ExponentialHistogram::default();
        [1_000_000, 1_000_000, 2_000_000].iter().for_each(|us| histogram.record_us(*us));
        let buckets = dense(&histogram);
        assert_eq!((buckets.offset, buckets.bucket_counts.len()), (-1, 33));
        assert_eq!(buckets.bucket_counts.first(), Some(&2));
        assert_eq!(buckets.bucket_counts.last(), Some(&1));
        assert_eq!(dense(&ExponentialHistogram::default()), Buckets::default());
    }

    #[test]
    fn what_a_collector_refuses_is_told() {
        let answer = |rejected| ExportMetricsServiceResponse {
            partial_success: Some(ExportMetricsPartialSuccess {
                rejected_data_points: rejected,
                error_message: "too many".into(),
            }),
        };
        assert_eq!(refused(&answer(3).encode_to_vec()), Some((3, "too many".into())));
        assert_eq!(refused(&answer(0).encode_to_vec()), None);
        assert_eq!(refused(b""), None);
        assert_eq!(refused(b"\xff\xff"), None);
    }
}
