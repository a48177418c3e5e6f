//! The sandbox in real time: on its own threads, and on a port.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::Value;
use swell_net::NetError;
use swell_net::clock::RunClock;
use swell_vana::encryption::{S2kCount, encrypt_file};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::bed::{Answer, Bed, DATA, PROMPT, Setup, config};
use crate::{Delay, Profile, Sandbox, SandboxConfig, SandboxHost};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn quick() -> SandboxConfig {
    let mut config = config(Profile::Fast);
    config.block_time = Duration::from_millis(20);
    config.operation_time = Delay::None;
    config
}

#[tokio::test]
async fn a_hosted_sandbox_mines_and_answers_on_its_own_threads() {
    let host = SandboxHost::start(quick(), 2).unwrap();
    let mut bed = Bed::of(host.service(), host.sandbox().clone());
    tokio::time::timeout(PATIENCE, async {
        while bed.get("/sandbox/stats").await.json()["blocks"] == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    // Blocks of its own would come in between.
    host.sandbox().chain().pause_mining(true);
    let permitted = bed.permit(Setup::default()).await;
    let id = bed.operate(permitted.id).await.operation_id();
    let status = bed.get(&format!("/api/v1/operations/{id}")).await.json();
    assert_eq!(status["status"], "succeeded");
    let result: Value = serde_json::from_str(status["result"].as_str().unwrap()).unwrap();
    assert_eq!(result["echo"], PROMPT);
}

#[tokio::test]
async fn many_costly_files_at_once_are_all_decrypted_while_blocks_go_on() {
    const REQUESTS: usize = 24;
    let host = SandboxHost::start(quick(), 2).unwrap();
    let chain = host.sandbox().chain();
    chain.pause_mining(true);
    let mut bed = Bed::of(host.service(), host.sandbox().clone());
    let (password, data) = (bed.password(), DATA.as_bytes());
    let file = encrypt_file(&password, data, S2kCount::FAITHFUL, 0, &mut bed.rng).unwrap();
    let permitted = bed.permit(Setup { file: Some(file), ..Setup::default() }).await;
    chain.pause_mining(false);
    let blocks_before = chain.head().number;
    let asked = (0..REQUESTS).map(|_| bed.operate(permitted.id));
    let answers = tokio::time::timeout(PATIENCE, join_all(asked)).await.unwrap();
    let ids: BTreeSet<_> = answers.iter().map(Answer::operation_id).collect();
    assert_eq!(ids.len(), REQUESTS);
    assert!(chain.head().number > blocks_before, "the chain stood still");
}

#[tokio::test]
async fn a_sandbox_that_was_dropped_does_not_answer() {
    let host = SandboxHost::start(quick(), 1).unwrap();
    let service = host.service();
    drop(host);
    let request = http::Request::get("http://sandbox.localhost/health").body("".into()).unwrap();
    let answer = tokio::time::timeout(PATIENCE, service.oneshot(request)).await.unwrap();
    assert!(matches!(answer, Err(NetError::Connect(_) | NetError::Lost(_))), "{answer:?}");
}

#[tokio::test]
async fn a_served_sandbox_answers_on_its_port_until_it_is_told_to_stop() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = quick();
    config.base_url = format!("http://{address}");
    config.rate_limits.identities_per_minute = Some(0);
    let sandbox = Sandbox::new(config, RunClock::real());
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn({
        let (sandbox, shutdown) = (sandbox.clone(), shutdown.clone());
        async move { sandbox.serve(listener, shutdown).await }
    });
    let path = format!("/api/v1/identity?address=0x{}", "00".repeat(20));
    for (path, status) in [("/health", StatusCode::OK), (&path, StatusCode::TOO_MANY_REQUESTS)] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {}", status.as_u16())), "{answer}");
    }
    assert_eq!(sandbox.stats().rate_limited, 1);
    shutdown.cancel();
    tokio::time::timeout(PATIENCE, serving).await.unwrap().unwrap().unwrap();
}
