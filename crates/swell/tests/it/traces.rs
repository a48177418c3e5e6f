//! `--otlp`: a trace a sampled user, and the target is told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;
use swell_net::clock::RunClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::events::{events, of_kind};
use crate::program::Home;
use crate::report::assert_all_succeeded;
use crate::served::serve;

/// What a collector was sent.
#[derive(Default)]
struct Received {
    messages: Vec<ExportTraceServiceRequest>,
    authorizations: BTreeSet<String>,
}

/// A collector, and its URL. It answers `status`.
fn collect(runtime: &Runtime, status: StatusCode) -> (Arc<Mutex<Received>>, String) {
    let received = Arc::new(Mutex::new(Received::default()));
    let keeping = Arc::clone(&received);
    let take = move |headers: HeaderMap, body: Bytes| async move {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        let mut received = keeping.lock().unwrap();
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap());
        received.authorizations.extend(authorization.map(str::to_owned));
        received.messages.push(ExportTraceServiceRequest::decode(body).unwrap());
        status
    };
    // Metrics go to the same collector; this one only counts spans.
    let metrics = post(|| async { StatusCode::OK });
    let router = Router::new().route("/v1/traces", post(take)).route("/v1/metrics", metrics);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move { axum::serve(listener, router).await });
    (received, url)
}

/// A wire before `upstream` that keeps a copy of what is sent up.
fn tap(runtime: &Runtime, upstream: String) -> (Arc<Mutex<Vec<u8>>>, String) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keeping = Arc::clone(&heard);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(&upstream).await.unwrap();
            tokio::spawn(relay(near, far, Arc::clone(&keeping)));
        }
    });
    (heard, url)
}

async fn relay(near: TcpStream, far: TcpStream, heard: Arc<Mutex<Vec<u8>>>) {
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = far.into_split();
    let down = tokio::spawn(async move { tokio::io::copy(&mut far_in, &mut near_out).await });
    // Of one connection and in one piece: requests of two must not run into each other.
    let (mut said, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    while let Ok(length) = near_in.read(&mut buffer).await {
        if length == 0 || far_out.write_all(&buffer[..length]).await.is_err() {
            break;
        }
        said.extend_from_slice(&buffer[..length]);
        let done = said.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        heard.lock().unwrap().extend(said.drain(..done));
    }
    drop(far_out);
    let _closed = down.await;
}

/// Trace and span of every `traceparent` that went over the wire.
fn traceparents(heard: &[u8]) -> BTreeSet<(String, String)> {
    let text = String::from_utf8_lossy(heard);
    let values = text.lines().filter_map(|line| line.trim_end().strip_prefix("traceparent: "));
    let parts = values.map(|value| match value.split('-').collect::<Vec<_>>()[..] {
        ["00", trace, span, "01"] => (trace.to_owned(), span.to_owned()),
        _ => panic!("{value}"),
    });
    parts.collect()
}

fn spans(received: &Received) -> Vec<Span> {
    let resources = received.messages.iter().flat_map(|message| &message.resource_spans);
    let spans = resources.flat_map(|one| &one.scope_spans).flat_map(|scope| &scope.spans);
    spans.cloned().collect()
}

fn attribute(attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|found| found.value.clone()?.value) {
        Some(Any::StringValue(text)) => text,
        Some(Any::IntValue(number)) => number.to_string(),
        other => panic!("{key} is {other:?}"),
    }
}

/// Wants a root a user, and every step below it and within its time. Returns each trace's spans.
fn assert_trees(spans: &[Span], users: usize) -> BTreeMap<String, BTreeSet<String>> {
    let roots: BTreeMap<&[u8], &Span> = spans
        .iter()
        .filter(|span| span.parent_span_id.is_empty())
        .map(|span| (&span.trace_id[..], span))
        .collect();
    assert_eq!(roots.len(), users);
    let mut traces: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for span in spans {
        let root = roots[&span.trace_id[..]];
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
        if span.span_id != root.span_id {
            assert_eq!(span.parent_span_id, root.span_id, "{} hangs elsewhere", span.name);
            assert!(span.start_time_unix_nano >= root.start_time_unix_nano);
            assert!(span.end_time_unix_nano <= root.end_time_unix_nano);
        }
        let ids = traces.entry(hex::encode(&span.trace_id)).or_default();
        assert!(ids.insert(hex::encode(&span.span_id)), "a span comes twice");
    }
    traces
}

const LOAD: &[&str] =
    &["run", "--target", "target.toml", "--users", "20", "--rate", "10", "--s2k", "fast"];

