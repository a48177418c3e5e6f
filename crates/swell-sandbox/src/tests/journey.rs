//! A whole journey, over HTTP alone.

use std::time::Duration;

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolEvent;
use serde_json::{Value, json};
use swell_vana::permissions::contracts::DataPortabilityPermissions::PermissionAdded;
use tokio_util::sync::CancellationToken;

use super::bed::{Bed, PROMPT, Setup, config, signed_tx};
use crate::{Profile, contracts};

#[tokio::test(start_paused = true)]
async fn a_user_goes_from_encryption_to_result() {
    let (succeeded, took) = journey(Profile::Fast).await;
    assert_eq!(succeeded["started_at"].as_str().unwrap().len(), 24);
    let result: Value = serde_json::from_str(succeeded["result"].as_str().unwrap()).unwrap();
    assert_eq!(result["echo"], PROMPT);
    let expected = Duration::from_secs_f64(Profile::Fast.expected().journey_s.unwrap());
    assert!(took < expected + Duration::from_secs(1), "{took:?}");
    assert!(took + Duration::from_secs(2) > expected, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_journey_on_moksha_takes_longer() {
    let (_, took) = journey(Profile::Moksha).await;
    assert!(took > Duration::from_secs(11) && took < Duration::from_secs(45), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_journey_to_the_millisecond() {
    assert_eq!(journey(Profile::Staging).await, journey(Profile::Staging).await);
}

/// The final status, and how long the user took from upload to result.
async fn journey(profile: Profile) -> (Value, Duration) {
    let mut bed = Bed::with(config(profile));
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let (sandbox, shutdown) = (bed.sandbox.clone(), shutdown.clone());
        async move { sandbox.run(shutdown).await }
    });
    let funds = U256::from(1_000_000_000_000_000_000_u64);
    let user = bed.user.address();
    send_tx(&bed, signed_tx(&bed.relayer, 0, user, funds, Bytes::new())).await;

    let began = tokio::time::Instant::now();
    let (call, _) = bed.prepare(Setup::default()).await;
    let raw = signed_tx(&bed.user, 0, contracts::PERMISSIONS, U256::ZERO, call);
    let receipt = send_tx(&bed, raw).await;
    let created = bed.operate(permission_id(&receipt)).await;
    let id = created.operation_id();
    let poll_interval = Duration::from_secs_f64(profile.expected().poll_interval_s.unwrap());
    let status = loop {
        let status = bed.get(&format!("/api/v1/operations/{id}")).await.json();
        match status["status"].as_str().unwrap() {
            "starting" | "processing" => tokio::time::sleep(poll_interval).await,
            "succeeded" => break status,
            other => panic!("the operation {other}"),
        }
    };
    let took = began.elapsed();
    let stats = bed.get("/sandbox/stats").await.json();
    assert_eq!(stats["permissions"], 1);
    assert_eq!(stats["operations_created"], 1);
    assert_eq!(stats["operations_succeeded"], 1);
    assert_eq!(stats["results_delivered"], 1);
    assert_eq!(stats["objects_held"], 2);
    assert_eq!(stats["transactions"], 2);
    shutdown.cancel();
    running.await.unwrap();
    (status, took)
}

/// Sends a transaction and waits for its receipt, which must say success.
async fn send_tx(bed: &Bed, raw: Vec<u8>) -> Value {
    let raw = format!("0x{}", hex::encode(raw));
    let hash = bed.rpc("eth_sendRawTransaction", json!([raw])).await;
    loop {
        let receipt = bed.rpc("eth_getTransactionReceipt", json!([hash])).await;
        if receipt.is_null() {
            tokio::time::sleep(Duration::from_millis(250)).await;
            continue;
        }
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        return receipt;
    }
}

fn permission_id(receipt: &Value) -> u64 {
    let topic = format!("{:#x}", PermissionAdded::SIGNATURE_HASH);
    let logs = receipt["logs"].as_array().unwrap();
    let added = logs.iter().find(|log| log["topics"][0] == topic.as_str()).unwrap();
    let id = added["topics"][1].as_str().unwrap();
    u64::from_str_radix(id.trim_start_matches("0x"), 16).unwrap()
}
