//! What must be true of every report, whatever the target was.

use serde_json::Value;

/// Paths that every report has.
const PATHS: &[&str] = &[
    "/format",
    "/run/id",
    "/run/seed",
    "/run/version",
    "/run/duration_s",
    "/arrivals/planned",
    "/arrivals/due",
    "/arrivals/started",
    "/arrivals/shed",
    "/arrivals/abandoned",
    "/outcomes/succeeded",
    "/outcomes/failed",
    "/outcomes/by_class",
    "/throughput/sustained_per_s",
    "/throughput/peak_per_s",
    "/steps",
    "/failures",
    "/schedule_lag_us/p50",
    "/schedule_lag_us/p99",
    "/schedule_lag_us/max",
    "/funding/wallets",
    "/funding/latency_ms/p50",
    "/funding/latency_ms/p95",
    "/funding/latency_ms/p99",
    "/funding/latency_ms/max",
    "/funding/wait_ms/p50",
    "/funding/wait_ms/p99",
    "/funding/wait_ms/max",
    "/funding/gas_per_wallet",
    "/funding/failed",
    "/thresholds",
    "/ceilings",
    "/verdict",
    "/diagnosis",
];

/// Paths that a report has, or the `host.json` beside it.
const HOST_PATHS: &[&str] = &[
    "/resources/rss_peak_bytes",
    "/resources/cpu_seconds",
    "/resources/cpu_percent",
    "/resources/includes_sandbox",
];

const MONEY: &[&str] = &[
    "start_wei",
    "earlier_wei",
    "received_wei",
    "end_wei",
    "sent_wei",
    "spent_wei",
    "value_wei",
    "swept_wei",
    "left_wei",
    "in_doubt_wei",
    "unexplained_wei",
    "per_user_wei",
];

/// The steps, in the order users live them.
const STEPS: &[&str] = &[
    "wallet", "encrypt", "upload", "grant", "identity", "sign", "submit", "confirm", "operate",
    "poll",
];

/// Wants the report as a whole page, with the verdict on it.
#[track_caller]
pub(crate) fn assert_page(page: &str, badge: &str) {
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"), "half a page");
    assert!(page.contains(&format!("<span class=\"badge\">{badge}</span>")), "no {badge}");
    for id in ["diagnosis", "timeline", "latencies", "steps", "money", "configuration"] {
        assert!(page.contains(&format!("<section id=\"{id}\"")), "the page has no {id}");
    }
    assert!(page.contains("<svg"), "the page has no chart");
}

/// Wants every path, every user accounted for, and closed books.
#[track_caller]
pub(crate) fn assert_sound(report: &Value) {
    for path in PATHS {
        assert!(report.pointer(path).is_some(), "the report has no {path}");
    }
    for name in ["response_ms", "service_ms"] {
        assert_latency(&report[name]);
    }
    assert_eq!(
        count(report, "/arrivals/due"),
        count(report, "/arrivals/started")
            + count(report, "/arrivals/shed")
            + count(report, "/arrivals/abandoned")
    );
    assert_eq!(
        count(report, "/arrivals/started"),
        count(report, "/outcomes/succeeded") + count(report, "/outcomes/failed")
    );
    assert_steps(report);
    assert_failures(report);
    assert_books(report);
    assert_timeline(report);
    for threshold in list(report, "/thresholds") {
        for key in ["expr", "value", "limit", "pass"] {
            assert!(threshold.get(key).is_some(), "a threshold without {key}: {threshold}");
        }
    }
}

/// Wants what the host alone explains, in `host` or in the report itself.
#[track_caller]
pub(crate) fn assert_host_facts(host: &Value) {
    for path in HOST_PATHS {
        assert!(host.pointer(path).is_some(), "no {path} in {host}");
    }
    assert!(count(host, "/resources/rss_peak_bytes") > 1_000_000);
}

#[track_caller]
fn assert_steps(report: &Value) {
    let steps = list(report, "/steps");
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, STEPS);
    let mut errors = 0;
    let mut reached = count(report, "/arrivals/started");
    for step in steps {
        assert_latency(&step["response_ms"]);
        assert_latency(&step["service_ms"]);
        assert!(count(step, "/count") <= reached, "more users in {step} than before it");
        reached = count(step, "/count") - count(step, "/errors");
        errors += count(step, "/errors");
    }
    assert_eq!(reached, count(report, "/outcomes/succeeded"));
    assert!(errors <= count(report, "/outcomes/failed"));
}

