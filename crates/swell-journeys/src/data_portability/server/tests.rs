//! Every answer of either server, direct and through the application server, has its class.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use swell_chain::RelayerKey;
use swell_core::seed::Seed;
use swell_core::target::SafeUrl;
use swell_net::clock::RunClock;
use swell_net::limit::Limiter;
use swell_net::{EndpointId, EndpointSettings, HttpService};
use swell_vana::server::OperationState;
use tower::util::BoxCloneSyncService;

use super::*;

const RECORDED: &str = include_str!("../../../../swell-vana/vectors/11-personal-server.json");

/// A server that gives the same answer to everything after its first ones, and what it was asked.
#[derive(Clone)]
struct Fake {
    clock: RunClock,
    limiter: Limiter,
    asked: Arc<Mutex<Vec<Asked>>>,
    first: Arc<Mutex<VecDeque<Response>>>,
    answer: Response,
}

struct Asked {
    at: RunOffset,
    path: String,
    body: Bytes,
}

impl Fake {
    fn new(status: u16, body: impl Into<Bytes>) -> Self {
        let answer = http::Response::builder().status(status).body(body.into()).unwrap();
        let (asked, first) = (Arc::default(), Arc::default());
        Self { clock: RunClock::virtual_time(), limiter: Limiter::default(), asked, first, answer }
    }

    /// Gives these answers before all others, after those that were named before.
    fn first(self, answers: impl IntoIterator<Item = Response>) -> Self {
        self.first.lock().unwrap().extend(answers);
        self
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.answer.headers_mut().insert("retry-after", seconds.into());
        self
    }

    fn endpoint(&self, name: &str) -> Endpoint {
        let fake = self.clone();
        let service: HttpService =
            BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
                let path = request.uri().path().to_owned();
                let asked = Asked { at: fake.clock.now(), path, body: request.into_body() };
                fake.asked.lock().unwrap().push(asked);
                let first = fake.first.lock().unwrap().pop_front();
                let answer = first.unwrap_or_else(|| fake.answer.clone());
                async move { Ok(answer) }
            }));
        let url = SafeUrl::new(format!("http://{name}.example"));
        let id = EndpointId::new(name.to_owned());
        let limiter = Some(self.limiter.clone());
        let settings = EndpointSettings { limiter, ..EndpointSettings::default() };
        Endpoint::new(id, &url, service, settings, self.clock.clone(), Seed(1)).unwrap()
    }

    fn direct(&self) -> PersonalServer {
        PersonalServer::new(self.endpoint("server"))
    }

    fn through_application(&self) -> PersonalServer {
        let application =
            ApplicationServer { endpoint: self.endpoint("application"), chain_id: 14_800 };
        self.direct().through(application)
    }

    fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|asked| asked.path.clone()).collect()
    }

    fn times(&self) -> Vec<RunOffset> {
        self.asked.lock().unwrap().iter().map(|asked| asked.at).collect()
    }
}

fn by(seconds: u64) -> RunOffset {
    RunOffset::new(Duration::from_secs(seconds))
}

async fn create(server: &PersonalServer) -> Result<String, StepError> {
    let key = RelayerKey::from_bytes([7; 32]).unwrap();
    server.create(42, key.account(), by(100)).await
}

fn status(state: &str, result: &Value) -> String {
    json!({
        "kind": "OperationStatus", "id": "abc", "status": state, "started_at": null,
        "finished_at": null, "result": result,
    })
    .to_string()
}

