//! How the parts hang together.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use swell_core::seed::Seed;
use swell_core::target::{Funds, KeyRef, SafeUrl, StorageTarget};
use swell_net::clock::RunClock;

use super::bed::{Bed, Setup, config, pass};
use crate::{BaseFee, Delay, PartKnobs, Profile, RemoteChain, Sandbox, SandboxConfig, contracts};

#[tokio::test(start_paused = true)]
async fn the_target_says_where_everything_is() {
    let bed = Bed::with(config(Profile::Moksha));
    let target = bed.sandbox.target();
    assert_eq!(target.chain.id, 14_800);
    assert_eq!(target.chain.finality_blocks, 1);
    assert_eq!(target.chain.funds, Funds::Sandbox);
    assert_eq!(target.keys.relayer, KeyRef::Published);
    assert_eq!(target.contracts.permissions, contracts::PERMISSIONS);
    assert_eq!(target.server.url.expose(), "http://sandbox.localhost/api/v1");
    let StorageTarget::Sandbox { url } = target.storage else { panic!("it is the sandbox's own") };
    assert_eq!(url.expose(), "http://sandbox.localhost");
    assert_eq!(target.expected, Profile::Moksha.expected());
}

#[tokio::test(start_paused = true)]
async fn what_is_expected_follows_what_was_set() {
    let mut config = config(Profile::Fast);
    config.block_time = Duration::from_secs(3);
    config.operation_time = Delay::Fixed(Duration::from_secs(12));
    config.rate_limits.operations_per_hour = Some(5);
    let expected = config.expected();
    assert_eq!(expected.block_s, Some(3.0));
    assert_eq!(expected.journey_s, Some(4.0 + 2.0 + 10.0));
    assert_eq!(expected.operations_per_hour, Some(5));
}

#[tokio::test(start_paused = true)]
async fn the_chain_answers_at_both_paths_and_the_rest_at_its_own() {
    let bed = Bed::new();
    assert_eq!(bed.rpc("eth_chainId", json!([])).await, "0x39d0");
    let headers = [("content-type", "application/json")];
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;
    let answer = bed.send(http::Method::POST, "/", &headers, call).await;
    assert_eq!(answer.json()["result"], "0x39d0");
    let health = bed.get("/health").await.json();
    assert_eq!(health, json!({ "status": "ok", "timestamp": 1_767_225_600_000_u64 }));
    for path in ["/nowhere", "/api/v1/nowhere"] {
        assert_eq!(bed.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_relayer_is_rich_the_application_is_grantee_1_and_nobody_else_exists() {
    let bed = Bed::new();
    let balance = |address| {
        let bed = &bed;
        async move { bed.rpc("eth_getBalance", json!([address, "latest"])).await }
    };
    let million = format!("{:#x}", 1_000_000_000_000_000_000_000_000_u128);
    assert_eq!(balance(bed.relayer.address()).await, million.as_str());
    assert_eq!(balance(bed.user.address()).await, "0x0");
    assert_eq!(bed.sandbox.stats(), crate::SandboxStats { rpc_requests: 2, ..Default::default() });
}

#[tokio::test(start_paused = true)]
async fn gas_limit_and_base_fee_are_as_set() {
    let mut config = config(Profile::Staging);
    config.base_fee = BaseFee::Pinned(3_000_000_000);
    let mut bed = Bed::with(config);
    bed.permit(Setup::default()).await;
    let block = bed.rpc("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(block["gasLimit"], format!("{:#x}", 120_000_000).as_str());
    assert_eq!(block["baseFeePerGas"], format!("{:#x}", 3_000_000_000_u64).as_str());
    let next = bed.sandbox.chain().produce_block(1_767_225_700);
    assert_eq!(next.base_fee, 3_000_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_slow_part_is_slow_and_the_others_are_not() {
    let mut config = config(Profile::Fast);
    config.server =
        PartKnobs { latency: Delay::Fixed(Duration::from_millis(300)), error_rate: 0.0 };
    let bed = Bed::with(config);
    let began = tokio::time::Instant::now();
    bed.put("a", "text/plain", b"a".to_vec()).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    bed.identity(bed.user.address()).await;
    assert_eq!(began.elapsed(), Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn an_error_rate_is_the_share_of_requests_refused() {
    let fates = |seed| async move {
        let mut config = SandboxConfig::of(Profile::Fast, Seed(seed));
        config.rpc.error_rate = 0.3;
        let bed = Bed::with(config);
        let mut refused = Vec::new();
        for _ in 0..300 {
            let answer = bed.send(http::Method::POST, "/", &[], "{}").await;
            refused.push(answer.status == StatusCode::SERVICE_UNAVAILABLE);
        }
        assert_eq!(bed.sandbox.stats().faults, refused.iter().filter(|&&is| is).count() as u64);
        refused
    };
    let refused = fates(1).await;
    let count = refused.iter().filter(|&&is| is).count();
    assert!((60..120).contains(&count), "{count} of 300");
    assert_eq!(refused, fates(1).await);
    assert_ne!(refused, fates(2).await);
}

#[tokio::test(start_paused = true)]
async fn beside_a_remote_chain_the_personal_server_reads_that_chain() {
    let chain = Sandbox::new(config(Profile::Fast), RunClock::virtual_time());
    let rpc = SafeUrl::new("http://chain.example/");
    let remote = RemoteChain::new(chain.service(), rpc.clone());
    let beside = Sandbox::beside_chain(config(Profile::Fast), RunClock::virtual_time(), remote);
    let mut bed = Bed::of(beside.service(), chain);
    let permitted = bed.permit(Setup::default()).await;
    assert_eq!(bed.operate(permitted.id).await.status, StatusCode::ACCEPTED);
    assert_eq!(bed.operate(permitted.id + 1).await.refusal().1, "VALIDATION_ERROR");
    let broken = alloy_primitives::Bytes::from_static(&[0xfe]);
    bed.sandbox.chain().write(|chain| chain.set_code(contracts::REGISTRY, broken));
    assert_eq!(bed.operate(permitted.id).await.refusal().1, "NOT_FOUND_ERROR");
    let target = beside.target();
    assert_eq!((target.chain.rpc, target.chain.funds), (vec![rpc], Funds::Worthless));
    assert_eq!(bed.send(http::Method::POST, "/", &[], "{}").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn what_users_leave_is_forgotten_unless_everything_is_kept() {
    for (retain, is_kept) in
        [(crate::chain::Retain::Blocks(5), false), (crate::chain::Retain::All, true)]
    {
        let mut config = config(Profile::Fast);
        config.retain = retain;
        let bed = Bed::with(config);
        let shutdown = tokio_util::sync::CancellationToken::new();
        let running = tokio::spawn({
            let (sandbox, shutdown) = (bed.sandbox.clone(), shutdown.clone());
            async move { sandbox.run(shutdown).await }
        });
        let stored = bed.put("a", "text/plain", b"a".to_vec()).await;
        pass(4).await;
        assert_eq!(bed.get_url(&stored.url).await.status, StatusCode::OK);
        pass(3).await;
        assert_eq!(bed.sandbox.stats().objects_held, u64::from(is_kept));
        let expected = if is_kept { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(bed.get_url(&stored.url).await.status, expected);
        assert_eq!(bed.sandbox.stats().objects_stored, 1);
        shutdown.cancel();
        running.await.unwrap();
    }
}
