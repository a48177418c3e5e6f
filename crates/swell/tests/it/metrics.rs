//! Metrics as whoever reads them meets them: what adds up, and what happens when nobody takes them.

use std::net::TcpListener;

use serde_json::Value;
use swell_view::metrics::remote_write::WriteRequest;

use crate::metrics_sink::{Manner, Sink, exported, series, total, written};
use crate::program::{Home, Stream};
use crate::report::{assert_all_succeeded, assert_sound};

const LOAD: [&str; 7] = ["run", "--users", "30", "--rate", "15", "--s2k", "fast"];

fn number(request: &WriteRequest, name: &str, label: Option<(&str, &str)>) -> f64 {
    series(request, name, label).samples[0].value
}

/// The sum over `rows` of the report.
fn sum(rows: &Value, field: &str) -> f64 {
    rows.as_array().unwrap().iter().map(|row| row[field].as_f64().unwrap()).sum()
}

#[test]
fn what_is_sent_adds_up_with_the_report() {
    let home = Home::new("metrics-sent");
    let (writes, collector) = (Sink::start(Manner::Takes), Sink::start(Manner::Takes));
    let (write_url, otlp_url) = (writes.remote_write_url(), collector.otlp_url());
    let sinks = ["--remote-write", &write_url, "--otlp", &otlp_url];
    let finished = home
        .swell(&[&LOAD[..], &sinks].concat())
        .env("SWELL_REMOTE_WRITE_AUTHORIZATION", "Bearer w-s3cret")
        .env("SWELL_OTLP_AUTHORIZATION", "Bearer o-s3cret")
        .finish()
        .expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 30);

    let (headers, body) = writes.received().pop().unwrap();
    assert_eq!(headers["authorization"], "Bearer w-s3cret");
    assert_eq!(headers["content-encoding"], "snappy");
    assert_eq!(headers["x-prometheus-remote-write-version"], "0.1.0");
    assert_written(&written(&body), &report);

    let (headers, body) = collector.received().pop().unwrap();
    assert_eq!(headers["authorization"], "Bearer o-s3cret");
    let metrics = exported(&body);
    assert_eq!(total(&metrics, "swell.journeys"), 30.0);
    assert_eq!(total(&metrics, "swell.journey_response"), 30.0);
    assert_eq!(total(&metrics, "swell.arrivals_due"), 30.0);
    assert_eq!(total(&metrics, "swell.step_service"), sum(&report["steps"], "count"));
    assert_eq!(total(&metrics, "swell.wallets_funded"), report["funding"]["wallets"]);

    let told = [finished.stdout, finished.stderr].concat();
    assert!(!told.contains("s3cret"), "{told}");
    for (path, text) in home.files() {
        assert!(!text.contains("s3cret"), "{}", path.display());
    }
}

/// Wants the numbers of the report in the last remote write.
fn assert_written(request: &WriteRequest, report: &Value) {
    let succeeded = Some(("outcome", "succeeded"));
    assert_eq!(number(request, "swell_journeys_total", succeeded), 30.0);
    assert_eq!(number(request, "swell_journeys_total", Some(("outcome", "failed"))), 0.0);
    assert_eq!(number(request, "swell_arrivals_due_total", None), 30.0);
    let funded = number(request, "swell_wallets_funded_total", None);
    assert_eq!(funded, report["funding"]["wallets"]);
    assert_eq!(number(request, "swell_journey_response_seconds_count", succeeded), 30.0);
    let native = &series(request, "swell_journey_response_seconds", succeeded).histograms[0];
    let mut in_bucket = 0;
    let buckets = native.positive_deltas.iter().map(|delta| {
        in_bucket += delta;
        in_bucket
    });
    assert_eq!((buckets.sum::<i64>(), native.count), (30, Some(30)));
    let mean_ms = 1000.0 * native.sum / 30.0;
    let reported = report["response_ms"]["mean"].as_f64().unwrap();
    assert!((mean_ms - reported).abs() < 0.01, "{mean_ms} and {reported}");
    let id = report["run"]["id"].as_str().unwrap();
    assert_eq!(number(request, "swell_run_info", Some(("instance", id))), 1.0);
    assert_eq!(number(request, "swell_run_info", Some(("job", "swell"))), 1.0);
}

