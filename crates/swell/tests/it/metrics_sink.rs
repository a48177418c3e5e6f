//! Somebody who is sent metrics: takes them, refuses them, or never answers.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use prost::Message;
use swell_view::metrics::remote_write::{TimeSeries, WriteRequest};

/// How a sink behaves.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    Takes,
    /// Answers with this status and these words.
    Refuses(u16, &'static str),
    NeverAnswers,
}

/// A sink on a port of its own, until the test's process ends.
pub(crate) struct Sink {
    address: SocketAddr,
    bodies: Receiver<(HeaderMap, Bytes)>,
}

impl Sink {
    pub(crate) fn start(manner: Manner) -> Self {
        let (sender, bodies) = mpsc::channel();
        let (bound, address) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                let router = Router::new()
                    .route("/api/v1/write", post(take))
                    .route("/v1/metrics", post(take))
                    .with_state((manner, sender));
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { address: address.recv().unwrap(), bodies }
    }

    pub(crate) fn remote_write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    pub(crate) fn otlp_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Everything it was sent so far.
    pub(crate) fn received(&self) -> Vec<(HeaderMap, Bytes)> {
        self.bodies.try_iter().collect()
    }
}

async fn take(
    State((manner, sender)): State<(Manner, Sender<(HeaderMap, Bytes)>)>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    // The test may have ended.
    let _ended = sender.send((headers, body));
    match manner {
        Manner::Takes => (StatusCode::OK, ""),
        Manner::Refuses(status, words) => (StatusCode::from_u16(status).unwrap(), words),
        Manner::NeverAnswers => std::future::pending().await,
    }
}

/// What one remote write holds.
pub(crate) fn written(body: &Bytes) -> WriteRequest {
    let plain = snap::raw::Decoder::new().decompress_vec(body).unwrap();
    WriteRequest::decode(&*plain).unwrap()
}

/// The only series with this name and this label.
pub(crate) fn series<'a>(
    request: &'a WriteRequest,
    name: &str,
    label: Option<(&str, &str)>,
) -> &'a TimeSeries {
    let has = |series: &TimeSeries, (name, value): (&str, &str)| {
        series.labels.iter().any(|label| label.name == name && label.value == value)
    };
    let wanted = |series: &&TimeSeries| {
        has(series, ("__name__", name)) && label.is_none_or(|label| has(series, label))
    };
    let found: Vec<&TimeSeries> = request.timeseries.iter().filter(wanted).collect();
    assert_eq!(found.len(), 1, "{name} {label:?}: {found:?}");
    found[0]
}

/// The metrics of one push over OTLP.
pub(crate) fn exported(body: &Bytes) -> Vec<Metric> {
    let mut request = ExportMetricsServiceRequest::decode(body.clone()).unwrap();
    request.resource_metrics.remove(0).scope_metrics.remove(0).metrics
}

/// All points of a metric together: the sum of numbers, or how many were recorded.
pub(crate) fn total(metrics: &[Metric], name: &str) -> f64 {
    let metric = metrics.iter().find(|metric| metric.name == name);
    let number = |value: &Option<Value>| match value {
        Some(Value::AsDouble(value)) => *value,
        other => panic!("{name}: {other:?}"),
    };
    match metric.unwrap_or_else(|| panic!("no {name}")).data.as_ref().unwrap() {
        Data::Sum(sum) => sum.data_points.iter().map(|point| number(&point.value)).sum(),
        Data::Gauge(gauge) => gauge.data_points.iter().map(|point| number(&point.value)).sum(),
        Data::ExponentialHistogram(of) => {
            of.data_points.iter().map(|point| point.count as f64).sum()
        }
        other => panic!("{name}: {other:?}"),
    }
}
