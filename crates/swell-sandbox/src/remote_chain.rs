//! A chain elsewhere, which the sandbox's personal server reads.

use alloy_primitives::{Address, Bytes, hex};
use futures_util::future::BoxFuture;
use http::header;
use serde_json::{Value, json};
use swell_core::target::SafeUrl;
use swell_net::HttpService;
use tower::ServiceExt;

use crate::server::ContractCalls;

/// A chain elsewhere that holds the contracts, such as an anvil: a sandbox beside it lends it an
/// object store and a personal server. Cheap to clone.
#[derive(Clone)]
pub struct RemoteChain {
    service: HttpService,
    rpc: SafeUrl,
}

impl RemoteChain {
    /// The chain whose JSON-RPC answers at `rpc`, reached through `service`: the sandbox itself
    /// opens no connections.
    #[must_use]
    pub const fn new(service: HttpService, rpc: SafeUrl) -> Self {
        Self { service, rpc }
    }

    /// Where its JSON-RPC answers.
    #[must_use]
    pub const fn rpc(&self) -> &SafeUrl {
        &self.rpc
    }
}

impl ContractCalls for RemoteChain {
    fn call(&self, to: Address, data: Bytes) -> BoxFuture<'_, Option<Bytes>> {
        Box::pin(async move {
            let call = json!({ "to": to, "data": data });
            let body = json!({
                "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"],
            });
            let request = http::Request::post(self.rpc.expose())
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string().into())
                .ok()?;
            let answer = self.service.clone().oneshot(request).await.ok()?;
            let answer: Value = serde_json::from_slice(answer.body()).ok()?;
            hex::decode(answer.get("result")?.as_str()?).ok().map(Bytes::from)
        })
    }
}
