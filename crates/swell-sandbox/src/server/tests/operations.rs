//! From accepted to forgotten.

use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use swell_core::seed::Seed;
use swell_net::clock::RunClock;
use swell_vana::grant::GrantFile;
use swell_vana::server::{OperationStatus, ServerGeneration};

use super::recorded;
use crate::keys::APPLICATION_ADDRESS;
use crate::server::operations::Operations;
use crate::tests::bed::{Bed, DATA, Setup, config, pass};
use crate::{Delay, Profile, SandboxConfig};

fn ten_seconds() -> SandboxConfig {
    let mut config = config(Profile::Fast);
    config.operation_time = Delay::Fixed(Duration::from_secs(10));
    config
}

/// An operation just created, and its path.
async fn created(config: SandboxConfig, setup: Setup) -> (Bed, String) {
    let mut bed = Bed::with(config);
    let permitted = bed.permit(setup).await;
    let id = bed.operate(permitted.id).await.operation_id();
    (bed, format!("/api/v1/operations/{id}"))
}

/// That a status has the recorded shape; the ids and instants are this server's.
fn is_recorded(status: &Value, name: &str) {
    let (_, recorded) = recorded::september(name);
    for (key, value) in recorded.as_object().unwrap() {
        match key.as_str() {
            "id" => assert_eq!(status["id"].as_str().unwrap().len(), 26),
            "started_at" | "finished_at" => {
                assert_eq!(status[key].is_string(), value.is_string(), "{name}: {key}");
            }
            "result" => assert_eq!(status[key].is_string(), value.is_string(), "{name}: {key}"),
            _ => assert_eq!(&status[key], value, "{name}: {key}"),
        }
    }
    assert_eq!(status.as_object().unwrap().len(), recorded.as_object().unwrap().len());
}

#[tokio::test(start_paused = true)]
async fn an_operation_starts_proceeds_and_succeeds() {
    let (bed, path) = created(ten_seconds(), Setup::default()).await;
    is_recorded(&bed.get(&path).await.json(), "status right after creation");
    pass(5).await;
    is_recorded(&bed.get(&path).await.json(), "status while running");
    assert_eq!(bed.sandbox.stats().operations_succeeded, 0);
    pass(5).await;
    assert_eq!(bed.sandbox.stats().operations_succeeded, 1);
    assert_eq!(bed.sandbox.stats().results_delivered, 0);
    let status = bed.get(&path).await.json();
    is_recorded(&status, "status after success, JSON mode");
    assert_eq!(status["started_at"], "2026-01-01T00:00:01.000Z");
    assert_eq!(status["finished_at"], "2026-01-01T00:00:10.000Z");
    bed.get(&path).await;
    assert_eq!(bed.sandbox.stats().results_delivered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_gives_no_reason() {
    let config = SandboxConfig { operation_failure_rate: 1.0, ..ten_seconds() };
    let (bed, path) = created(config, Setup::default()).await;
    pass(11).await;
    is_recorded(&bed.get(&path).await.json(), "status after failure");
    let stats = bed.sandbox.stats();
    assert_eq!((stats.operations_failed, stats.operations_succeeded), (1, 0));
    assert_eq!(stats.results_delivered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_canceled_operation_stays_canceled_and_a_finished_one_stays_finished() {
    let (bed, path) = created(ten_seconds(), Setup::default()).await;
    pass(3).await;
    let cancel = format!("{path}/cancel");
    let answer = bed.send(Method::POST, &cancel, &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (204, ""));
    is_recorded(&bed.get(&path).await.json(), "status after cancel");
    pass(30).await;
    assert_eq!(bed.get(&path).await.json()["status"], "canceled");
    assert_eq!(bed.sandbox.stats().operations_canceled, 1);

    let (bed, path) = created(ten_seconds(), Setup::default()).await;
    pass(11).await;
    bed.send(Method::POST, &format!("{path}/cancel"), &[], "").await;
    assert_eq!(bed.get(&path).await.json()["status"], "succeeded");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_operation_is_an_error_of_the_server() {
    let bed = Bed::new();
    let answer = bed.get("/api/v1/operations/abc").await;
    let found = (answer.status.as_u16(), answer.json());
    assert_eq!(found, recorded::september("status of an unknown operation"));
    let answer = bed.send(Method::POST, "/api/v1/operations/abc/cancel", &[], "").await;
    let found = (answer.status.as_u16(), answer.json());
    assert_eq!(found, recorded::september("cancel of an unknown operation"));
}

#[tokio::test(start_paused = true)]
async fn a_finished_operation_is_forgotten_after_256_blocks() {
    let (bed, path) = created(ten_seconds(), Setup::default()).await;
    pass(10 + 255).await;
    assert_eq!(bed.get(&path).await.json()["status"], "succeeded");
    pass(2).await;
    assert_eq!(bed.get(&path).await.status.as_u16(), 500);
    let stats = bed.sandbox.stats();
    assert_eq!((stats.operations_held, stats.results_delivered), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn octobers_result_is_an_object() {
    let config = SandboxConfig { generation: ServerGeneration::October, ..ten_seconds() };
    let (bed, path) = created(config, Setup::default()).await;
    pass(10).await;
    let result = bed.get(&path).await.json()["result"].take();
    assert_eq!(result.as_object().unwrap().len(), 1);
    assert!(result["output"].as_str().unwrap().contains("0xabc"));
}

#[tokio::test(start_paused = true)]
async fn the_users_data_reach_the_inference_where_the_prompt_asks_for_them() {
    let result = |data: &'static str| async move {
        let mut bed = Bed::with(ten_seconds());
        let grant = GrantFile::inference(APPLICATION_ADDRESS, "Of {{data}}").to_text();
        let file = bed.encrypted(data.as_bytes());
        let setup = Setup { grant: Some(grant), file: Some(file), ..Setup::default() };
        let permitted = bed.permit(setup).await;
        let id = bed.operate(permitted.id).await.operation_id();
        pass(10).await;
        bed.get(&format!("/api/v1/operations/{id}")).await.json()["result"].take()
    };
    let once = result(DATA).await;
    assert_eq!(once, result(DATA).await);
    assert_ne!(once, result("{}").await);
    assert_ne!(once, json!(null));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_operations() {
    let operations = |seed| async move {
        let config = SandboxConfig {
            operation_failure_rate: 0.3,
            ..SandboxConfig::of(Profile::Moksha, Seed(seed))
        };
        let operations = Operations::new(&config, RunClock::virtual_time());
        let ids: Vec<_> =
            (0..20).map(|_| operations.create(String::new(), None).unwrap().id).collect();
        pass(30).await;
        let statuses = ids.iter().map(|id| operations.status(id).unwrap());
        statuses.collect::<Vec<OperationStatus>>()
    };
    let once = operations(1).await;
    assert_eq!(once, operations(1).await);
    assert_ne!(once, operations(2).await);
    let finished: std::collections::BTreeSet<_> =
        once.iter().map(|status| status.finished_at.clone()).collect();
    assert!(finished.len() > 15, "delays are drawn one by one");
}