#[track_caller]
fn assert_failures(report: &Value) {
    let failed = count(report, "/outcomes/failed");
    let by_class = report["outcomes"]["by_class"].as_object().unwrap();
    assert_eq!(by_class.values().map(|n| n.as_u64().unwrap()).sum::<u64>(), failed);
    let rows = list(report, "/failures");
    assert_eq!(rows.iter().map(|row| count(row, "/count")).sum::<u64>(), failed);
    for row in rows {
        assert!(by_class.contains_key(row["class"].as_str().unwrap()), "{row}");
        assert!(STEPS.contains(&row["step"].as_str().unwrap()), "{row}");
        assert!(row["first_at_s"].as_f64().unwrap() >= 0.0);
        let samples = list(row, "/samples");
        assert!((1..=5).contains(&samples.len()), "{} samples: {row}", samples.len());
        for sample in samples {
            for key in ["seq", "wallet", "tx", "operation_id", "status", "body"] {
                assert!(sample.get(key).is_some(), "a sample without {key}: {sample}");
            }
        }
    }
}

/// Adds the timeline up: nobody is missing from it, and it tells of every phase.
#[track_caller]
fn assert_timeline(report: &Value) {
    let points = list(report, "/timeline");
    let sum = |name: &str| points.iter().map(|point| point[name].as_u64().unwrap()).sum::<u64>();
    for name in ["due", "started", "shed"] {
        assert_eq!(sum(name), report["arrivals"][name].as_u64().unwrap(), "{name} over time");
    }
    for name in ["succeeded", "failed"] {
        assert_eq!(sum(name), report["outcomes"][name].as_u64().unwrap(), "{name} over time");
    }
    for pair in points.windows(2) {
        assert_eq!(pair[0]["end_s"], pair[1]["start_s"], "a gap in the timeline");
    }
    let annotations = list(report, "/annotations").iter();
    let phases: Vec<&str> = annotations
        .filter(|annotation| annotation["kind"] == "phase")
        .map(|annotation| annotation["text"].as_str().unwrap())
        .collect();
    assert_eq!(phases, ["prime", "load", "drain", "settle", "sweep", "report"]);
}

#[track_caller]
fn assert_latency(latency: &Value) {
    let [p50, p90, p95, p99, max] =
        ["p50", "p90", "p95", "p99", "max"].map(|name| latency[name].as_f64().unwrap());
    assert!(p50 <= p90 && p90 <= p95 && p95 <= p99 && p99 <= max, "{latency}");
    assert!(latency["mean"].as_f64().unwrap() <= max, "{latency}");
}

/// Adds the money statement up from its own terms.
#[track_caller]
fn assert_books(report: &Value) {
    for name in MONEY {
        assert!(report["money"][name].is_string(), "money.{name} is no decimal string");
    }
    let [start, earlier, received, end, spent, value, left, in_doubt] =
        ["start", "earlier", "received", "end", "spent", "value", "left", "in_doubt"]
            .map(|name| wei(report, &format!("{name}_wei")));
    assert_eq!(start + earlier + received - end - spent - value - left - in_doubt, 0);
    assert_eq!(report["money"]["unexplained_wei"], "0");
}

/// Wants that nothing stayed behind.
#[track_caller]
pub(crate) fn assert_all_came_home(report: &Value) {
    assert_eq!(wei(report, "left_wei"), 0);
    assert_eq!(wei(report, "in_doubt_wei"), 0);
    assert_eq!(
        wei(report, "start_wei") - wei(report, "end_wei"),
        wei(report, "spent_wei") + wei(report, "value_wei")
    );
}

/// Wants that all `users` of a completed run succeeded.
#[track_caller]
pub(crate) fn assert_all_succeeded(report: &Value, users: u64) {
    assert_eq!(report["run"]["ended"], "completed");
    assert_eq!(report["verdict"]["outcome"], "passed", "{}", report["verdict"]);
    assert_eq!(count(report, "/arrivals/due"), users);
    assert_eq!(count(report, "/outcomes/succeeded"), users, "{}", report["failures"]);
    assert_all_came_home(report);
}

#[track_caller]
pub(crate) fn count(value: &Value, path: &str) -> u64 {
    let number = value.pointer(path).and_then(Value::as_u64);
    number.unwrap_or_else(|| panic!("no number at {path} in {value}"))
}

#[track_caller]
pub(crate) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).unwrap_or_else(|| panic!("no list at {path}"))
}

#[track_caller]
pub(crate) fn wei(report: &Value, name: &str) -> i128 {
    let text = report["money"][name].as_str();
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no amount in money.{name}"))
}
