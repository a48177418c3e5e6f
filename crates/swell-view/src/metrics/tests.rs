use std::collections::BTreeSet;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;
use swell_core::report::LatencyClock;
use swell_core::snapshot::Snapshot;
use swell_core::stats::{ExponentialHistogram, Exported, ExportedHistogram};

use super::*;
use crate::sample;

const NOW: Duration = Duration::from_millis(1_767_225_724_200);

/// The sample under load, with distributions.
fn snapshot() -> Snapshot {
    let sample = sample::snapshot();
    let mut histograms = Vec::new();
    for clock in [LatencyClock::Response, LatencyClock::Service] {
        for failed in [false, true] {
            let histogram = if failed { one(180_000_000) } else { many() };
            histograms
                .push(ExportedHistogram { of: Exported::Journey { clock, failed }, histogram });
            for step in &sample.steps {
                let histogram = if failed { Default::default() } else { many() };
                let of = Exported::Step { name: step.name, clock, failed };
                histograms.push(ExportedHistogram { of, histogram });
            }
        }
    }
    histograms.push(ExportedHistogram { of: Exported::FundingLatency, histogram: many() });
    histograms.push(ExportedHistogram { of: Exported::ScheduleLag, histogram: one(0) });
    Snapshot { histograms, ..sample }
}

fn one(us: u64) -> ExponentialHistogram {
    let mut histogram = ExponentialHistogram::default();
    histogram.record_us(us);
    histogram
}

/// As many as the sample's successes, from 2.5 to 4.3 s.
fn many() -> ExponentialHistogram {
    let mut histogram = ExponentialHistogram::default();
    (0..351).for_each(|n| histogram.record_us(2_500_000 + n * 5_000));
    histogram
}

const LOST: [Lost; 1] = [Lost { view: "remote write", count: 42, what: "samples" }];

fn text(exposition: Exposition) -> String {
    let snapshot = snapshot();
    String::from_utf8(exposition.write(&families(&snapshot, &LOST))).unwrap()
}

#[test]
fn a_run_under_load_as_text() {
    insta::assert_snapshot!(text(Exposition::Text));
}