#[test]
fn a_sampled_user_is_a_trace_that_the_target_is_told_of() {
    let home = Home::new("traces");
    let runtime = Runtime::new().unwrap();
    let (_sandbox, url) = serve(&home, &[]);
    let (heard, through) = tap(&runtime, url.trim_start_matches("http://").to_owned());
    let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
    home.write("target.toml", &target.replace(&url, &through));
    let (received, collector) = collect(&runtime, StatusCode::OK);
    let views =
        ["--otlp", &collector, "--traces", "50%", "--seed", "7", "--events", "events.jsonl"];
    let swell = home.swell(&[LOAD, &views].concat());
    let finished = swell.env("SWELL_OTLP_AUTHORIZATION", "Bearer s3cret").finish().expect_exit(0);
    assert!(finished.stderr.is_empty(), "{}", finished.stderr);
    let report = home.report();
    assert_all_succeeded(&report, 20);

    let received = received.lock().unwrap();
    assert_eq!(received.authorizations.iter().collect::<Vec<_>>(), ["Bearer s3cret"]);
    assert!(home.files().iter().all(|(_, text)| !text.contains("s3cret")));
    let spans = spans(&received);
    let sampled = spans.iter().filter(|span| span.parent_span_id.is_empty()).count();
    assert!((4..=16).contains(&sampled), "{sampled} of 20 at 50 %");
    let traces = assert_trees(&spans, sampled);
    let steps = report["steps"].as_array().unwrap().len();
    let of_steps = spans.iter().filter(|span| span.kind == 3).count();
    assert_eq!(of_steps, sampled * steps, "a span a step");

    let told = traceparents(&heard.lock().unwrap());
    let told_traces: BTreeSet<&String> = told.iter().map(|(trace, _)| trace).collect();
    assert_eq!(told_traces, traces.keys().collect(), "users with a trace, and nobody else");
    assert!(told.iter().all(|(trace, span)| traces[trace].contains(span)), "spans that exist");
    let told_steps = told.iter().filter(|(trace, _)| Some(&trace) == told_traces.first());
    assert!(told_steps.count() >= 4, "several steps ask the target: {told:?}");

    let events = events(&home.path("events.jsonl"));
    let users = of_kind(&events, "user-ended");
    let with_trace = users.iter().filter_map(|user| user["trace_id"].as_str());
    assert_eq!(with_trace.collect::<BTreeSet<_>>(), traces.keys().map(String::as_str).collect());
    let ResourceSpans { resource, .. } = &received.messages[0].resource_spans[0];
    let resource = &resource.as_ref().unwrap().attributes;
    assert_eq!(attribute(resource, "service.name"), "swell");
    assert_eq!(attribute(resource, "swell.run.id"), report["run"]["id"].as_str().unwrap());
    let root = spans.iter().find(|span| span.parent_span_id.is_empty()).unwrap();
    assert_eq!(root.name, "data-portability");
    assert_eq!(attribute(&root.attributes, "swell.outcome"), "succeeded");
    assert!(attribute(&root.attributes, "swell.wallet").starts_with("0x"));
}

/// Wants one warning, and a note that counts every span.
#[track_caller]
fn assert_lost(collector: &str, reason: &str) {
    let home = Home::new(&format!("traces-lost-{}", collector.len()));
    let load = ["run", "--users", "10", "--rate", "10", "--s2k", "fast"];
    let views = ["--otlp", collector, "--traces", "100%"];
    let finished = home.swell(&[&load[..], &views].concat()).finish().expect_exit(0);
    let warnings = finished.stderr.lines().filter(|line| line.contains("warning: traces:"));
    assert_eq!(warnings.count(), 1, "{}", finished.stderr);
    let report = home.report();
    assert_all_succeeded(&report, 10);
    let least = 10 * (1 + report["steps"].as_array().unwrap().len());
    let notes = report["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap());
    let note = notes.filter_map(|note| note.strip_prefix("traces lost ")).next().unwrap();
    let count: usize = note.split(' ').next().unwrap().parse().unwrap();
    assert!(count >= least && note.contains(reason), "{note}");
}

#[test]
fn a_run_goes_on_without_its_collector_and_counts_what_is_lost() {
    assert_lost("http://127.0.0.1:1", "connecting failed");
    let runtime = Runtime::new().unwrap();
    let (_received, refusing) = collect(&runtime, StatusCode::SERVICE_UNAVAILABLE);
    assert_lost(&refusing, "the collector answered 503");
}

/// A collector that takes everything, each request after 4 s, and counts the requests that come when a
/// report lies in `runs`.
fn collect_slowly(runtime: &Runtime, runs: PathBuf) -> (Arc<AtomicUsize>, String) {
    let after_the_report = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&after_the_report);
    let take = move || async move {
        let mut folders = std::fs::read_dir(&runs).unwrap();
        if folders.any(|folder| folder.unwrap().path().join("report.json").exists()) {
            counting.fetch_add(1, Ordering::Relaxed);
        }
        RunClock::real().sleep(Duration::from_secs(4)).await;
    };
    let metrics = post(|| async { StatusCode::OK });
    let router = Router::new().route("/v1/traces", post(take)).route("/v1/metrics", metrics);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move { axum::serve(listener, router).await });
    (after_the_report, url)
}

#[test]
fn a_slow_collector_holds_neither_the_report_nor_the_end_up() {
    let home = Home::new("traces-slow");
    let runtime = Runtime::new().unwrap();
    let (after_the_report, collector) = collect_slowly(&runtime, home.path("home/runs"));
    let load = ["run", "--users", "600", "--rate", "100", "--s2k", "fast"];
    let views = ["--otlp", &collector, "--traces", "100%", "--no-default-thresholds"];
    home.swell(&[&load[..], &views].concat()).finish().expect_exit(0);
    let asked = after_the_report.load(Ordering::Relaxed);
    assert!((1..=2).contains(&asked), "5 s have room for two requests, not for {asked}");
    let notes = home.report()["notes"].to_string();
    assert!(notes.contains("traces lost ") && notes.contains("that the end gives"), "{notes}");
    assert!(home.run_file("report.html").contains("traces lost "));
}

#[test]
fn traces_that_cannot_be_are_refused() {
    let home = Home::new("traces-refused");
    let collector = ["--otlp", "http://127.0.0.1:1"];
    let refused = home.swell(&[&["run", "--virtual"][..], &collector].concat()).finish();
    assert!(
        refused
            .expect_exit(2)
            .stderr
            .contains("--otlp exports to the world, whose time is not a virtual run")
    );
    let refused = home.swell(&["run", "--traces", "5%"]).finish().expect_exit(2);
    assert!(refused.stderr.contains("--traces makes traces, and nobody is sent them"));
}
