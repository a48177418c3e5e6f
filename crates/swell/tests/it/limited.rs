//! A personal server that limits its rate, met through the application server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde_json::{Value, json};
use swell_net::exchange::{Exchange, Transport};
use swell_net::request::post_json;
use swell_net::transport::{SocketConfig, sockets};
use tokio::runtime::Runtime;

use crate::http;
use crate::program::Home;
use crate::report::{assert_sound, count, list};
use crate::served::serve;
use crate::storage::serve_here;

/// An application server whose personal server is at its limit for a while: the sandbox's, but for
/// its first answers.
struct Front {
    upstream: String,
    node: Transport,
    /// What the personal server says of its limit.
    detail: &'static str,
    /// Refusals that are left for creations, and for polls.
    left: [AtomicUsize; 2],
}

impl Front {
    /// A front of the sandbox at `upstream`, and the target file that names it.
    fn before(
        home: &Home,
        upstream: &str,
        detail: &'static str,
        refusals: [usize; 2],
    ) -> (String, Runtime) {
        let front = Self {
            upstream: upstream.to_owned(),
            node: Transport::new(sockets(SocketConfig::default()).unwrap()),
            detail,
            left: refusals.map(AtomicUsize::new),
        };
        let router = |_: &str| Router::new().fallback(answer).with_state(Arc::new(front));
        let (url, served) = serve_here(router);
        let target = std::fs::read_to_string(home.path("target.toml")).unwrap();
        let through = target.replace("through = \"direct\"", "through = \"application\"");
        let there = through.replace(
            &format!("application_url = \"{upstream}\""),
            &format!("application_url = \"{url}\""),
        );
        assert_ne!(through, there, "{through}");
        (home.write("limited.toml", &there), served)
    }

    /// Whether this request is one of those that are refused.
    fn refuses(&self, path: &str) -> bool {
        let left = &self.left[usize::from(path.ends_with("/poll"))];
        let one_less = |left: usize| left.checked_sub(1);
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}

async fn answer(State(front): State<Arc<Front>>, uri: Uri, body: Bytes) -> (StatusCode, Bytes) {
    if front.refuses(uri.path()) {
        let limited =
            json!({ "detail": { "detail": front.detail, "error_code": "RATE_LIMIT_ERROR" } });
        let error = format!(
            "❌ REAL SYSTEMS REQUIRED: AI inference failed: NetworkError: Personal server API \
             request failed: 429 Too Many Requests - {limited}"
        );
        let body = json!({ "success": false, "error": error }).to_string();
        return (StatusCode::INTERNAL_SERVER_ERROR, body.into());
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let request = post_json(&format!("{}{}", front.upstream, uri.path()), &body).unwrap();
    let answer = front.node.exchange(request).await.unwrap();
    (answer.status(), answer.into_body())
}

#[test]
fn users_outlive_a_rate_limit_behind_the_application_server() {
    let home = Home::new("limited");
    let (_sandbox, url) = serve(&home, &["--retain-all"]);
    // More refusals than a creation is repeated for anything else.
    let words = "Rate limit exceeded. Try again in 1 seconds";
    let (target, _front) = Front::before(&home, &url, words, [5, 3]);
    let load = ["run", "--target", &target, "--users", "10", "--rate", "10", "--s2k", "fast"];
    let judged = ["--no-default-thresholds", "--threshold", "success >= 100%"];
    home.swell(&[&load[..], &judged].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_eq!(count(&report, "/outcomes/succeeded"), 10, "{}", report["failures"]);
    let stats = http::get(&format!("{url}/sandbox/stats"));
    assert_eq!(stats["operations_created"], 10, "nobody asked for two: {stats}");
    let rows = list(&report, "/endpoints");
    let application = rows.iter().find(|row| row["name"] == "application").unwrap();
    assert_eq!(application["rate_limited"], 8, "{application}");
    assert_eq!(application["retries"], 8, "{application}");
    let slowest = report["service_ms"]["max"].as_f64().unwrap();
    assert!(slowest >= 1_000.0, "it waited as long as it was asked to: {slowest}");
}

#[test]
fn users_fail_at_once_when_the_limit_is_beyond_their_deadline() {
    let home = Home::new("limited-long");
    let (_sandbox, url) = serve(&home, &["--retain-all"]);
    let words = "Rate limit exceeded. Try again in 3000 seconds";
    let (target, _front) = Front::before(&home, &url, words, [usize::MAX, 0]);
    let load = ["run", "--target", &target, "--users", "5", "--rate", "10", "--s2k", "fast"];
    let judged = ["--no-default-thresholds", "--threshold", "success >= 1%"];
    home.swell(&[&load[..], &judged].concat()).finish().expect_exit(1);
    let report = home.report();
    assert_sound(&report);
    assert_eq!(count(&report, "/outcomes/by_class/rate-limited"), 5, "{}", report["failures"]);
    assert_eq!(report["failures"][0]["step"], "operate");
    let rows = list(&report, "/endpoints");
    let application = rows.iter().find(|row| row["name"] == "application").unwrap();
    assert_eq!(application["retries"], 0, "{application}");
    assert!(count(application, "/requests") <= 5, "{application}");
    let slowest = report["service_ms"]["max"].as_f64().unwrap();
    assert!(slowest < 60_000.0, "nobody waits in vain: {slowest}");
}