#[test]
fn a_run_under_load_as_open_metrics() {
    let text = text(Exposition::OpenMetrics);
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
    // One family of each kind; the numbers are those of the other format.
    let shown = ["swell_run_elapsed", "swell_process_cpu", "swell_schedule_lag", "swell_phase"];
    let of_those = |line: &&str| shown.iter().any(|name| line.contains(name));
    insta::assert_snapshot!(text.lines().filter(of_those).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_full_run_tells_every_metric_of_the_catalogue() {
    let snapshot = snapshot();
    let told = families(&snapshot, &LOST);
    let told: Vec<&str> = told.iter().map(|family| family.metric.name).collect();
    let known: Vec<&str> = CATALOGUE.iter().map(|metric| metric.name).collect();
    assert_eq!(told, known);
}

#[test]
fn names_have_our_prefix_their_unit_and_the_end_of_their_kind() {
    let mut names = BTreeSet::new();
    let labels: BTreeSet<&str> = LABELS.iter().map(|label| label.name).collect();
    let mut used = BTreeSet::new();
    for metric in CATALOGUE {
        let name = metric.name;
        assert!(name.starts_with("swell_") && names.insert(name), "{name}");
        assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
        let unit = metric.unit.suffix();
        assert!(unit.is_none_or(|unit| metric.family().ends_with(unit)), "{name}");
        assert!(metric.help.ends_with('.'), "{name}");
        used.extend(metric.labels);
    }
    assert_eq!(used, labels, "labels are documented, and no others");
}

#[test]
fn how_many_series_there_are_does_not_grow_with_users() {
    let few = snapshot();
    let mut many = snapshot();
    many.due = 1_000_000;
    many.failures = std::iter::repeat_n(many.failures[0].clone(), 50).collect();
    let series = |snapshot| {
        let text = Exposition::Text.write(&families(snapshot, &[]));
        String::from_utf8(text).unwrap().lines().filter(|line| !line.starts_with('#')).count()
    };
    assert_eq!(series(&few), series(&many));
    assert!(series(&few) < 1_500, "{} series", series(&few));
}

#[test]
fn what_a_label_holds_cannot_end_it() {
    let mut snapshot = snapshot();
    snapshot.run.target = "a\"b\\c\nd".into();
    let text = Exposition::Text.write(&families(&snapshot, &[]));
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains(r#"target="a\"b\\c\nd""#));
}

#[test]
fn protobuf_holds_classic_and_native_buckets_of_the_same() {
    let snapshot = snapshot();
    let bytes = Exposition::Protobuf.write(&families(&snapshot, &LOST));
    let (mut rest, mut names) = (&*bytes, Vec::new());
    while !rest.is_empty() {
        let family = proto::MetricFamily::decode_length_delimited(&mut rest).unwrap();
        for metric in &family.metrics {
            if let Some(histogram) = &metric.histogram {
                assert_native(histogram);
            }
        }
        names.push(family.name);
    }
    assert!(names.iter().eq(CATALOGUE.iter().map(|metric| metric.name)));
}

fn assert_native(histogram: &proto::Histogram) {
    let (mut in_bucket, mut all) = (0, histogram.zero_count);
    for delta in &histogram.positive_deltas {
        in_bucket += delta;
        all += u64::try_from(in_bucket).unwrap();
    }
    assert_eq!(all, histogram.sample_count);
    let lengths: u32 = histogram.positive_spans.iter().map(|span| span.length).sum();
    assert_eq!(lengths as usize, histogram.positive_deltas.len());
    assert_eq!(histogram.buckets.len(), CLASSIC_BOUNDS_S.len());
    assert!(histogram.buckets.last().unwrap().cumulative_count <= histogram.sample_count);
}

fn written(native: bool) -> remote_write::WriteRequest {
    let snapshot = snapshot();
    let push = remote_write::push(&families(&snapshot, &LOST), &snapshot.run, NOW, native);
    let plain = snap::raw::Decoder::new().decompress_vec(&push.body).unwrap();
    let request = remote_write::WriteRequest::decode(&*plain).unwrap();
    assert_eq!(request.timeseries.len() as u64, push.samples);
    request
}

#[test]
fn a_remote_write_has_sorted_labels_and_each_series_once() {
    let request = written(true);
    let mut seen = BTreeSet::new();
    for series in &request.timeseries {
        assert!(series.labels.is_sorted(), "{:?}", series.labels);
        assert!(seen.insert(series.labels.clone()), "{:?}", series.labels);
        assert_eq!(series.samples.len() + series.histograms.len(), 1);
        let at = |sample: &remote_write::Sample| sample.timestamp;
        assert!(series.samples.iter().map(at).all(|at| at == 1_767_225_724_200));
    }
    assert_eq!(request.metadata.len(), CATALOGUE.len());
}

#[test]
fn native_histograms_are_left_out_for_who_does_not_take_them() {
    let natives = |request: remote_write::WriteRequest| {
        request.timeseries.iter().map(|series| series.histograms.len()).sum::<usize>()
    };
    assert_eq!(natives(written(true)), snapshot().histograms.len());
    assert_eq!(natives(written(false)), 0);
}

#[test]
fn otlp_holds_the_same_numbers_with_their_start() {
    let snapshot = snapshot();
    let start = NOW - Duration::from_secs(124);
    let span = otlp::Span { start, now: NOW };
    let push = otlp::push(&families(&snapshot, &LOST), &snapshot.run, span);
    let request = ExportMetricsServiceRequest::decode(&*push.body).unwrap();
    let of = &request.resource_metrics[0];
    assert_eq!(of.resource.as_ref().unwrap().attributes.len(), 5);
    let metrics = &of.scope_metrics[0].metrics;
    assert_eq!(metrics.len(), CATALOGUE.len());
    let mut points = 0;
    for metric in metrics {
        match metric.data.as_ref().unwrap() {
            Data::Sum(sum) => {
                assert!(sum.is_monotonic && sum.aggregation_temporality == 2);
                let begins = u64::try_from(start.as_nanos()).unwrap();
                assert!(sum.data_points.iter().all(|p| p.start_time_unix_nano == begins));
                points += sum.data_points.len();
            }
            Data::Gauge(gauge) => points += gauge.data_points.len(),
            Data::ExponentialHistogram(histogram) => {
                for point in &histogram.data_points {
                    let buckets = point.positive.as_ref().unwrap();
                    let all = buckets.bucket_counts.iter().sum::<u64>() + point.zero_count;
                    assert_eq!((all, point.scale), (point.count, 5));
                }
                points += histogram.data_points.len();
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(points as u64, push.samples);
}

#[test]
fn the_documentation_has_the_table_of_the_catalogue() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
    let text = std::fs::read_to_string(path).unwrap();
    for (of, table) in [("metrics", metric_table()), ("labels", label_table())] {
        let (begin, end) = (format!("<!-- {of}: begin -->\n"), format!("<!-- {of}: end -->"));
        let found = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end));
        let found = found.map(|(found, _)| found.trim());
        assert_eq!(found, Some(table.trim()), "replace the table of {of} in docs/metrics.md");
    }
}