/// What each recorded error must be called.
fn class_of_code(code: &str) -> FailureClass {
    match code {
        "RATE_LIMIT_ERROR" => FailureClass::RateLimited,
        "AUTHENTICATION_ERROR" => FailureClass::Unauthorized,
        "NOT_FOUND_ERROR" => FailureClass::NotFound,
        "GRANT_VALIDATION_ERROR" => FailureClass::GrantRefused,
        "FILE_ACCESS_ERROR" => FailureClass::FileAccess,
        "DECRYPTION_ERROR" => FailureClass::Decryption,
        "COMPUTE_ERROR" => FailureClass::Inference,
        "INTERNAL_SERVER_ERROR" => FailureClass::ServerError,
        // 422 has no code.
        "" => FailureClass::BadRequest,
        code if code.starts_with("VALIDATION_ERROR") => FailureClass::BadRequest,
        other => panic!("{other} has no class"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_recorded_refusal_has_its_class_direct_and_passed_on() {
    let file: Value = serde_json::from_str(RECORDED).unwrap();
    let mut seen = 0;
    for response in file["responses"].as_array().unwrap() {
        for generation in ["september_2025", "main_october_2025"] {
            let recorded = &response[generation];
            let Some(status @ 400..) = recorded["status"].as_u64() else { continue };
            let status = u16::try_from(status).unwrap();
            let body = recorded["body"].to_string();
            let code = recorded["body"]["detail"]["error_code"].as_str().unwrap_or_default();
            let expected = class_of_code(code);
            let error = create(&Fake::new(status, body.clone()).direct()).await.unwrap_err();
            assert_eq!((error.class, error.detail.status), (expected, Some(status)), "{body}");

            let reason = http::StatusCode::from_u16(status).unwrap();
            let words = format!(
                "❌ REAL SYSTEMS REQUIRED: AI inference failed: NetworkError: Personal server API \
                 request failed: {reason} - {body}"
            );
            let passed_on = json!({ "success": false, "error": words }).to_string();
            let error = create(&Fake::new(500, passed_on).through_application()).await.unwrap_err();
            let is_limited = expected == FailureClass::RateLimited;
            let read_as = if is_limited { 429 } else { 500 };
            assert_eq!((error.class, error.detail.status), (expected, Some(read_as)), "{body}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[tokio::test(start_paused = true)]
async fn the_application_servers_own_errors_are_told_by_their_status() {
    for (status, body, class) in [
        (
            400,
            json!({ "success": false, "error": "Missing permissionId field" }),
            FailureClass::BadRequest,
        ),
        (404, json!({ "success": false, "error": "Operation not found" }), FailureClass::NotFound),
        (500, json!({ "success": false, "error": "fetch failed" }), FailureClass::ServerError),
        (400, json!("<html>"), FailureClass::BadRequest),
        (200, json!({ "success": true }), FailureClass::Protocol),
        (200, json!({ "success": false, "error": "?" }), FailureClass::Protocol),
        // Made up: the load test's server does so unless it is told not to.
        (200, json!({ "success": true, "data": { "id": "op_1_a" } }), FailureClass::Protocol),
        (
            200,
            json!({ "success": true, "data": { "status": "completed" } }),
            FailureClass::Protocol,
        ),
    ] {
        let fake = Fake::new(status, body.to_string());
        assert_eq!(create(&fake.through_application()).await.unwrap_err().class, class, "{body}");
    }
}

/// What the application server makes of the personal server's 429.
fn limited(detail: &str) -> Response {
    let body = json!({ "detail": { "detail": detail, "error_code": "RATE_LIMIT_ERROR" } });
    let error = format!("request failed: 429 Too Many Requests - {body}");
    let body = json!({ "success": false, "error": error }).to_string();
    http::Response::builder().status(500).body(body.into()).unwrap()
}

fn asked() -> Response {
    let asked = json!({ "success": true, "data": { "id": "abc", "status": "starting" } });
    Response::new(asked.to_string().into())
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_behind_the_application_server_is_waited_for_by_everybody() {
    for (detail, seconds) in
        [("Rate limit exceeded. Try again in 30 seconds", 30), ("Rate limit exceeded.", 1)]
    {
        // More refusals than a creation is repeated for anything else.
        let fake = Fake::new(500, "").first([limited(detail), limited(detail), limited(detail)]);
        let fake = fake.first([asked(), asked()]);
        let server = fake.through_application();
        let first = create(&server);
        let other = async {
            fake.clock.sleep(Duration::from_millis(1)).await;
            create(&server).await
        };
        let (first, other) = tokio::join!(first, other);
        assert_eq!((first.unwrap(), other.unwrap()), ("abc".to_owned(), "abc".to_owned()));
        let times = fake.times();
        assert_eq!(times.len(), 5);
        assert!(times[1] >= by(seconds), "nobody asks while it is held: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_behind_the_application_server_fails_a_user_when_its_deadline_forbids() {
    let long = Fake::new(500, limited("Rate limit exceeded. Try again in 100 seconds").into_body());
    let error = create(&long.through_application()).await.unwrap_err();
    assert_eq!((error.class, error.detail.status), (FailureClass::RateLimited, Some(429)));
    assert_eq!((long.paths().len(), long.clock.now()), (1, by(0)), "it is told at once");
    let often = Fake::new(500, limited("Rate limit exceeded. Try again in 30 seconds").into_body());
    let error = create(&often.through_application()).await.unwrap_err();
    assert_eq!(error.class, FailureClass::RateLimited);
    assert_eq!(often.paths().len(), 4, "at 0, 30, 60 and 90 s");
    assert!(often.clock.now() < by(100), "{:?}", often.clock.now());
    let limits = often.limiter.holds(often.clock.now());
    assert_eq!(limits.len(), 1, "everybody is held back: {limits:?}");
    assert_eq!((limits[0].0.as_str(), limits[0].1), ("application.example", "operations"));
}

#[tokio::test(start_paused = true)]
async fn a_poll_outlives_a_rate_limit_by_either_way() {
    let refusal = limited("Rate limit exceeded. Try again in 5 seconds");
    let ended = json!({ "id": "abc", "status": "succeeded", "result": "{}" });
    let ended = Response::new(json!({ "success": true, "data": ended }).to_string().into());
    let fake = Fake::new(500, "").first([refusal, ended]);
    let found = fake.through_application().result("abc", Duration::from_secs(1), by(90)).await;
    assert!(found.is_ok(), "{found:?}");
    let direct = Fake::new(429, "").retry_after(5);
    let ended = Response::new(status("succeeded", &json!("{}")).into());
    let direct = direct.clone().first([direct.answer.clone(), ended]);
    let found = direct.direct().result("abc", Duration::from_secs(1), by(90)).await;
    assert!(found.is_ok(), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_begun_an_operation_is_not_asked_again() {
    for words in ["fetch failed", "request failed: 500 - {}", "request failed: 502 - <html>"] {
        let answer = json!({ "success": false, "error": words }).to_string();
        let fake = Fake::new(500, answer);
        let class = create(&fake.through_application()).await.unwrap_err().class;
        assert_eq!(class, FailureClass::ServerError);
        assert_eq!((fake.paths().len(), fake.clock.now()), (1, by(0)), "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_none_is_refused_by_either_way() {
    let longest = "a".repeat(256);
    let longer = "a".repeat(257);
    for (id, is_one) in [
        ("abc", true),
        ("relay_1-2.3:4", true),
        (&longest, true),
        (&longer, false),
        ("", false),
        ("../secret", false),
        ("a?b", false),
        ("a#b", false),
        ("a%2f", false),
        ("a b", false),
        ("a\u{1b}[31m", false),
    ] {
        let created = json!({ "kind": "OperationCreated", "id": id, "created_at": "" });
        let direct = Fake::new(202, created.to_string()).direct();
        let asked = json!({ "success": true, "data": { "id": id, "status": "starting" } });
        let through = Fake::new(200, asked.to_string()).through_application();
        for server in [direct, through] {
            let found = create(&server).await;
            let expected = if is_one { Ok(id.to_owned()) } else { Err(FailureClass::Protocol) };
            assert_eq!(found.map_err(|error| error.class), expected, "{id}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_status_can_hold_a_result_that_is_too_large() {
    let large = Fake::new(200, json!("a".repeat(RESULT_OCTETS_MAX)).to_string());
    for server in [large.direct(), large.through_application()] {
        assert_eq!(create(&server).await.unwrap_err().class, FailureClass::Protocol);
        let error = server.identity(Address::ZERO, by(9)).await.unwrap_err();
        assert_eq!(error.class, FailureClass::Protocol);
        let error = server.status("abc", by(9)).await.unwrap_err();
        assert_eq!(error.class, FailureClass::ResultTooLarge);
    }
}

#[tokio::test(start_paused = true)]
async fn operations_are_asked_for_by_either_way_and_identities_always_directly() {
    let created = json!({ "kind": "OperationCreated", "id": "abc", "created_at": "" });
    let fake = Fake::new(202, created.to_string());
    assert_eq!(create(&fake.direct()).await.unwrap(), "abc");
    assert_eq!(fake.paths(), ["/operations"]);

    let created = json!({ "success": true, "data": { "id": "abc", "status": "starting" } });
    let fake = Fake::new(200, created.to_string());
    let server = fake.through_application();
    assert_eq!(create(&server).await.unwrap(), "abc");
    assert_eq!(server.status("abc", by(9)).await.unwrap().state, OperationState::Starting);
    let _no_identity = server.identity(Address::ZERO, by(9)).await.unwrap_err();
    assert_eq!(fake.paths(), ["/api/trusted-server", "/api/trusted-server/poll", "/identity"]);
    let asked = fake.asked.lock().unwrap();
    assert_eq!(asked[0].body, "{\"permissionId\":42}");
    assert_eq!(asked[1].body, "{\"operationId\":\"abc\",\"chainId\":14800}");
}

#[tokio::test(start_paused = true)]
async fn every_end_of_an_operation_has_its_class() {
    let unparsed = json!({ "error": "json_parse_failed", "error_message": "", "raw_response": "" });
    for (state, result, class) in [
        ("failed", json!(null), FailureClass::OperationFailed),
        ("canceled", json!(null), FailureClass::OperationCanceled),
        ("succeeded", json!(null), FailureClass::Protocol),
        ("succeeded", json!(unparsed.to_string()), FailureClass::ResultNotJson),
        ("succeeded", json!({ "output": unparsed.to_string() }), FailureClass::ResultNotJson),
        ("succeeded", unparsed, FailureClass::ResultNotJson),
        ("unheard-of", json!(null), FailureClass::Protocol),
    ] {
        let fake = Fake::new(200, status(state, &result));
        let ended = fake.direct().result("abc", Duration::from_secs(1), by(9)).await;
        assert_eq!(ended.unwrap_err().class, class, "{state} {result}");
    }
    for result in [json!("{}"), json!({ "output": "{}" }), json!({ "a": 1 })] {
        let fake = Fake::new(200, status("succeeded", &result));
        let ended = fake.direct().result("abc", Duration::from_secs(1), by(9)).await;
        assert!(ended.is_ok(), "{result}: {ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_never_ends_is_a_timeout_at_the_deadline() {
    let fake = Fake::new(200, status("processing", &json!(null)));
    let ended = fake.direct().result("abc", Duration::from_secs(2), by(9)).await;
    assert_eq!(ended.unwrap_err().class, FailureClass::Timeout);
    assert_eq!(fake.clock.now(), by(9));
    assert_eq!(fake.paths().len(), 4, "at 2, 4, 6 and 8 s");
}

#[tokio::test(start_paused = true)]
async fn a_status_that_says_when_to_come_back_is_heeded() {
    let patient = Fake::new(200, status("processing", &json!(null))).retry_after(4);
    let ended = patient.direct().result("abc", Duration::from_secs(2), by(20)).await;
    assert_eq!(ended.unwrap_err().class, FailureClass::RateLimited);
    assert_eq!(patient.clock.now(), by(18), "at 2, 6, 10, 14 and 18 s");
    assert_eq!(patient.paths().len(), 5);
    let endless = Fake::new(200, status("starting", &json!(null))).retry_after(u64::MAX);
    let ended = endless.direct().result("abc", Duration::from_secs(2), by(20)).await;
    assert_eq!(ended.unwrap_err().class, FailureClass::RateLimited);
    assert_eq!(endless.clock.now(), by(2));
}

#[tokio::test(start_paused = true)]
async fn a_result_of_5_mib_is_refused_by_either_way() {
    let large = status("succeeded", &json!("a".repeat(RESULT_OCTETS_MAX)));
    for server in
        [Fake::new(200, large.clone()).direct(), Fake::new(200, large).through_application()]
    {
        let error = server.status("abc", by(9)).await.unwrap_err();
        assert_eq!(error.class, FailureClass::ResultTooLarge);
    }
    let most = RESULT_OCTETS_MAX - status("succeeded", &json!("")).len();
    let just = Fake::new(200, status("succeeded", &json!("a".repeat(most))));
    assert!(just.direct().status("abc", by(9)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_server_key_that_is_no_point_of_the_curve_has_a_class() {
    let address = "0x8f139a2F2c5a7e99B096c9Ca61AB3029D0386365";
    let key = |key: String| {
        json!({
            "kind": "Identity", "user_address": address,
            "personal_server": { "kind": "PersonalServer", "address": address, "public_key": key },
        })
    };
    let twice = format!("0x0404{}", "ab".repeat(64));
    for public_key in ["0x".into(), "0x04".into(), format!("0x04{}", "ff".repeat(64)), twice] {
        let fake = Fake::new(200, key(public_key.clone()).to_string());
        let identity = fake.direct().identity(Address::ZERO, by(9)).await.unwrap();
        let error = server_keys(&identity).unwrap_err();
        assert_eq!(error.class, FailureClass::ServerKey, "{public_key}");
    }
}