#[test]
fn metrics_are_served_while_a_run_goes_on() {
    let home = Home::new("metrics-served");
    let views = ["--metrics=127.0.0.1:0", "--ui", "plain"];
    let mut running = home.swell(&[&LOAD[..], &views].concat()).start();
    let line = running.wait_for(Stream::Err, |line| line.contains("/metrics"));
    let url = line.split_whitespace().last().unwrap().to_owned();
    // The head of the live lines: there is a snapshot.
    running.wait_for(Stream::Out, |line| line.contains("backlog"));
    let text = crate::http::text(&url);
    assert!(text.contains("# TYPE swell_journey_response_seconds histogram"), "{text}");
    let phases = text.lines().filter(|line| line.starts_with("swell_phase{"));
    assert_eq!(phases.filter(|line| line.ends_with(" 1")).count(), 1, "{text}");
    let finished = running.finish().expect_exit(0);
    assert_all_succeeded(&home.report(), 30);
    assert!(!finished.stderr.contains("asks for no token"), "{}", finished.stderr);
}

#[test]
fn metrics_that_others_can_reach_are_warned_of() {
    let home = Home::new("metrics-abroad");
    let run = ["run", "--users", "10", "--rate", "10", "--metrics=0.0.0.0:0"];
    let finished = home.swell(&run).finish().expect_exit(0);
    let told = finished.stderr.matches("is not encrypted and asks for no token").count();
    assert_eq!(told, 1, "{}", finished.stderr);
}

/// The notes of the report that tell of losses of `view`.
fn losses(report: &Value, view: &str) -> Vec<String> {
    let notes = report["notes"].as_array().unwrap().iter().filter_map(Value::as_str);
    let of = format!("{view} lost ");
    notes.filter(|note| note.starts_with(&of)).map(str::to_owned).collect()
}

#[test]
fn a_run_goes_on_without_whoever_should_watch_it() {
    let home = Home::new("metrics-lost");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refusing = Sink::start(Manner::Refuses(500, "no"));
    let write_url = refusing.remote_write_url();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let otlp_url = format!("http://{gone}");
    let metrics = format!("--metrics={address}");
    let views = [&metrics, "--remote-write", &write_url, "--otlp", &otlp_url, "--traces", "0%"];
    let finished = home.swell(&[&LOAD[..], &views].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_all_succeeded(&report, 30);
    for (view, reason) in [
        ("metrics", "in use"),
        ("remote write", "answered 500"),
        ("OTLP metrics", "connecting failed"),
    ] {
        let warning = format!("warning: {view}: ");
        let warnings = finished.stderr.lines().filter(|line| line.starts_with(&warning));
        assert_eq!(warnings.count(), 1, "{}", finished.stderr);
        let notes = losses(&report, view);
        assert!(notes.len() == 1 && notes[0].contains(reason), "{notes:?}");
        let count = notes[0].split_whitespace().find_map(|word| word.parse::<u64>().ok());
        assert!(count.unwrap() >= 1, "{notes:?}");
    }
    assert!(refusing.received().len() > 1, "a 500 is worth another try");
}

#[test]
fn a_sink_that_never_answers_holds_nothing_up() {
    let home = Home::new("metrics-hang");
    let hanging = Sink::start(Manner::NeverAnswers);
    let views = ["--remote-write", &hanging.remote_write_url()];
    let finished = home.swell(&[&LOAD[..], &views].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_all_succeeded(&report, 30);
    let notes = losses(&report, "remote write");
    assert!(notes.len() == 1 && notes[0].contains("no answer within"), "{notes:?}");
    assert!(finished.stderr.contains("no answer within"), "{}", finished.stderr);
}

#[test]
fn who_takes_no_native_histograms_is_sent_classic_ones() {
    let home = Home::new("metrics-classic");
    let plain = Sink::start(Manner::Refuses(500, "native histograms are disabled"));
    let views = ["--remote-write", &plain.remote_write_url()];
    home.swell(&[&LOAD[..], &views].concat()).finish().expect_exit(0);
    let natives = |body| {
        let request = written(body);
        request.timeseries.iter().map(|series| series.histograms.len()).sum::<usize>()
    };
    let counts: Vec<usize> = plain.received().iter().map(|(_, body)| natives(body)).collect();
    assert!(counts[0] > 0 && counts.len() > 1, "{counts:?}");
    assert!(counts[1..].iter().all(|count| *count == 0), "{counts:?}");
}
