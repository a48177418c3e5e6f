//! Rate limits over HTTP.

use http::Method;
use serde_json::json;
use swell_vana::server::sign_operation;

use crate::tests::bed::{Bed, Setup, config, pass};
use crate::{Profile, SandboxConfig};

fn limited() -> SandboxConfig {
    let mut config = config(Profile::Fast);
    config.rate_limits.operations_per_hour = Some(3);
    config.rate_limits.identities_per_minute = Some(3);
    config.rate_limits.cancels_per_minute = Some(3);
    config
}

#[tokio::test(start_paused = true)]
async fn a_refusal_has_the_recorded_headers_and_body() {
    let mut bed = Bed::with(limited());
    let permitted = bed.permit(Setup::default()).await;
    for text in ["{\"permission_id\":1}", "{\"permission_id\": 1}", "{\"permission_id\":1 }"] {
        use alloy_signer::SignerSync;
        let signature = bed.application.sign_message_sync(text.as_bytes()).unwrap();
        let signature = format!("0x{}", hex::encode(signature.as_bytes()));
        let body = json!({ "app_signature": signature, "operation_request_json": text });
        let answer = bed.post_body(&body.to_string()).await;
        assert_eq!(answer.status.as_u16(), 202);
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("x-ratelimit")));
    }
    pass(3_597).await;
    let answer = bed.operate(permitted.id).await;
    assert_eq!(answer.status.as_u16(), 429);
    assert_eq!(
        answer.json(),
        json!({ "detail": {
            "detail": "Rate limit exceeded. Try again in 3 seconds",
            "error_code": "RATE_LIMIT_ERROR",
        } })
    );
    for (name, value) in [
        ("x-ratelimit-limit", "3"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1767229200.0"),
        ("retry-after", "3"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    assert_eq!(bed.sandbox.stats().rate_limited, 1);
    pass(3).await;
    assert_ne!(bed.operate(permitted.id).await.status.as_u16(), 429);
}

#[tokio::test(start_paused = true)]
async fn one_signature_is_limited_whatever_address_it_comes_from() {
    let mut bed = Bed::with(limited());
    let permitted = bed.permit(Setup::default()).await;
    let request = sign_operation(permitted.id, &bed.application).unwrap();
    let body = serde_json::to_string(&request).unwrap();
    let mut statuses = Vec::new();
    for client in ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", client)];
        let answer = bed.send(Method::POST, "/api/v1/operations", &headers, body.clone()).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [202, 202, 202, 429]);
}

#[tokio::test(start_paused = true)]
async fn identities_and_cancels_share_the_clients_count_and_polls_have_none() {
    let bed = Bed::with(limited());
    let ask = |last: u8| {
        let address = alloy_primitives::Address::with_last_byte(last);
        let path = format!("/api/v1/identity?address={address}");
        let bed = &bed;
        async move { bed.get(&path).await.status.as_u16() }
    };
    assert_eq!(ask(1).await, 200);
    assert_eq!(ask(2).await, 200);
    let cancel = || bed.send(Method::POST, "/api/v1/operations/x/cancel", &[], "");
    assert_eq!(cancel().await.status.as_u16(), 500);
    assert_eq!(cancel().await.status.as_u16(), 429);
    assert_eq!(ask(3).await, 429);
    let headers = [("x-real-ip", "10.0.0.9")];
    let path = "/api/v1/identity?address=0x0000000000000000000000000000000000000003";
    assert_eq!(bed.send(Method::GET, path, &headers, "").await.status.as_u16(), 200);
    for _ in 0..10 {
        assert_eq!(bed.get("/api/v1/operations/x").await.status.as_u16(), 500);
    }
}

#[tokio::test(start_paused = true)]
async fn only_moksha_limits_by_default() {
    for (profile, expected) in
        [(Profile::Fast, 200), (Profile::Staging, 200), (Profile::Moksha, 429)]
    {
        let bed = Bed::with(SandboxConfig { server: Default::default(), ..config(profile) });
        let mut last = 0;
        for _ in 0..121 {
            let path = "/api/v1/identity?address=0x0000000000000000000000000000000000000001";
            last = bed.get(path).await.status.as_u16();
        }
        assert_eq!(last, expected, "{profile:?}");
    }
}
