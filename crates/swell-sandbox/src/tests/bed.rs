//! A sandbox with a hand-made client: what a test changes is said, the rest is as it should be.

use std::time::Duration;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, b256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use swell_core::seed::{Seed, SeededRng};
use swell_net::HttpService;
use swell_net::clock::RunClock;
use swell_vana::encryption::{Password, S2kCount, derive_password, encrypt_file};
use swell_vana::grant::GrantFile;
use swell_vana::permissions::contracts::{Permission, ServerFilesAndPermission};
use swell_vana::permissions::{
    PermissionDomain, add_server_files_and_permissions, permission_added,
};
use swell_vana::server::{CreateOperation, Identity, sign_operation};
use swell_vana::{addresses, ecies};
use tower::ServiceExt;

use crate::keys::{APPLICATION_ADDRESS, PUBLISHED_APPLICATION_KEY, PUBLISHED_RELAYER_KEY};
use crate::store::StoredObject;
use crate::{IN_PROCESS_URL, Profile, Sandbox, SandboxConfig, contracts};

/// Published development key number 1: the user.
const USER_KEY: B256 = b256!("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
/// Published development key number 4: someone else.
const OTHER_KEY: B256 = b256!("0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a");

pub(crate) const PROMPT: &str = "Tell a story about 0xabc.";
pub(crate) const DATA: &str = "{\"userId\":\"7\"}";

/// A sandbox and who uses it.
pub(crate) struct Bed {
    pub(crate) sandbox: Sandbox,
    pub(crate) service: HttpService,
    pub(crate) user: PrivateKeySigner,
    pub(crate) other: PrivateKeySigner,
    pub(crate) application: PrivateKeySigner,
    pub(crate) relayer: PrivateKeySigner,
    pub(crate) rng: SeededRng,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
}

/// What a user stores and signs. `None` is what the flow does.
#[derive(Clone, Default)]
pub(crate) struct Setup {
    pub(crate) grant: Option<String>,
    pub(crate) grant_url: Option<String>,
    pub(crate) file: Option<Vec<u8>>,
    pub(crate) file_url: Option<String>,
    pub(crate) sealed_for: Option<Address>,
    pub(crate) sealed: Option<String>,
    pub(crate) has_no_file: bool,
}

/// A permission on the chain.
#[derive(Clone, Debug)]
pub(crate) struct Permitted {
    pub(crate) id: u64,
    pub(crate) grant_url: String,
    pub(crate) file_url: String,
}

/// The settings of `profile` for a test.
pub(crate) fn config(profile: Profile) -> SandboxConfig {
    SandboxConfig::of(profile, Seed(7))
}

impl Bed {
    /// A sandbox in virtual time, of the profile `fast`.
    pub(crate) fn new() -> Self {
        Self::with(config(Profile::Fast))
    }

    /// A sandbox in virtual time.
    pub(crate) fn with(config: SandboxConfig) -> Self {
        let sandbox = Sandbox::new(config, RunClock::virtual_time());
        Self::of(sandbox.service(), sandbox)
    }

    /// A sandbox behind `service`.
    pub(crate) fn of(service: HttpService, sandbox: Sandbox) -> Self {
        let signer = |key: &B256| PrivateKeySigner::from_bytes(key).unwrap();
        Self {
            sandbox,
            service,
            user: signer(&USER_KEY),
            other: signer(&OTHER_KEY),
            application: signer(&PUBLISHED_APPLICATION_KEY),
            relayer: signer(&PUBLISHED_RELAYER_KEY),
            rng: Seed(7).rng("test"),
        }
    }

    /// Sends a request to a path of the sandbox.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<bytes::Bytes>,
    ) -> Answer {
        let mut request =
            http::Request::builder().method(method).uri(format!("{IN_PROCESS_URL}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let (parts, body) = self.service.clone().oneshot(request).await.unwrap().into_parts();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Gets a URL that the sandbox gave.
    pub(crate) async fn get_url(&self, url: &str) -> Answer {
        self.get(url.strip_prefix(IN_PROCESS_URL).unwrap()).await
    }

    pub(crate) async fn put(
        &self,
        name: &str,
        content_type: &str,
        content: Vec<u8>,
    ) -> StoredObject {
        let path = format!("/objects/{name}");
        let headers = [("content-type", content_type)];
        let answer = self.send(Method::PUT, &path, &headers, content).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(crate) async fn post_operation(&self, request: &CreateOperation) -> Answer {
        self.post_body(&serde_json::to_string(request).unwrap()).await
    }

    pub(crate) async fn post_body(&self, body: &str) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(Method::POST, "/api/v1/operations", &headers, body.to_owned()).await
    }

    /// Asks for the operation of a permission, signed by the application.
    pub(crate) async fn operate(&self, permission_id: u64) -> Answer {
        self.post_operation(&sign_operation(permission_id, &self.application).unwrap()).await
    }

    pub(crate) async fn identity(&self, user: Address) -> Identity {
        let answer = self.get(&format!("/api/v1/identity?address={user}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(crate) fn password(&self) -> Password {
        derive_password(&self.user).unwrap()
    }

    /// The user's encrypted data.
    pub(crate) fn encrypted(&mut self, data: &[u8]) -> Vec<u8> {
        encrypt_file(&self.password(), data, S2kCount(0), 0, &mut self.rng).unwrap()
    }

    /// Uploads what `setup` says, and gives the signed call data.
    pub(crate) async fn prepare(&mut self, setup: Setup) -> (Bytes, Permitted) {
        let grant = setup
            .grant
            .unwrap_or_else(|| GrantFile::inference(APPLICATION_ADDRESS, PROMPT).to_text());
        let grant = self.put("load/grant.json", "application/json", grant.into_bytes()).await;
        let grant_url = setup.grant_url.unwrap_or(grant.url);
        let file = setup.file.unwrap_or_else(|| self.encrypted(DATA.as_bytes()));
        let file = self.put("load/data.json", "application/octet-stream", file).await;
        let file_url = setup.file_url.unwrap_or(file.url);
        let server = self.identity(self.user.address()).await.personal_server;
        let (server_address, recipient) = server.keys().unwrap();
        let sealed = setup.sealed.unwrap_or_else(|| {
            ecies::encrypt(self.password().as_bytes(), &recipient, &mut self.rng)
        });
        let account = setup.sealed_for.unwrap_or(server_address);
        let file_count = usize::from(!setup.has_no_file);
        let message = ServerFilesAndPermission {
            nonce: U256::ZERO,
            granteeId: U256::from(1),
            grant: grant_url.clone(),
            fileUrls: vec![file_url.clone(); file_count],
            schemaIds: vec![U256::ZERO; file_count],
            serverAddress: server_address,
            serverUrl: format!("{IN_PROCESS_URL}/api/v1"),
            serverPublicKey: server.public_key.clone(),
            filePermissions: vec![vec![Permission { account, key: sealed }]; file_count],
        };
        let domain = PermissionDomain::new(addresses::MOKSHA_CHAIN_ID, contracts::PERMISSIONS);
        let signature = domain.sign(&message, &self.user).unwrap();
        let call = add_server_files_and_permissions(message, &signature);
        (call, Permitted { id: 0, grant_url, file_url })
    }

    /// Has a block mined with the permission in it, paid by the relayer.
    pub(crate) async fn permit(&mut self, setup: Setup) -> Permitted {
        let (call, permitted) = self.prepare(setup).await;
        let chain = self.sandbox.chain().clone();
        let nonce = chain.read(|chain| chain.nonce(self.relayer.address()));
        let raw = signed_tx(&self.relayer, nonce, contracts::PERMISSIONS, U256::ZERO, call);
        let hash = chain.submit_raw(&raw).unwrap();
        chain.produce_block(RunClock::VIRTUAL_UNIX_ORIGIN.as_secs() + 1);
        chain.read(|chain| {
            let (block, position) = chain.archive.transaction(hash).unwrap();
            let mined = &block.transactions[position];
            assert!(mined.succeeded(), "the permission was reverted");
            let added = permission_added(mined.logs(), contracts::PERMISSIONS).unwrap();
            Permitted { id: added.permissionId.to(), ..permitted }
        })
    }

    /// A JSON-RPC call that must succeed.
    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        let body = serde_json::json!({"jsonrpc":"2.0","id":1,"method":method,"params":params});
        let headers = [("content-type", "application/json")];
        let answer = self.send(Method::POST, "/rpc", &headers, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK);
        let mut answer = answer.json();
        assert_eq!(answer["error"], Value::Null, "{method}");
        answer["result"].take()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The status and the error code.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let code = self.json()["detail"]["error_code"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), code)
    }

    /// The id of the created operation.
    pub(crate) fn operation_id(&self) -> String {
        assert_eq!(self.status, StatusCode::ACCEPTED, "{self:?}");
        self.json()["id"].as_str().unwrap().to_owned()
    }
}

/// A signed transaction with ample gas and fees, as it goes over the wire.
pub(crate) fn signed_tx(
    signer: &PrivateKeySigner,
    nonce: u64,
    to: Address,
    value: U256,
    input: Bytes,
) -> Vec<u8> {
    let tx = TxEip1559 {
        chain_id: addresses::MOKSHA_CHAIN_ID,
        nonce,
        gas_limit: 5_000_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: 1_000_000,
        to: TxKind::Call(to),
        value,
        access_list: alloy_eips::eip2930::AccessList::default(),
        input,
    };
    let signature = signer.sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature)).encoded_2718()
}

/// Lets virtual time pass.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
