//! The application server: real operations, and the personal server's refusals passed on.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::tests::bed::{Bed, Setup, config, pass};
use crate::{Delay, Profile, SandboxConfig};

async fn post(bed: &Bed, path: &str, body: &str) -> (u16, Value) {
    let headers = [("content-type", "application/json")];
    let answer = bed.send(Method::POST, path, &headers, body.to_owned()).await;
    (answer.status.as_u16(), answer.json())
}

async fn ask(bed: &Bed, body: Value) -> (u16, Value) {
    post(bed, "/api/trusted-server", &body.to_string()).await
}

async fn poll(bed: &Bed, id: &Value) -> (u16, Value) {
    let body = json!({ "operationId": id, "chainId": 14_800 });
    post(bed, "/api/trusted-server/poll", &body.to_string()).await
}

fn ten_seconds() -> SandboxConfig {
    let operation_time = Delay::Fixed(Duration::from_secs(10));
    SandboxConfig { operation_time, ..config(Profile::Fast) }
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_asked_for_and_polled_to_its_result() {
    let mut bed = Bed::with(ten_seconds());
    let permitted = bed.permit(Setup::default()).await;
    let (status, created) = ask(&bed, json!({ "permissionId": permitted.id })).await;
    assert_eq!((status, &created["success"]), (200, &json!(true)), "{created}");
    let created = &created["data"];
    assert_eq!(created["status"], "starting");
    assert_eq!(created["createdAt"], 1_767_225_600_000_u64);
    let (status, polled) = poll(&bed, &created["id"]).await;
    assert_eq!((status, &polled["data"]["status"]), (200, &json!("starting")));
    assert!(polled["data"].get("result").is_none());
    pass(10).await;
    let (_, polled) = poll(&bed, &created["id"]).await;
    let path = format!("/api/v1/operations/{}", created["id"].as_str().unwrap());
    let direct = bed.get(&path).await.json();
    assert_eq!(polled["data"]["status"], "succeeded");
    assert_eq!(polled["data"]["result"], direct["result"]);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_passed_on_inside_a_500_and_never_made_up_for() {
    let bed = Bed::new();
    let (status, refused) = ask(&bed, json!({ "permissionId": 42 })).await;
    assert_eq!(status, 500);
    let words = "❌ REAL SYSTEMS REQUIRED: AI inference failed: NetworkError: Personal server API \
        request failed: 400 Bad Request - {\"detail\":{\"kind\":\"Error\",\"detail\":\"No file IDs \
        found in permission\",\"error_code\":\"VALIDATION_ERROR\",\"field\":null}}";
    assert_eq!(refused, json!({ "success": false, "error": words }));
    let (status, refused) = poll(&bed, &json!("nobody")).await;
    let words = refused["error"].as_str().unwrap();
    let begin =
        "❌ REAL SYSTEMS REQUIRED: Polling failed: NetworkError: Status polling failed: 500 ";
    assert!(status == 500 && words.starts_with(begin), "{words}");
}

#[tokio::test(start_paused = true)]
async fn all_its_requests_count_as_one_clients() {
    let mut config = ten_seconds();
    config.rate_limits.operations_per_hour = Some(1);
    let mut bed = Bed::with(config);
    let permitted = bed.permit(Setup::default()).await;
    assert_eq!(ask(&bed, json!({ "permissionId": permitted.id })).await.0, 200);
    let (status, refused) = ask(&bed, json!({ "permissionId": 7 })).await;
    let words = refused["error"].as_str().unwrap();
    assert!(status == 500 && words.contains("failed: 429 Too Many Requests - "), "{words}");
    assert!(words.contains("RATE_LIMIT_ERROR"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_named_and_broken_json_is_a_page() {
    let bed = Bed::new();
    for (path, words) in [
        ("/api/trusted-server", "Missing permissionId field"),
        ("/api/trusted-server/poll", "Missing operationId field"),
    ] {
        let missing = (400, json!({ "success": false, "error": words }));
        assert_eq!(post(&bed, path, "{}").await, missing);
        let headers = [("content-type", "application/json")];
        let broken = bed.send(Method::POST, path, &headers, "{").await;
        assert_eq!(broken.status.as_u16(), 400);
        assert!(broken.text().starts_with("<!DOCTYPE html>"), "{}", broken.text());
        let large = bed.send(Method::POST, path, &headers, vec![b' '; 102_401]).await;
        assert_eq!(large.status.as_u16(), 413);
    }
    let missing = json!({ "success": false, "error": "Missing address parameter" });
    let answer = bed.get("/identity").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (400, missing));
    let cleaned = json!({ "success": true, "cleaned": 0, "remaining": 0 });
    assert_eq!(post(&bed, "/api/cleanup", "").await, (200, cleaned));
}

#[tokio::test(start_paused = true)]
async fn identities_come_in_the_sdks_words() {
    let bed = Bed::new();
    let user = bed.user.address();
    let direct = bed.identity(user).await.personal_server;
    let expected = json!({
        "kind": "PersonalServer", "address": direct.address, "publicKey": direct.public_key,
        "baseUrl": "http://sandbox.localhost/api/v1", "name": "Hosted Vana Server",
    });
    assert_eq!(bed.get(&format!("/identity?address={user}")).await.json(), expected);
    assert_eq!(bed.get("/health").await.json()["status"], "ok");
}
