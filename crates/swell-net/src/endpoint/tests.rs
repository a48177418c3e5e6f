mod storm;

use super::*;
use crate::breaker::BreakerState;
use crate::exchange::into_service;
use crate::fault::{FaultRates, RandomFaults};
use crate::testing::{Log, Script};
use swell_core::time::RunOffset;

fn endpoint(
    base: &str,
    settings: EndpointSettings,
    script: impl FnOnce(Script) -> Script,
) -> (Endpoint, Log, RunClock) {
    let clock = RunClock::virtual_time();
    let script = script(Script::new(&clock));
    let sent = script.log();
    let transport = into_service(script);
    let id = EndpointId::new("server");
    let base = SafeUrl::new(base);
    let endpoint = Endpoint::new(id, &base, transport, settings, clock.clone(), Seed(1)).unwrap();
    (endpoint, sent, clock)
}

#[tokio::test(start_paused = true)]
async fn a_request_arrives_whole() {
    let (endpoint, sent, _) =
        endpoint("http://me:pw@h:1/api?key=K", EndpointSettings::default(), |s| s.answer(201));
    let body = request::post_json("/operations", &[1, 2]).unwrap();
    let answer = endpoint.send(body, CallOptions::careful()).await.unwrap();
    assert_eq!(answer.status(), 201);
    let request = sent.last();
    assert_eq!(request.method(), http::Method::POST);
    assert_eq!(request.uri(), "http://h:1/api/operations?key=K");
    assert_eq!(request.body().as_ref(), b"[1,2]");
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.headers()["user-agent"], request::USER_AGENT);
    assert_eq!(request.headers()["authorization"], "Basic bWU6cHc=");
    assert!(request::USER_AGENT.starts_with("swell/"));
}

#[tokio::test(start_paused = true)]
async fn credentials_do_not_follow_to_another_host() {
    let (endpoint, sent, _) =
        endpoint("http://me:pw@h/", EndpointSettings::default(), |s| s.answer(200));
    let signed = request::put_bytes("https://store/o?sig=1", "text/plain", "x").unwrap();
    endpoint.send(signed, CallOptions::idempotent()).await.unwrap();
    assert_eq!(sent.last().uri(), "https://store/o?sig=1");
    assert!(!sent.last().headers().contains_key("authorization"));
}

#[tokio::test(start_paused = true)]
async fn a_debug_text_shows_no_credentials() {
    let (endpoint, _, _) =
        endpoint("http://me:pw@h/SECRET?k=SECRET", EndpointSettings::default(), |s| s.answer(200));
    let text = format!("{endpoint:?}");
    assert!(!text.contains("SECRET") && !text.contains("bWU6cHc"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn every_layer_reports_what_it_did() {
    let (endpoint, _, _) = endpoint("http://h/", EndpointSettings::default(), |script| {
        script.limited(2).answer(503).fail(NetError::Lost("x".into())).answer(200)
    });
    let get = request::get("/").unwrap();
    endpoint.send(get, CallOptions::idempotent()).await.unwrap();
    let stats = endpoint.clone().stats();
    assert_eq!(stats.retries, 3);
    assert_eq!((stats.traffic.requests, stats.traffic.ended()), (4, 4));
    assert_eq!(stats.traffic.answers.rate_limited, 1);
    assert_eq!(stats.traffic.errors.lost, 1);
    assert_eq!(stats.breaker.state, BreakerState::Closed);
    assert_eq!(endpoint.row().state, EndpointState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn what_gave_nothing_but_errors_is_not_called_healthy() {
    for status in [404, 429, 500] {
        let (endpoint, _, _) = endpoint("http://h/", EndpointSettings::default(), |script| {
            script.answer(status).answer(200)
        });
        let row = || endpoint.row();
        assert_eq!(row().state, EndpointState::Healthy, "nobody has asked yet");
        for state in [EndpointState::Failing, EndpointState::Healthy] {
            endpoint.send(request::get("/").unwrap(), CallOptions::once()).await.unwrap();
            endpoint.clock().sleep(Duration::from_secs(2)).await;
            assert_eq!(row().state, state, "{status}");
        }
    }
    let (lost, _, _) = self::endpoint("http://h/", EndpointSettings::default(), |script| {
        script.fail(NetError::Lost("x".into()))
    });
    assert!(lost.send(request::get("/").unwrap(), CallOptions::once()).await.is_err());
    assert_eq!(lost.row().state, EndpointState::Failing);
}

#[tokio::test(start_paused = true)]
async fn a_dead_target_costs_few_requests_however_many_ask() {
    let (endpoint, sent, clock) = endpoint("http://h/", EndpointSettings::default(), |script| {
        script.fail(NetError::Connect("refused".into()))
    });
    let calls = (0..1_000).map(|_| {
        let get = request::get("/").unwrap();
        endpoint.send(get, CallOptions::idempotent().by(RunOffset::from_secs_f64(60.0)))
    });
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_err));
    assert!(sent.count() < 30, "{}", sent.count());
    assert!(clock.now() < RunOffset::from_secs_f64(60.0));
    assert!(endpoint.stats().breaker.refused > 900);
}

#[tokio::test(start_paused = true)]
async fn endpoints_of_one_host_share_a_limiter() {
    let limiter = Limiter::new(LimitSettings::default());
    let settings = EndpointSettings { limiter: Some(limiter), ..EndpointSettings::default() };
    let clock = RunClock::virtual_time();
    let make = |script: Script| {
        let base = SafeUrl::new("http://h");
        let transport = into_service(script);
        Endpoint::new(
            EndpointId::new("x"),
            &base,
            transport,
            settings.clone(),
            clock.clone(),
            Seed(1),
        )
        .unwrap()
    };
    let first = make(Script::new(&clock).limited(9));
    let second = make(Script::new(&clock).answer(200));
    first.send(request::get("/").unwrap(), CallOptions::once()).await.unwrap();
    second.send(request::get("/").unwrap(), CallOptions::once()).await.unwrap();
    assert_eq!(clock.now(), RunOffset::from_secs_f64(9.0));
}

#[tokio::test(start_paused = true)]
async fn injected_faults_are_met_like_real_ones() {
    let rates = FaultRates { drop_reply: 1.0, ..FaultRates::default() };
    let settings = EndpointSettings {
        faults: Some(Arc::new(RandomFaults::new(rates, Seed(1)))),
        ..EndpointSettings::default()
    };
    let (endpoint, sent, _) = endpoint("http://h/", settings, |s| s.answer(200));
    let error = endpoint.send(request::get("/").unwrap(), CallOptions::careful()).await;
    assert!(error.unwrap_err().may_have_acted());
    assert_eq!((sent.count(), endpoint.stats().traffic.errors.lost), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_running_tasks_span_goes_along_and_repetitions_carry_the_same() {
    use crate::trace::{TRACEPARENT, within};
    use swell_core::trace::{TraceContext, TraceId};

    let (endpoint, sent, _) =
        endpoint("http://h/", EndpointSettings::default(), |s| s.answer(503).answer(200));
    let ask = || endpoint.send(request::get("/").unwrap(), CallOptions::idempotent());
    let user = TraceContext::root(TraceId([7; 16]));
    within(Some(user), ask()).await.unwrap();
    assert_eq!(sent.count(), 2);
    assert_eq!(sent.last().headers()[TRACEPARENT], user.traceparent());
    let below = user.wait();
    within(Some(user), within(Some(below), ask())).await.unwrap();
    assert_eq!(sent.last().headers()[TRACEPARENT], below.traceparent());
    within(None, ask()).await.unwrap();
    assert!(!sent.last().headers().contains_key(TRACEPARENT));
}
