//! `swell run` against a real anvil, with the sandbox's object store and personal server beside it.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::json;
use swell_core::seed::Seed;
use swell_core::target::SafeUrl;
use swell_net::clock::RunClock;
use swell_net::transport::{SocketConfig, sockets};
use swell_sandbox::contracts::genesis_accounts;
use swell_sandbox::keys::APPLICATION_ADDRESS;
use swell_sandbox::{Profile, RemoteChain, Sandbox, SandboxConfig};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::count::assert_counts_agree;
use crate::http::rpc;
use crate::program::{Home, Running, Stream};
use crate::report::{assert_all_succeeded, assert_host_facts, assert_sound};

/// An anvil with the protocol's contracts, and its address.
pub(crate) fn anvil() -> (Running, String) {
    let program = std::env::var("SWELL_ANVIL").expect(
        "SWELL_ANVIL must name the anvil program: `cargo xtask test` installs it and sets it",
    );
    let mut command = Command::new(program);
    command.args(["--port", "0", "--chain-id", "14800", "--block-time", "1"]);
    command.args(["--gas-limit", "1000000000", "--code-size-limit", "100000"]);
    let mut running = Running::start(command);
    let line = running.wait_for(Stream::Out, |line| line.contains("Listening on"));
    let url = format!("http://{}", line.split_whitespace().last().unwrap());
    place_contracts(&url);
    (running, url)
}

fn place_contracts(url: &str) {
    for contract in genesis_accounts(APPLICATION_ADDRESS, "0x04") {
        rpc(url, "anvil_setCode", &json!([contract.address, contract.code]));
        for (slot, value) in &contract.storage {
            let value = format!("{value:#066x}");
            rpc(url, "anvil_setStorageAt", &json!([contract.address, slot, value]));
        }
    }
}

/// The sandbox's store and personal server beside the chain at `rpc`: their address, and the target
/// file that names both.
pub(crate) fn beside(runtime: &Runtime, rpc: &str, stop: CancellationToken) -> (String, String) {
    let listener = runtime.block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))));
    let listener = listener.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut config = SandboxConfig::of(Profile::Fast, Seed(1));
    config.base_url.clone_from(&url);
    let _inside = runtime.enter();
    let chain = RemoteChain::new(sockets(SocketConfig::default()).unwrap(), SafeUrl::new(rpc));
    let sandbox = Sandbox::beside_chain(config, RunClock::real(), chain);
    let target = toml::to_string(&sandbox.target()).unwrap();
    runtime.spawn(async move { sandbox.serve(listener, stop).await });
    (url, target)
}

#[test]
fn a_run_against_a_real_anvil_passes_and_counts_what_it_saw() {
    let home = Home::new("anvil");
    let (_anvil, chain) = anvil();
    let runtime = Runtime::new().unwrap();
    let stop = CancellationToken::new();
    let (sandbox, target) = beside(&runtime, &chain, stop.clone());
    let target = home.write("target.toml", &target);
    let load = ["--target", &target, "--users", "20", "--rate", "10", "--s2k", "fast"];
    home.swell(&[&["run"][..], &load].concat()).finish().expect_exit(0);
    let report = home.report();
    assert_sound(&report);
    assert_all_succeeded(&report, 20);
    assert_host_facts(&report);
    assert_counts_agree(&report, &chain, &sandbox);
    stop.cancel();
}
