//! What the sandbox is sent.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use swell_core::seed::Seed;
use swell_net::clock::RunClock;
use swell_sandbox::chain::{ChainConfig, GenesisAccount, SharedChain, handle_rpc};
use swell_sandbox::store::Object;
use swell_sandbox::{Profile, Sandbox, SandboxConfig, keys};

/// One input makes few calls of so much gas, which is soon used.
const CALL_GAS: u64 = 200_000;

/// JSON-RPC, answered by a chain. Blocks by the thousand are what `anvil_mine` is for, and left out.
pub fn chain_request(data: &[u8]) {
    if data.windows(6).any(|word| word.eq_ignore_ascii_case(b"_mine\"")) {
        return;
    }
    let chain = chain();
    let mut answer = pin!(handle_rpc(&chain, Bytes::copy_from_slice(data)));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => {
            let is_json = serde_json::from_slice::<serde_json::Value>(&answer).is_ok();
            assert!(answer.is_empty() || is_json, "what is answered is JSON");
        }
        Poll::Pending => panic!("the chain waits for nothing"),
    }
}

/// A signed transaction.
pub fn raw_transaction(data: &[u8]) {
    if let Err(error) = chain().submit_raw(data) {
        let _said = error.to_string();
    }
}

/// A request to the relay.
pub fn relay_request(data: &[u8]) {
    swell_sandbox::fuzzing::relay_request(data);
}

/// Whose store is asked.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let sandbox = Sandbox::new(SandboxConfig::of(Profile::Fast, Seed(7)), RunClock::virtual_time());
    let object =
        Object { content_type: "text/plain".to_owned(), content: Bytes::from_static(b"data") };
    sandbox.store().put("swell/a/0-file", object).expect("there is room");
    sandbox
});

/// A URL that says it is the store's.
pub fn download_url(data: &[u8]) {
    if let Ok(url) = std::str::from_utf8(data)
        && let Err(error) = SANDBOX.store().fetch(url)
    {
        let _said = error.to_string();
    }
}

/// A chain at its genesis, with one account that can pay.
fn chain() -> SharedChain {
    let payer = GenesisAccount {
        address: keys::RELAYER_ADDRESS,
        balance: alloy_primitives::U256::from(u128::MAX),
        ..GenesisAccount::default()
    };
    SharedChain::new(ChainConfig {
        accounts: vec![payer],
        call_gas_cap: CALL_GAS,
        ..ChainConfig::default()
    })
}
